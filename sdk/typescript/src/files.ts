// Trees to a server elsewhere and back: streamed both ways, to and from URLs that admit whoever has them.

import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { open, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { PyroError, reason } from "./errors.js";
import { answered, refusal, send, unreached } from "./remote.js";

/** What a result says of something to fetch. */
export interface Download {
  url: string;
  file_name: string;
}

const STDERR_BYTES = 1000;

/** Sends a directory, or a tar, .tar.gz or .tar.zst that is one already. */
export async function upload(to: string, path: string, signal?: AbortSignal): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    throw new PyroError("missing", `${path} cannot be read: ${reason(error)}`);
  });
  if (found.isDirectory()) {
    const { stdout, ended } = packed(path);
    await put(to, stdout, ended, signal);
  } else {
    await put(to, createReadStream(path), Promise.resolve(), signal);
  }
}

/** Saves a download as a new file and answers its path. A directory is given its own name in it. */
export async function fetchDownload(download: Download, path: string, signal?: AbortSignal): Promise<string> {
  const isDirectory = await stat(path).then((found) => found.isDirectory(), () => false);
  const place = isDirectory ? join(path, basename(download.file_name)) : path;
  const url = new URL(download.url);
  let begun = false;
  try {
    const request = send(url, { method: "GET", ...(signal && { signal }) });
    request.end();
    const response = await answered(request);
    if (response.statusCode !== 200) throw await refusal(url, response);
    const file = await open(place, "wx");
    begun = true;
    await pipeline(response, file.createWriteStream());
    return place;
  } catch (error) {
    if (begun) await rm(place, { force: true });
    if (signal?.aborted) throw signal.reason;
    throw asFailure(url, place, error);
  }
}

function asFailure(url: URL, place: string, error: unknown): unknown {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === "EEXIST") return new PyroError("conflict", `${place} exists already`, "name a new path");
  const onDisk = syscall === "open" || code === "ENOSPC" || code === "EDQUOT";
  return onDisk ? new PyroError("unavailable", `${place} cannot be written: ${reason(error)}`) : unreached(url, error);
}

/** A directory's tar as it is packed, and whether all of it was. */
function packed(directory: string): { stdout: Readable; ended: Promise<void> } {
  const tar = spawn("tar", ["-C", directory, "-c", "-f", "-", "."], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  tar.stderr.on("data", (bytes: Buffer) => {
    said = (said + bytes.toString()).slice(-STDERR_BYTES);
  });
  const ended = new Promise<void>((resolve, reject) => {
    tar.once("error", (error) => {
      reject(new PyroError("unavailable", `tar does not start: ${reason(error)}`, "install tar"));
    });
    tar.once("close", (status, signal) => {
      const how = signal ?? `exit status ${status}`;
      if (status === 0) resolve();
      else reject(new PyroError("unavailable", `tar could not pack ${directory} (${how}): ${said.trim()}`));
    });
  });
  // Whoever sends looks at it last; until then it is nobody's.
  ended.catch(() => {});
  return { stdout: tar.stdout, ended };
}

/** The request is ended only once the body is whole: the server forgets what breaks off. */
async function put(to: string, body: Readable, whole: Promise<void>, signal?: AbortSignal): Promise<void> {
  const url = new URL(to);
  const request = send(url, { method: "PUT", headers: { "content-type": "application/x-tar" }, ...(signal && { signal }) });
  let early = false;
  const answer = answered(request).then((response) => {
    early = true;
    return response;
  });
  answer.catch(() => {});
  try {
    const sent = pipeline(body, request, { end: false }).then(() => whole);
    // A refusal may come before all was sent.
    await Promise.race([sent, answer]);
    if (!early) {
      await sent;
      request.end();
    }
    const response = await answer;
    if (response.statusCode !== 201) throw await refusal(url, response);
    response.resume();
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw unreached(url, error);
  } finally {
    body.destroy();
    request.destroy();
  }
}
