// pyro gives LLM agents a computer of their own; this package drives the `pyro` binary, or a server elsewhere.

export type * from "./api.js";
export { PyroError } from "./errors.js";
export type { Download } from "./files.js";
export { type LocalOptions, type Profile, Pyro, type RemoteOptions } from "./pyro.js";
export { type Chunk, Running, type StreamOptions } from "./running.js";
export { createServer, Server } from "./server.js";
export { VERSION } from "./version.js";
export { Workspace } from "./workspace.js";
