// What both ways to a server share: the messages, and what a tool's answer says.

import { ALWAYS, type CallOptions } from "./api.js";
import { PyroError, told } from "./errors.js";
import { VERSION } from "./version.js";

export const PROTOCOL = "2025-06-18";

/** One way to a server: sends a request and resolves to its `result`. */
export interface Transport {
  request(method: string, params: object, options?: CallOptions): Promise<unknown>;
  close(): Promise<void>;
}

/** A JSON-RPC message as it comes in; nothing about it is certain. */
export interface Message {
  id?: unknown;
  method?: unknown;
  params?: Progress;
  result?: unknown;
  error?: { message?: unknown };
}

export interface Progress {
  progressToken?: unknown;
  progress?: unknown;
  total?: unknown;
  message?: unknown;
}

export const HELLO = {
  protocolVersion: PROTOCOL,
  capabilities: {},
  clientInfo: { name: "pyro-mcp-typescript", version: VERSION },
};

/** The parameters, and the wish to be told of progress where somebody listens. */
export function withToken(params: object, id: number, options?: CallOptions): object {
  return options?.onProgress ? { ...params, _meta: { progressToken: id } } : params;
}

/** A message as one line; what the server could not read is refused here, for it would not answer. */
export function encoded(message: object): string {
  try {
    return JSON.stringify({ jsonrpc: "2.0", ...message });
  } catch (error) {
    throw new PyroError("invalid", `an argument cannot be sent as JSON: ${String(error)}`);
  }
}

export function report(options: CallOptions | undefined, progress: Progress): void {
  const { progress: done, total, message } = progress;
  const fraction = typeof done === "number" && typeof total === "number" && total > 0 ? done / total : undefined;
  options?.onProgress?.(typeof message === "string" ? message : "", fraction);
}

/** Waits for what others wait for too, until the signal. */
export function until<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const taken = () => reject(signal.reason);
    signal.addEventListener("abort", taken, { once: true });
    promise.finally(() => signal.removeEventListener("abort", taken)).then(resolve, reject);
    if (signal.aborted) taken();
  });
}

/** `result` of an answer; its error is thrown. */
export function resultOf(message: Message): unknown {
  if (message.error) throw new PyroError("invalid", String(message.error.message ?? "the request was refused"));
  return message.result ?? {};
}

/** What a tool answered; its failure is thrown. Fields that this package does not know stay where they are. */
export function answerOf(tool: string, result: unknown): unknown {
  const { isError, content, structuredContent } = result as Record<string, unknown>;
  if (isError === true) {
    const blocks = Array.isArray(content) ? (content as Array<{ text?: unknown }>) : [];
    const text = blocks.map((block) => (typeof block?.text === "string" ? block.text : "")).join("");
    throw failure(text);
  }
  const lacks = (ALWAYS[tool] ?? "").split(" ").find((path) => path && !holds(structuredContent, steps(path)));
  if (typeof structuredContent === "object" && structuredContent !== null && lacks === undefined) return structuredContent;
  const what = lacks === undefined ? "no result" : `no \`${lacks}\` in its result`;
  throw new PyroError("internal", `${tool} answered, with ${what}`, "pyro and this package should be of the same version");
}

function failure(text: string): PyroError {
  try {
    const found = told(JSON.parse(text));
    if (found) return found;
  } catch {
    // Not ours; then the text is all there is.
  }
  return new PyroError("internal", text || "the tool failed without a word");
}

function steps(path: string): string[] {
  return path.split(/\.|(?=\[\])|(?=\{\})/);
}

/** Whether a value has what a path names, wherever there is that to which it belongs. */
function holds(value: unknown, [step, ...rest]: string[]): boolean {
  if (step === undefined) return true;
  if (typeof value !== "object" || value === null) return false;
  if (step === "[]") return Array.isArray(value) && value.every((one) => holds(one, rest));
  if (step === "{}") return Object.values(value).every((one) => holds(one, rest));
  const inner = (value as Record<string, unknown>)[step];
  if (inner === undefined) return rest.length > 0;
  return inner === null ? rest.length > 0 : holds(inner, rest);
}
