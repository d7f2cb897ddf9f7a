// The SDK against the real binary, with tools that need no machine, and against programs that misbehave.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";

import { createServer, Pyro, PyroError, type LocalOptions } from "pyro-mcp";

import { fakeBinary, LISTED, place } from "./fake.js";

function opened(test: TestContext, options: LocalOptions = {}): Pyro {
  const pyro = Pyro.local({ home: place(test), ...options });
  test.after(() => pyro.close());
  return pyro;
}

async function failure(call: Promise<unknown>): Promise<PyroError> {
  const error = await call.then(
    () => assert.fail("it did not fail"),
    (error: unknown) => error,
  );
  assert.ok(error instanceof PyroError, String(error));
  return error;
}

test("a tool answers, any number at a time", async (test) => {
  const pyro = opened(test);
  const all = await Promise.all(Array.from({ length: 50 }, () => pyro.listWorkspaces()));
  assert.deepEqual(all, Array.from({ length: 50 }, () => LISTED));
});

test("a failure has code, message and hint", async (test) => {
  const pyro = opened(test);
  const error = await failure(pyro.runInVm({ environment: "debian:12", command: "true", vcpu_count: 99 }));
  assert.equal(error.code, "invalid");
  assert.match(error.message, /`vcpu_count` must be from 1 to 8, not 99/);
  assert.match(error.hint, /environment \(required\)/);
});

test("paths of the host begin where the caller is", async (test) => {
  const pyro = opened(test);
  const before = process.cwd();
  test.after(() => process.chdir(before));
  await pyro.listWorkspaces();
  const here = place(test);
  process.chdir(here);
  const error = await failure(pyro.createWorkspace({ environment: "debian:12", seed_path: "nowhere" }));
  assert.equal(error.code, "missing");
  assert.ok(error.message.includes(join(process.cwd(), "nowhere")), error.message);
  assert.deepEqual(await pyro.seedFrom("nowhere"), { seed_path: join(process.cwd(), "nowhere") });
});

test("a model calls what its profile shows and no more", async (test) => {
  const pyro = opened(test, { profile: "workspace-core" });
  assert.deepEqual(await pyro.call("workspace_list", {}), LISTED);
  for (const api of ["openai", "anthropic"] as const) {
    const functions = (await pyro.functions(api)) as Array<{ name: string; parameters?: object; input_schema?: object }>;
    assert.ok(functions.some(({ name }) => name === "workspace_exec"));
    assert.ok(!functions.some(({ name }) => name === "workspace_shell_open"));
    assert.ok(functions.every((one) => (one.parameters ?? one.input_schema) !== undefined));
  }
  for (const [tool, input] of [
    ["workspace_shell_open", { workspace_id: "x" }],
    ["workspace_create", { environment: "debian:12", secret_env: ["HOME"] }],
  ] as const) {
    assert.match((await failure(pyro.call(tool, input))).code, /denied|invalid/, tool);
  }
});

test("no binary, and one that may not be executed", (test) => {
  assert.throws(() => Pyro.local({ binary: "/nonexistent/pyro" }), { code: "unavailable" });
  const path = join(place(test), "pyro");
  writeFileSync(path, "");
  chmodSync(path, 0o644);
  assert.throws(() => Pyro.local({ binary: path }), (error: PyroError) => {
    return error.code === "denied" && error.hint === `chmod +x ${path}`;
  });
});

test("a binary that is older, newer, or no server", async (test) => {
  for (const [version, hint] of [["3.11.2", /install pyro 4\.0 or newer/], ["5.0.0", /install pyro-mcp 5/]] as const) {
    const error = await failure(opened(test, { binary: fakeBinary(test, "() => {}", version) }).listWorkspaces());
    assert.equal(error.code, "unavailable");
    assert.ok(error.message.includes(`is pyro ${version}`), error.message);
    assert.match(error.hint, hint);
  }
  const error = await failure(opened(test, { binary: "/bin/false" }).listWorkspaces());
  assert.match(error.message, /\/bin\/false does not serve MCP \(exit status 1\)/);
});

test("killed in mid-call: that is said, and the next call works", async (test) => {
  const dies = `({ params, id }, say) => {
    if (params.arguments.state) { process.stderr.write("out of order\\n"); process.kill(process.pid, "SIGKILL"); }
    else say({ id, result: { structuredContent: ${JSON.stringify(LISTED)} } });
  }`;
  const pyro = opened(test, { binary: fakeBinary(test, dies) });
  await pyro.listWorkspaces();
  const [one, other] = await Promise.all([1, 2].map(() => failure(pyro.call("workspace_list", { state: "started" }))));
  assert.equal(one?.code, "unavailable");
  assert.match(one?.message ?? "", /ended in mid-call \(SIGKILL\)/);
  assert.equal(other?.code, "unavailable");
  assert.deepEqual(await pyro.listWorkspaces(), LISTED);
});

test("unknown fields are left alone, missing ones are told", async (test) => {
  const answers = `({ params, id }, say) => say({ id, result: { structuredContent: params.arguments.name
    ? { count: 1, workspaces: [{ workspace_id: "ws-abcdefgh2345" }] }
    : { count: 0, workspaces: [], brand_new: { deep: 1 } } } })`;
  const pyro = opened(test, { binary: fakeBinary(test, answers) });
  assert.deepEqual(await pyro.listWorkspaces(), { ...LISTED, brand_new: { deep: 1 } });
  const error = await failure(pyro.call("workspace_list", { name: "x" }));
  assert.equal(error.code, "internal");
  assert.match(error.message, /workspace_list answered, with no `workspaces\[\]\.\w+` in its result/);
});

test("an abort takes the call back and leaves the process", async (test) => {
  const notes = `(message, say) => {
    globalThis.taken ??= [];
    if (message.method !== "tools/call") taken.push(message.params.requestId);
    else if (message.params.arguments.name) say({ id: message.id, result: { structuredContent: { count: taken.length, workspaces: [] } } });
    else say({ method: "notifications/progress", params: { progressToken: message.id, progress: 50, total: 100, message: "waiting" } });
  }`;
  const pyro = opened(test, { binary: fakeBinary(test, notes) });
  const abort = new AbortController();
  const steps: unknown[] = [];
  const onProgress = (step: string, fraction?: number) => {
    steps.push([step, fraction]);
    abort.abort(new Error("enough"));
  };
  await assert.rejects(pyro.listWorkspaces({}, { signal: abort.signal, onProgress }), { message: "enough" });
  assert.deepEqual(steps, [["waiting", 0.5]]);
  const thrown = () => {
    throw new Error("not that");
  };
  await assert.rejects(pyro.listWorkspaces({}, { onProgress: thrown }), { message: "not that" });
  assert.equal(((await pyro.call("workspace_list", { name: "x" })) as typeof LISTED).count, 2);
  await assert.rejects(pyro.listWorkspaces({}, { signal: AbortSignal.abort() }), { name: "AbortError" });
});

test("what the server could not read is refused here", async (test) => {
  const pyro = opened(test);
  const text = "x".repeat(16 * 1024 * 1024);
  const error = await failure(pyro.writeWorkspaceFile({ workspace_id: "x", path: "x", text }));
  assert.equal(error.code, "limit");
  const circle: Record<string, unknown> = {};
  circle["again"] = circle;
  assert.equal((await failure(pyro.call("workspace_list", { circle }))).code, "invalid");
});

test("a program that forgets to close ends, and a closed one starts anew", async (test) => {
  const pyro = opened(test);
  await pyro.listWorkspaces();
  await pyro.close();
  assert.deepEqual(await pyro.listWorkspaces(), LISTED);
  const script = `import { Pyro } from "pyro-mcp"; await Pyro.local({ home: ${JSON.stringify(place(test))} }).listWorkspaces();`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "inherit", "inherit"] });
  const [status] = (await once(child, "exit")) as [number];
  assert.equal(status, 0);
});

test("a server serves", async () => {
  const child = createServer({ profile: "vm-run" }).start();
  const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "t", version: "0" } };
  child.stdin.write(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params }) + "\n");
  const [answer] = (await once(child.stdout, "data")) as [Buffer];
  assert.match(answer.toString(), /"serverInfo"/);
  child.stdin.end();
  await once(child, "exit");
});
