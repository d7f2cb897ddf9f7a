// A workspace that deletes itself at the end of its scope.

import type { Api, CallOptions, WorkspaceCreateResult, WorkspaceExecInput, WorkspaceExecResult } from "./api.js";
import { PyroError } from "./errors.js";
import { Running, type StreamOptions } from "./running.js";

/** Made by `pyro.workspace(…)`; `await using` deletes it. All else is asked of `pyro` with its `id`. */
export class Workspace implements AsyncDisposable {
  /** What `workspace_create` answered. */
  readonly created: WorkspaceCreateResult;
  #api: Api;

  constructor(api: Api, created: WorkspaceCreateResult) {
    this.#api = api;
    this.created = created;
  }

  get id(): string {
    return this.created.workspace_id;
  }

  /** Runs a command. After 45 s it is handed back as `running`; see `workspace_exec`. */
  exec(
    command: string,
    more: Omit<WorkspaceExecInput, "workspace_id" | "command"> = {},
    options?: CallOptions,
  ): Promise<WorkspaceExecResult> {
    return this.#api.execWorkspace({ ...more, workspace_id: this.id, command }, options);
  }

  /** Runs a command whose output is iterated over while it runs. */
  stream(command: string, options: StreamOptions = {}): Running {
    return new Running(this.#api, this.id, command, options);
  }

  /** Deletes it and everything in it; one that is gone already is no error. */
  async delete(): Promise<void> {
    try {
      await this.#api.deleteWorkspace({ workspace_id: this.id });
    } catch (error) {
      if (!(error instanceof PyroError && error.code === "missing")) throw error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.delete();
  }
}
