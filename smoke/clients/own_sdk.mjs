// pyro's own TypeScript SDK on real machines: what is streamed, what is killed, and by whom.
// own_sdk.mjs, or with a URL in PYRO_SERVER over HTTP. It lies beside the node_modules that have pyro-mcp.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { Pyro, PyroError } from "pyro-mcp";

const open = () => (process.env.PYRO_SERVER ? Pyro.remote({ url: process.env.PYRO_SERVER }) : Pyro.local());

async function all(run) {
  const text = { stdout: "", stderr: "" };
  for await (const chunk of run) text[chunk.stream] += chunk.text;
  return { ...text, ...run.result };
}

/** Sleeps until somebody ends it; says when it has begun. */
async function sleep(workspace) {
  const pyro = open();
  for await (const { text } of pyro.stream(workspace, "echo begun; exec sleep 981")) process.stdout.write(text);
}

async function main() {
  const pyro = open();
  const workspace = await pyro.workspace({ environment: "debian:12", name: "own-sdk" });
  const alive = async () => (await workspace.exec("grep -al 'sleep.98[0-9]' /proc/[0-9]*/cmdline")).stdout;
  try {
    const began = performance.now();
    let first;
    const run = workspace.stream("echo one; sleep 2; echo two >&2; printf 'h\\303'; sleep 1; printf '\\251\\377'; exit 5");
    const text = { stdout: "", stderr: "" };
    for await (const chunk of run) {
      first ??= performance.now() - began;
      text[chunk.stream] += chunk.text;
    }
    assert.deepEqual(text, { stdout: "one\nhé\ufffd", stderr: "two\n" });
    assert.equal(run.result.exit_code, 5);
    assert.ok(first < 2000, `the first output came after ${first} ms`);

    const counted = await all(workspace.stream("seq 200000; seq 3 >&2"));
    assert.equal(counted.stdout, Array.from({ length: 200_000 }, (_, index) => `${index + 1}\n`).join(""));
    assert.equal(counted.stderr, "1\n2\n3\n");
    const late = await all(workspace.stream("sleep 980", { timeout_seconds: 1 }));
    assert.deepEqual([late.exit_code, late.exit_reason], [124, "timed_out"]);
    // Longer than idle connections are kept.
    assert.equal((await workspace.exec("sleep 4; echo slept")).stdout, "slept\n");

    for await (const _ of workspace.stream("echo begun; exec sleep 980")) break;
    assert.equal(await alive(), "", "leaving the loop");
    const abort = new AbortController();
    const aborted = (async () => {
      for await (const _ of workspace.stream("echo begun; exec sleep 980", { signal: abort.signal })) abort.abort();
    })();
    await assert.rejects(aborted, { name: "AbortError" });
    assert.equal(await alive(), "", "an abort of a stream");
    const taken = workspace.exec("exec sleep 980", { timeout_seconds: 100 }, { signal: AbortSignal.timeout(500) });
    await assert.rejects(taken, { name: "TimeoutError" });
    // Within a second, as is promised of cancellation.
    assert.equal((await workspace.exec("sleep 1")).exit_code, 0);
    assert.equal(await alive(), "", "an abort of a call");

    const itself = [fileURLToPath(import.meta.url), "sleep", workspace.id];
    const child = spawn(process.execPath, itself, { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    assert.notEqual(await alive(), "");
    child.kill("SIGINT");
    const [, signal] = await once(child, "exit");
    assert.equal(signal, "SIGINT");
    assert.equal(await alive(), "", "Ctrl-C");
  } finally {
    await workspace[Symbol.asyncDispose]();
    await workspace.delete();
  }
  const gone = await workspace.exec("true").catch((error) => error);
  assert.ok(gone instanceof PyroError && gone.code === "missing", String(gone));
  await pyro.close();
}

const [what, workspace] = process.argv.slice(2);
await (what === "sleep" ? sleep(workspace) : main());
