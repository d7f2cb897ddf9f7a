// The SDK against a real server over HTTP, with tools that need no machine, and against servers that misbehave.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";

import { Pyro, PyroError } from "pyro-mcp";

import { LISTED, place } from "./fake.js";

const PYRO = join(process.env["PYRO_BIN"] ?? "", process.env["PYRO_BIN"]?.endsWith("/pyro") ? "" : "pyro");

interface Asked {
  id: number;
  method: string;
  params: { name: string; _meta?: { progressToken: number } };
}

/** A server that opens sessions, and answers calls as it is told. */
async function scripted(
  test: TestContext,
  onCall: (asked: Asked, response: ServerResponse, request: IncomingMessage) => void,
  version = "4.0.0",
): Promise<string> {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (bytes: Buffer) => (body += bytes.toString()));
    request.on("end", () => {
      const asked = (body.startsWith("{") ? JSON.parse(body) : {}) as Asked;
      if (asked.method !== "initialize") return onCall(asked, response, request);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ jsonrpc: "2.0", id: asked.id, result: { serverInfo: { version } } }));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function listed(asked: Asked): string {
  return JSON.stringify({ jsonrpc: "2.0", id: asked.id, result: { structuredContent: LISTED } });
}

async function failure(call: Promise<unknown>): Promise<PyroError> {
  const error = await call.then(
    () => assert.fail("it did not fail"),
    (error: unknown) => error,
  );
  assert.ok(error instanceof PyroError, String(error));
  return error;
}

test("a real server: tokens, uploads, and what is only for its host", async (test) => {
  const home = place(test);
  const env = { ...process.env, PYRO_HOME: home };
  const token = execFileSync(PYRO, ["token", "create", "--name", "sdk"], { env, stdio: ["ignore", "pipe", "ignore"] });
  const server = spawn(PYRO, ["mcp", "serve", "--http", "127.0.0.1:0"], { env, stdio: ["ignore", "ignore", "pipe"] });
  test.after(async () => {
    server.kill();
    await once(server, "exit");
  });
  const [said] = (await once(createInterface({ input: server.stderr }), "line")) as [string];
  const url = said.split(" ").at(-1) ?? "";

  await using pyro = Pyro.remote({ url, token: token.toString().trim() });
  assert.deepEqual(await pyro.listWorkspaces(), LISTED);
  const steps: string[] = [];
  assert.deepEqual(await pyro.listWorkspaces({}, { onProgress: (step) => steps.push(step) }), LISTED);
  const tree = join(home, "tree");
  mkdirSync(tree);
  writeFileSync(join(tree, "big"), Buffer.alloc(3_000_000, 7));
  const seed = await pyro.seedFrom(tree);
  assert.match("seed_upload_id" in seed ? seed.seed_upload_id : "", /^up-/);
  assert.equal((await failure(pyro.upload(join(home, "nowhere")))).code, "missing");
  const refused = await failure(pyro.createWorkspace({ environment: "debian:12", seed_path: "/" }));
  assert.match(`${refused.message} ${refused.hint}`, /workspace_upload_open/);
  await assert.rejects(pyro.listWorkspaces({}, { signal: AbortSignal.abort() }), { name: "AbortError" });

  const wrong = await failure(Pyro.remote({ url, token: "pyro_abcdefgh2345_x" }).listWorkspaces());
  assert.equal(wrong.code, "denied");
  const narrow = await failure(Pyro.remote({ url: `${url}/nowhere`, token: token.toString().trim() }).listWorkspaces());
  assert.equal(narrow.code, "missing");
});

test("progress comes as events", async (test) => {
  const url = await scripted(test, (asked, response) => {
    response.setHeader("content-type", "text/event-stream");
    const params = { progressToken: asked.params._meta?.progressToken, progress: 25, total: 100, message: "half" };
    const report = JSON.stringify({ jsonrpc: "2.0", method: "notifications/progress", params });
    // Cut where nobody would cut.
    const text = `: hello\n\ndata:\nid: 1\n\ndata: ${report}\r\n\r\ndata: ${listed(asked)}\n\n`;
    for (let at = 0; at < text.length; at += 7) response.write(text.slice(at, at + 7));
    response.end();
  });
  const steps: unknown[] = [];
  await using pyro = Pyro.remote({ url, token: "t" });
  assert.deepEqual(await pyro.listWorkspaces({}, { onProgress: (...told) => steps.push(told) }), LISTED);
  assert.deepEqual(steps, [["half", 0.25]]);
});

test("a server that ends in mid-call, or is not there", async (test) => {
  const url = await scripted(test, (_, response) => response.destroy());
  const broken = await failure(Pyro.remote({ url, token: "t" }).listWorkspaces());
  assert.equal(broken.code, "unavailable");
  assert.match(broken.message, /ended in mid-call/);
  const half = await scripted(test, (_, response) => response.writeHead(200, { "content-length": "100" }).write("{", () => response.destroy()));
  assert.match((await failure(Pyro.remote({ url: half, token: "t" }).listWorkspaces())).message, /ended in mid-call/);
  const absent = await failure(Pyro.remote({ url: "http://127.0.0.1:1/mcp", token: "t" }).listWorkspaces());
  assert.match(absent.message, /127\.0\.0\.1:1 cannot be reached/);
});

test("somebody else's answers are told as they are", async (test) => {
  const cases: Array<[number, Record<string, string>, string, string]> = [
    [401, {}, "who are you", "denied"],
    [403, { "content-type": "application/json" }, JSON.stringify({ code: "denied", message: "no", hint: "ask" }), "denied"],
    [302, { location: "https://elsewhere.example/" }, "", "unavailable"],
    [502, {}, "<html>", "unavailable"],
    [200, { "content-type": "application/json" }, "<html>", "unavailable"],
  ];
  for (const [status, headers, body, code] of cases) {
    const url = await scripted(test, (_, response) => response.writeHead(status, headers).end(body));
    assert.equal((await failure(Pyro.remote({ url, token: "t" }).listWorkspaces())).code, code, body);
  }
  const old = await scripted(test, () => {}, "3.11.0");
  assert.match((await failure(Pyro.remote({ url: old, token: "t" }).listWorkspaces())).message, /is pyro 3\.11\.0/);
  for (const url of ["nonsense", "ftp://x/"]) assert.throws(() => Pyro.remote({ url }), { code: "invalid" });
  assert.throws(() => Pyro.remote({ url: old, token: "two words" }), { code: "invalid" });
});

test("an abort closes the connection", async (test) => {
  const abort = new AbortController();
  let closed: Promise<unknown> = Promise.reject(new Error("not called"));
  closed.catch(() => {});
  const url = await scripted(test, (_, response) => {
    closed = once(response, "close");
    abort.abort(new Error("enough"));
  });
  await assert.rejects(Pyro.remote({ url, token: "t" }).listWorkspaces({}, { signal: abort.signal }), { message: "enough" });
  await closed;
});

test("an abort does not wait for a server that says nothing", async (test) => {
  const server = createServer(() => {}).listen(0, "127.0.0.1");
  await once(server, "listening");
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const pyro = Pyro.remote({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: "t" });
  await assert.rejects(pyro.listWorkspaces({}, { signal: AbortSignal.timeout(50) }), { name: "TimeoutError" });
});

test("a download is a new file, whole or not at all", async (test) => {
  const here = place(test);
  let sound = true;
  const url = await scripted(test, (_, response, request) => {
    assert.equal(request.headers.authorization, undefined, "the token is not for it");
    response.writeHead(200, { "content-length": sound ? 5 : 50 }).write("whole", () => (sound ? response.end() : response.destroy()));
  });
  const pyro = Pyro.remote({ url, token: "t" });
  const download = { url: `${url}/downloads/x/y`, file_name: "../report.txt" };
  assert.equal(await pyro.fetchDownload(download, here), join(here, "report.txt"));
  assert.equal(readFileSync(join(here, "report.txt"), "utf8"), "whole");
  assert.equal((await failure(pyro.fetchDownload(download, here))).code, "conflict");
  assert.equal(readFileSync(join(here, "report.txt"), "utf8"), "whole");
  sound = false;
  assert.match((await failure(pyro.fetchDownload(download, join(here, "half")))).message, /ended in mid-call/);
  assert.ok(!existsSync(join(here, "half")));
});
