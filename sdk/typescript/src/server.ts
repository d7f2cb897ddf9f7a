// An MCP server for somebody else's client: the `pyro` binary, serving on standard input and output.

import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";

import { findBinary } from "./binary.js";
import { PyroError, reason } from "./errors.js";
import type { Profile } from "./pyro.js";

/** A server that is not running yet. */
export class Server {
  /** What to start: the program and its words. */
  readonly command: readonly [string, ...string[]];

  constructor(command: [string, ...string[]]) {
    this.command = command;
  }

  /** Serves on this process's own standard input and output until the client is gone; answers the exit status. */
  run(): Promise<number> {
    const [program, ...words] = this.command;
    const child: ChildProcess = spawn(program, words, { stdio: "inherit" });
    return new Promise((resolve, reject) => {
      child.once("error", (error) => reject(new PyroError("unavailable", `${program} does not start: ${reason(error)}`)));
      child.once("exit", (status) => resolve(status ?? 1));
    });
  }

  /** Starts it with pipes: write JSON-RPC lines to `stdin`, read them from `stdout`. */
  start(): ChildProcessByStdio<Writable, Readable, null> {
    const [program, ...words] = this.command;
    return spawn(program, words, { stdio: ["pipe", "pipe", "inherit"] });
  }
}

/** Makes an MCP server for one profile. */
export function createServer({ profile = "workspace-core", binary }: { profile?: Profile; binary?: string } = {}): Server {
  return new Server([findBinary(binary), "mcp", "serve", "--profile", profile]);
}
