// The way to a server elsewhere: MCP over streamable HTTP. Answers come as JSON or, where progress is told, as events.
//
// Not by `fetch`, which gives up on an answer after five minutes and cannot be told otherwise: commands take longer.

import * as http from "node:http";
import * as https from "node:https";

import type { CallOptions } from "./api.js";
import { PyroError, reason, told } from "./errors.js";
import { encoded, HELLO, type Message, PROTOCOL, report, resultOf, type Transport, until, withToken } from "./protocol.js";
import { checkVersion } from "./version.js";

/** Idle connections are dropped early, so that none is used in the moment in which the server drops it. */
const IDLE_MS = 2000;
const REFUSAL_BYTES_MAX = 64 * 1024;

export class Remote implements Transport {
  #url: URL;
  #headers: Record<string, string>;
  #agent: http.Agent;
  #next = 1;
  #opened: Promise<void> | undefined;

  constructor(url: URL, token: string | undefined) {
    this.#url = url;
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const kind = url.protocol === "https:" ? https : http;
    this.#agent = new kind.Agent({ keepAlive: true, timeout: IDLE_MS });
  }

  async request(method: string, params: object, options?: CallOptions): Promise<unknown> {
    this.#opened ??= this.#open().catch((error: unknown) => {
      // The next call tries again.
      this.#opened = undefined;
      throw error;
    });
    await until(this.#opened, options?.signal);
    return resultOf(await this.#post(method, params, options));
  }

  close(): Promise<void> {
    this.#agent.destroy();
    return Promise.resolve();
  }

  /** Also tells early of a wrong token or an older server. */
  async #open(): Promise<void> {
    const hello = resultOf(await this.#post("initialize", HELLO)) as { serverInfo?: { version?: unknown } };
    checkVersion(hello.serverInfo?.version, this.#url.host);
    this.#headers["mcp-protocol-version"] = PROTOCOL;
  }

  async #post(method: string, params: object, options?: CallOptions): Promise<Message> {
    const id = this.#next++;
    const body = Buffer.from(encoded({ id, method, params: withToken(params, id, options) }));
    const headers = {
      ...this.#headers,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "content-length": body.length,
    };
    const signal = options?.signal;
    try {
      // The server takes a call back when its connection closes: so does aborting.
      const request = send(this.#url, { method: "POST", headers, agent: this.#agent, ...(signal && { signal }) });
      request.end(body);
      const response = await answered(request);
      if (response.statusCode !== 200) throw await refusal(this.#url, response);
      const events = response.headers["content-type"]?.startsWith("text/event-stream") ?? false;
      for await (const message of events ? fromEvents(response) : fromBody(response)) {
        if (message.method === "notifications/progress") report(options, message.params ?? {});
        else if (message.id === id && message.method === undefined) return message;
      }
      throw new PyroError("unavailable", `${this.#url.host} ended its answer to ${method} without a result`);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw unreached(this.#url, error);
    }
  }
}

export function send(url: URL, options: http.RequestOptions): http.ClientRequest {
  return (url.protocol === "https:" ? https : http).request(url, options);
}

export function answered(request: http.ClientRequest): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once("response", resolve);
    // A connection may break again after its answer began; then whoever reads the answer is told.
    request.on("error", reject);
  });
}

/** What a response other than success says. */
export async function refusal(url: URL, response: http.IncomingMessage): Promise<PyroError> {
  const status = response.statusCode ?? 0;
  const text = await beginning(response).catch(() => "");
  try {
    const found = told(JSON.parse(text));
    if (found) return found;
  } catch {
    // Somebody between us and the server spoke.
  }
  const said = `${url.host} answered ${status} ${response.statusMessage ?? ""}`.trim();
  if (status === 401 || status === 403) return new PyroError("denied", said, "show a token that `pyro token create` made");
  const place = response.headers.location;
  if (status >= 300 && status < 400 && place) return new PyroError("unavailable", `${said} to ${place}`, "use that URL");
  return new PyroError(status === 404 ? "missing" : "unavailable", said, "is pyro served at this URL?");
}

/** A failure to talk, as a failure that says so. */
export function unreached(url: URL, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (error instanceof PyroError || typeof code !== "string") return error;
  const broken = code === "ECONNRESET" || code === "EPIPE" || code === "ERR_STREAM_PREMATURE_CLOSE";
  return broken
    ? new PyroError("unavailable", `the connection to ${url.host} ended in mid-call (${reason(error)})`, "call again")
    : new PyroError("unavailable", `${url.host} cannot be reached: ${reason(error)}`, "is the server running, and the URL right?");
}

async function beginning(response: http.IncomingMessage): Promise<string> {
  let text = "";
  response.setEncoding("utf8");
  for await (const piece of response) {
    text += piece as string;
    if (text.length > REFUSAL_BYTES_MAX) break;
  }
  return text;
}

async function* fromBody(response: http.IncomingMessage): AsyncGenerator<Message> {
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  yield parsed(Buffer.concat(pieces).toString());
}

async function* fromEvents(response: http.IncomingMessage): AsyncGenerator<Message> {
  let text = "";
  response.setEncoding("utf8");
  for await (const piece of response) {
    const events = (text + (piece as string)).split(/\r?\n\r?\n/);
    text = events.pop() ?? "";
    for (const event of events) {
      const data = event.split(/\r?\n/).filter((line) => line.startsWith("data:"));
      const said = data.map((line) => line.slice("data:".length).trimStart()).join("\n");
      if (said) yield parsed(said);
    }
  }
}

function parsed(text: string): Message {
  try {
    return JSON.parse(text) as Message;
  } catch {
    throw new PyroError("unavailable", "the answer is no JSON", "is pyro served at this URL?");
  }
}
