// `Pyro`: every tool as a method, against a binary here or a server elsewhere.

import { resolve } from "node:path";

import { Api, type CallOptions, type WorkspaceCreateInput } from "./api.js";
import { findBinary } from "./binary.js";
import { PyroError } from "./errors.js";
import { type Download, fetchDownload, upload } from "./files.js";
import { Local } from "./local.js";
import { answerOf, type Transport } from "./protocol.js";
import { Remote } from "./remote.js";
import { Running, type StreamOptions } from "./running.js";
import { Workspace } from "./workspace.js";

export type Profile = "vm-run" | "workspace-core" | "workspace-full";

export interface LocalOptions {
  /** The `pyro` to drive, or the directory that has it. Default: PYRO_BIN, the one in this package, or PATH. */
  binary?: string | undefined;
  /** Where its state lies. Default: PYRO_HOME. */
  home?: string | undefined;
  /** Only what this profile shows can be called: for calls that a model chooses. Default: everything. */
  profile?: Profile | undefined;
}

export interface RemoteOptions {
  /** Where `pyro mcp serve --http` is reached, e.g. `https://pyro.example.com/mcp`. */
  url: string | URL;
  /** Made by `pyro token create`. Default: PYRO_TOKEN. */
  token?: string | undefined;
  /** The profile to use, as far as the token allows. Default: the server's. */
  profile?: Profile | undefined;
}

/** Makes calls, any number at a time. Close it, or declare it with `await using`. */
export class Pyro extends Api implements AsyncDisposable {
  /** Whether the server is elsewhere: then trees are uploaded and downloaded instead of named by paths. */
  readonly isRemote: boolean;
  #transport: Transport;

  private constructor(transport: Transport, isRemote: boolean) {
    super();
    this.#transport = transport;
    this.isRemote = isRemote;
  }

  /** Drives the `pyro` binary of this host, which is started with the first call. */
  static local({ binary, home, profile }: LocalOptions = {}): Pyro {
    const environment = home === undefined ? process.env : { ...process.env, PYRO_HOME: resolve(home) };
    return new Pyro(new Local(findBinary(binary), profile ?? "sdk", environment), false);
  }

  /** Calls a server elsewhere. */
  static remote({ url, token = process.env["PYRO_TOKEN"], profile }: RemoteOptions): Pyro {
    if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
      throw new PyroError("invalid", "the token must be one word of ASCII", "make one: pyro token create --name NAME");
    }
    return new Pyro(new Remote(endpoint(url, profile), token), true);
  }

  override async call(tool: string, input: object, options?: CallOptions): Promise<unknown> {
    const given = this.isRemote ? input : withAbsolutePaths(input);
    return answerOf(tool, await this.#transport.request("tools/call", { name: tool, arguments: given }, options));
  }

  /** The tools of the profile as function definitions: `tools` of a request to that API. */
  async functions(api: "openai" | "anthropic"): Promise<object[]> {
    const { tools } = (await this.#transport.request("tools/list", {})) as { tools: Array<Record<string, unknown>> };
    return tools.map(({ name, description, inputSchema }) =>
      api === "anthropic"
        ? { name, description, input_schema: inputSchema }
        : { type: "function", name, description, parameters: inputSchema, strict: false },
    );
  }

  /** Creates a workspace that `await using` deletes. */
  async workspace(input: WorkspaceCreateInput, options?: CallOptions): Promise<Workspace> {
    return new Workspace(this, await this.createWorkspace(input, options));
  }

  /**
   * Runs a command in a workspace and tells its output while it runs, in chunks that are at most 250 ms late; over when
   * the command is. Everything of `workspace_exec` may be given, and `ansi: true` to have the output as it was written.
   */
  stream(workspace: string, command: string, options: StreamOptions = {}): Running {
    return new Running(this, workspace, command, options);
  }

  /**
   * What makes `createWorkspace` begin with a directory or tar of this host, wherever the server is:
   * `pyro.createWorkspace({ environment: "debian:12", ...(await pyro.seedFrom("./project")) })`.
   */
  async seedFrom(path: string, options?: CallOptions): Promise<{ seed_path: string } | { seed_upload_id: string }> {
    return this.isRemote ? { seed_upload_id: await this.upload(path, options) } : { seed_path: resolve(path) };
  }

  /** Sends a directory or tar to a server elsewhere; answers the `upload_id` for `pushWorkspaceSync`. Only over HTTP. */
  async upload(path: string, options?: CallOptions): Promise<string> {
    if (!this.isRemote) throw new PyroError("invalid", "the server is on this host", "name the path: seed_path, source_path");
    const { url, upload_id } = await this.openUpload({}, options);
    await upload(url, path, options?.signal);
    return upload_id;
  }

  /** Saves what a result calls `download` as a new file, or in a directory under its own name; answers the path. */
  fetchDownload(download: Download, path: string, options?: CallOptions): Promise<string> {
    return fetchDownload(download, path, options?.signal);
  }

  /** Takes back what still runs and ends the process, where there is one. A later call starts another. */
  close(): Promise<void> {
    return this.#transport.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function endpoint(given: string | URL, profile: Profile | undefined): URL {
  if (!URL.canParse(String(given)) || !/^https?:/.test(String(given))) {
    throw new PyroError("invalid", `${String(given)} is no URL of a server`, "e.g. https://pyro.example.com/mcp");
  }
  const url = new URL(given);
  if (url.pathname === "/") url.pathname = "/mcp";
  if (profile) url.pathname = `${url.pathname.replace(/\/$/, "")}/${profile}`;
  return url;
}

/** Paths of this host begin where the caller is now; the process stays where it was started. It knows `~` itself. */
function withAbsolutePaths(input: object): object {
  const absolute = (path: unknown) => (typeof path === "string" && path && !path.startsWith("~") ? resolve(path) : path);
  const one = ([name, value]: [string, unknown]) => {
    if (name.endsWith("_path")) return [name, absolute(value)];
    const isMap = name === "secret_files" && typeof value === "object" && value !== null;
    return [name, isMap ? Object.fromEntries(Object.entries(value).map(([key, path]) => [key, absolute(path)])) : value];
  };
  return Object.fromEntries(Object.entries(input).map(one));
}
