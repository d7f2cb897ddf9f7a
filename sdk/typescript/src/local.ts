// The way to a `pyro mcp serve` process of our own: JSON-RPC, one message a line. Any number of calls share it.

import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";

import type { CallOptions } from "./api.js";
import { PyroError, reason } from "./errors.js";
import { encoded, HELLO, type Message, type Progress, report, resultOf, type Transport, until, withToken } from "./protocol.js";
import { checkVersion } from "./version.js";

/** The process cancels what runs and ends within this of its input's end. */
const CLOSE_MS = 4000;
/** How long the last words of a process that ended may take. */
const LAST_WORDS_MS = 1000;
const STDERR_BYTES = 4096;
/** The server drops longer lines unread. */
const LINE_BYTES_MAX = 15 * 1024 * 1024;

interface Waiting {
  resolve(message: Message): void;
  reject(error: unknown): void;
  options: CallOptions | undefined;
}

/** Starts the process at the first call, and anew after it died or was closed. */
export class Local implements Transport {
  #binary: string;
  #profile: string;
  #environment: NodeJS.ProcessEnv;
  #server: Promise<Server> | undefined;

  constructor(binary: string, profile: string, environment: NodeJS.ProcessEnv) {
    this.#binary = binary;
    this.#profile = profile;
    this.#environment = environment;
  }

  async request(method: string, params: object, options?: CallOptions): Promise<unknown> {
    const server = await until(this.#running(), options?.signal);
    return resultOf(await server.request(method, params, options));
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await (await server?.catch(() => undefined))?.close();
  }

  async #running(): Promise<Server> {
    const before = this.#server;
    const server = await before?.catch(() => undefined);
    if (server?.alive) return server;
    // Another call that waited may have been here first.
    if (this.#server === before) this.#server = this.#open();
    return this.#server ?? this.#running();
  }

  async #open(): Promise<Server> {
    const server = new Server(this.#binary, ["mcp", "serve", "--profile", this.#profile], this.#environment);
    try {
      const hello = resultOf(await server.request("initialize", HELLO)) as { serverInfo?: { version?: unknown } };
      checkVersion(hello.serverInfo?.version, this.#binary);
      server.send({ method: "notifications/initialized" });
      return server;
    } catch (error) {
      await server.close();
      throw error;
    }
  }
}

/** One running process, and who waits for which answer. */
class Server {
  alive = true;
  #binary: string;
  #child: ChildProcessByStdio<Writable, Readable, Readable>;
  #waiting = new Map<number, Waiting>();
  #next = 1;
  #spoken = false;
  #lastWords = "";
  #ended: Promise<void>;

  constructor(binary: string, words: string[], environment: NodeJS.ProcessEnv) {
    this.#binary = binary;
    // A session of its own: a Ctrl-C in the terminal is ours to handle, and what must be canceled needs the process.
    const child = spawn(binary, words, { env: environment, stdio: ["pipe", "pipe", "pipe"], detached: true });
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      child.once("error", (error) => {
        const denied = (error as NodeJS.ErrnoException).code === "EACCES";
        const said = `${binary} does not start: ${reason(error)}`;
        this.#die(new PyroError(denied ? "denied" : "unavailable", said, denied ? `chmod +x ${binary}` : "set PYRO_BIN to `pyro`"));
        resolve();
      });
      child.once("exit", (status, signal) => {
        this.alive = false;
        resolve();
        const over = () => this.#die(this.#died(status, signal));
        const timer = setTimeout(over, LAST_WORDS_MS);
        child.once("close", () => {
          clearTimeout(timer);
          over();
        });
      });
    });
    child.stdin.on("error", () => {
      // It ended; that is told by its exit.
    });
    lines(child.stdout, (line) => this.#hear(line));
    child.stderr.on("data", (bytes: Buffer) => {
      this.#lastWords = (this.#lastWords + bytes.toString()).slice(-STDERR_BYTES);
    });
    this.#hold();
  }

  send(message: object): void {
    if (this.alive) this.#child.stdin.write(encoded(message) + "\n");
  }

  request(method: string, params: object, options?: CallOptions): Promise<Message> {
    const id = this.#next++;
    const line = Buffer.from(encoded({ id, method, params: withToken(params, id, options) }) + "\n");
    if (line.length > LINE_BYTES_MAX) {
      throw new PyroError("limit", `the arguments are ${line.length} bytes long, more than ${LINE_BYTES_MAX}`);
    }
    const signal = options?.signal;
    signal?.throwIfAborted();
    let taken = () => {};
    const answer = new Promise<Message>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, options });
      taken = () => {
        this.send({ method: "notifications/cancelled", params: { requestId: id } });
        reject(signal?.reason);
      };
    });
    signal?.addEventListener("abort", taken, { once: true });
    this.#hold();
    if (this.alive) this.#child.stdin.write(line);
    return answer.finally(() => {
      signal?.removeEventListener("abort", taken);
      this.#waiting.delete(id);
      this.#hold();
    });
  }

  async close(): Promise<void> {
    this.#child.ref();
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), CLOSE_MS);
    await this.#ended;
    clearTimeout(timer);
  }

  /** A program may end without closing: only what somebody waits for holds it. */
  #hold(): void {
    const busy = this.#waiting.size > 0;
    if (busy) this.#child.ref();
    else this.#child.unref();
    for (const pipe of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) {
      const socket = pipe as { ref?(): void; unref?(): void };
      if (busy) socket.ref?.();
      else socket.unref?.();
    }
  }

  #hear(line: string): void {
    let message: Message;
    try {
      message = JSON.parse(line) as Message;
    } catch {
      return;
    }
    this.#spoken = true;
    const progress: Progress | undefined = message.method === "notifications/progress" ? message.params : undefined;
    if (message.method !== undefined && !progress) return;
    const id = progress ? progress.progressToken : message.id;
    const waiting = typeof id === "number" ? this.#waiting.get(id) : undefined;
    if (!waiting) return;
    if (!progress) return waiting.resolve(message);
    try {
      report(waiting.options, progress);
    } catch (error) {
      // Who listens does not want the call to go on.
      this.send({ method: "notifications/cancelled", params: { requestId: id } });
      waiting.reject(error);
    }
  }

  #died(status: number | null, signal: NodeJS.Signals | null): PyroError {
    const how = signal ?? `exit status ${status}`;
    const words = this.#lastWords.trim().split("\n").slice(-20).join("; ");
    const said = words ? `: ${words}` : "";
    return this.#spoken
      ? new PyroError("unavailable", `the pyro process ended in mid-call (${how})${said}`, "call again; a new process is started")
      : new PyroError("unavailable", `${this.#binary} does not serve MCP (${how})${said}`, "is it an older pyro? see `pyro --version`");
  }

  #die(error: PyroError): void {
    this.alive = false;
    for (const { reject } of [...this.#waiting.values()]) reject(error);
  }
}

/** Cuts a stream at its line ends. */
function lines(stream: Readable, each: (line: string) => void): void {
  let begun: Buffer[] = [];
  stream.on("data", (bytes: Buffer) => {
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      begun.push(bytes.subarray(from, end));
      each(Buffer.concat(begun).toString());
      begun = [];
      from = end + 1;
    }
    if (from < bytes.length) begun.push(bytes.subarray(from));
  });
}
