// A command whose output is read while it runs. It is handed back at once, and its stored output read page by page.

import { setTimeout as pause } from "node:timers/promises";

import type { Api, CallOptions, WorkspaceExecInput, WorkspaceLogsEntries, WorkspaceLogsInput } from "./api.js";

/** Some output of a command, as soon as it was seen. Which stream was written to first is not kept. */
export interface Chunk {
  stream: "stdout" | "stderr";
  text: string;
  /** Bytes before this that are not kept any more, because the command wrote faster than they were read. */
  skipped_bytes?: number;
}

export type StreamOptions = CallOptions &
  Omit<WorkspaceExecInput, "workspace_id" | "command" | "yield_seconds" | "output_bytes">;

/** Looks while nothing new is there: soon at first, then less often. */
const LOOK_MS_MIN = 20;
const LOOK_MS_MAX = 250;
const PAGE_BYTES = 96 * 1024;
const LINES_MAX = 10_000;
/** The longest beginning of a character of UTF-8 that is none yet. */
const HALF_BYTES_MAX = 3;
/** What decoding puts in place of half a character. */
const REPLACED = "\u{fffd}";
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Commands to be killed where a signal ends this program. */
const underWay = new Set<Running>();

/**
 * A running command: iterate over it for its output. Leaving the loop early, an abort of the signal, and an end of this
 * program by SIGINT, SIGTERM or SIGHUP kill it; what SIGKILL leaves behind ends by its timeout.
 */
export class Running implements AsyncIterable<Chunk> {
  /** How the command ended; there once the loop has. */
  result: WorkspaceLogsEntries | undefined;
  #api: Api;
  #command: WorkspaceExecInput;
  #options: CallOptions;
  #entry: WorkspaceLogsEntries | undefined;
  #at = { stdout: 0, stderr: 0 };
  #begun = false;

  constructor(api: Api, workspace: string, command: string, { signal, onProgress, ...more }: StreamOptions) {
    this.#api = api;
    this.#command = { ...more, workspace_id: workspace, command, yield_seconds: 0, output_bytes: 0 };
    this.#options = { signal, onProgress };
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Chunk, void, void> {
    if (this.#begun) throw new TypeError("a command's output can be iterated over once");
    this.#begun = true;
    const { signal, onProgress } = this.#options;
    signal?.throwIfAborted();
    // Without the signal: a call that is taken back just after it was answered would leave its command running.
    const { sequence } = await this.#api.execWorkspace(this.#command, { onProgress });
    watch(this);
    try {
      let wait = LOOK_MS_MIN;
      for (;;) {
        signal?.throwIfAborted();
        const before = this.#at.stdout + this.#at.stderr;
        for (const stream of ["stdout", "stderr"] as const) {
          const chunk = await this.#look(sequence, stream);
          if (chunk) yield chunk;
        }
        if (this.#over()) {
          this.result = this.#entry;
          return;
        }
        const isNew = this.#at.stdout + this.#at.stderr > before;
        wait = isNew ? LOOK_MS_MIN : Math.min(wait * 2, LOOK_MS_MAX);
        // Between two pages of what is there already nobody waits.
        if (!isNew) await pause(wait, undefined, { signal }).catch(() => {});
      }
    } finally {
      if (!this.result) await this.kill(sequence);
      unwatch(this);
    }
  }

  /** Kills the command and all it started, if it runs. A machine that has stopped is not started for it. */
  async kill(sequence: number | undefined = this.#entry?.sequence): Promise<void> {
    if (sequence === undefined) return;
    const { workspace_id } = this.#command;
    const { entries } = await this.#api.logsWorkspace({ workspace_id, sequence, output_bytes: 0 });
    const [entry] = entries;
    if (entry?.state !== "running" || entry.pgid === undefined) return;
    await this.#api.execWorkspace({ workspace_id, command: `kill -KILL -${entry.pgid}` });
  }

  #over(): boolean {
    const entry = this.#entry;
    return entry?.state === "ended" && this.#at.stdout >= entry.stdout_bytes && this.#at.stderr >= entry.stderr_bytes;
  }

  async #look(sequence: number, stream: Chunk["stream"], output_bytes = PAGE_BYTES): Promise<Chunk | undefined> {
    const offset = this.#at[stream];
    // The look at the other stream told how much there is of this one.
    if (this.#entry && stream === "stderr" && this.#entry.stderr_bytes <= offset) return undefined;
    const { workspace_id, ansi } = this.#command;
    const page: WorkspaceLogsInput = { workspace_id, sequence, stream, offset, output_bytes, limit: LINES_MAX, ansi };
    const logs = await this.#api.logsWorkspace(page);
    const entry = logs.entries[0];
    if (!entry || !logs.page) return undefined;
    this.#entry = entry;
    const { text, skipped_bytes, next_offset } = logs.page;
    const end = next_offset ?? entry[`${stream}_bytes`];
    if (next_offset === undefined && entry.state === "running" && text.endsWith(REPLACED)) {
      // The rest of a character may be on its way. A page that ends before the end is cut where one ends.
      const bytes = end - logs.page.offset;
      return bytes > HALF_BYTES_MAX ? this.#look(sequence, stream, bytes - 1) : undefined;
    }
    this.#at[stream] = end;
    if (!text && !skipped_bytes) return undefined;
    return { stream, text, ...(skipped_bytes && { skipped_bytes }) };
  }
}

function watch(running: Running): void {
  if (underWay.size === 0) SIGNALS.forEach((name) => process.on(name, onSignal));
  underWay.add(running);
}

function unwatch(running: Running): void {
  underWay.delete(running);
  if (underWay.size === 0) SIGNALS.forEach((name) => process.off(name, onSignal));
}

/** Kills what runs, then lets the signal do what it does. A program with a listener of its own decides for itself. */
function onSignal(name: NodeJS.Signals): void {
  if (process.listenerCount(name) > 1) return;
  const all = [...underWay].map((running) => running.kill());
  void Promise.allSettled(all).then(() => {
    SIGNALS.forEach((one) => process.off(one, onSignal));
    process.kill(process.pid, name);
  });
}
