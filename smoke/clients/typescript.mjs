// The TypeScript clients, versions 1 and 2, tell one story each: seed, a failing test, patch, a passing test, diff.
// typescript.mjs v1|v2 PYRO|URL; over HTTP with the token in PYRO_TOKEN. It lies beside the node_modules it uses.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const us = { name: "story", version: "1" };
const TEST = "sh test.sh";
const FIX = `\
diff --git a/add.sh b/add.sh
--- a/add.sh
+++ b/add.sh
@@ -1 +1 @@
-echo $(($1 - $2))
+echo $(($1 + $2))
`;

// What differs: where things are imported from, how a call is written, which revisions are spoken.
const clients = {
  async v1() {
    const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
    const { StdioClientTransport } = await import("@modelcontextprotocol/sdk/client/stdio.js");
    const { StreamableHTTPClientTransport } = await import("@modelcontextprotocol/sdk/client/streamableHttp.js");
    return {
      StdioClientTransport,
      StreamableHTTPClientTransport,
      eras: { legacy: () => new Client(us) },
      call: (client, params, options) => client.callTool(params, undefined, options),
    };
  },
  async v2() {
    const { Client, StreamableHTTPClientTransport } = await import("@modelcontextprotocol/client");
    const { StdioClientTransport } = await import("@modelcontextprotocol/client/stdio");
    return {
      StdioClientTransport,
      StreamableHTTPClientTransport,
      eras: {
        legacy: () => new Client(us, { versionNegotiation: { mode: "legacy" } }),
        modern: () => new Client(us, { versionNegotiation: { mode: "auto" } }),
      },
      call: (client, params, options) => client.callTool(params, options),
    };
  },
};

function transport(kit, target) {
  if (target.startsWith("http://")) {
    const headers = { Authorization: `Bearer ${process.env.PYRO_TOKEN}` };
    return new kit.StreamableHTTPClientTransport(new URL(`${target}/workspace-core`), { requestInit: { headers } });
  }
  return new kit.StdioClientTransport({ command: target, args: ["mcp", "serve"], env: { ...process.env } });
}

async function tell(call, place) {
  const repo = join(place, "repo");
  mkdirSync(repo);
  writeFileSync(join(repo, "add.sh"), "echo $(($1 - $2))\n");
  writeFileSync(join(repo, "test.sh"), 'sum=$(sh add.sh 2 2); [ "$sum" = 4 ] || { echo "4 is not $sum" >&2; exit 1; }\n');

  const reports = [];
  const onprogress = (report) => reports.push(report.progress);
  const made = await call("workspace_create", { environment: "debian:12", seed_path: repo }, { onprogress, timeout: 600_000 });
  const workspace_id = made.workspace_id;
  try {
    assert.equal(made.workspace_seed.entry_count, 2);
    assert.ok(reports.length > 0, "no progress was told");
    assert.deepEqual(reports, reports.toSorted((one, other) => one - other));

    const failing = await call("workspace_exec", { workspace_id, command: TEST });
    assert.equal(failing.exit_code, 1);
    assert.equal(failing.stderr, "4 is not 0\n");
    const patched = await call("workspace_patch_apply", { workspace_id, patch: FIX });
    assert.equal(patched.summary.modified, 1);
    const passing = await call("workspace_exec", { workspace_id, command: TEST });
    assert.equal(passing.exit_code, 0);

    // A call taken back ends its command; the session goes on.
    const taken = new AbortController();
    const sleeping = { workspace_id, command: "touch /tmp/begun; exec sleep 300", timeout_seconds: 300 };
    const rejected = assert.rejects(call("workspace_exec", sleeping, { signal: taken.signal }));
    await call("workspace_exec", { workspace_id, command: "until [ -e /tmp/begun ]; do sleep 0.05; done" });
    taken.abort("enough");
    await rejected;
    const wait = "for i in $(seq 60); do pgrep -f 'sleep [3]00' >/dev/null || exit 0; sleep 0.1; done; exit 1";
    const ended = await call("workspace_exec", { workspace_id, command: `command -v pgrep >/dev/null && { ${wait}; }` });
    assert.equal(ended.exit_code, 0, JSON.stringify(ended));

    const diff = await call("workspace_diff", { workspace_id });
    writeFileSync(join(place, "fix.patch"), diff.patch);
    execFileSync("git", ["apply", "../fix.patch"], { cwd: repo });
    assert.equal(readFileSync(join(repo, "add.sh"), "utf8"), "echo $(($1 + $2))\n");
  } finally {
    await call("workspace_delete", { workspace_id });
  }
  const gone = await call("workspace_exec", { workspace_id, command: "true" }, { fails: true });
  assert.equal(gone.code, "missing");
}

const [version, target] = process.argv.slice(2);
const kit = await clients[version]();
for (const [era, made] of Object.entries(kit.eras)) {
  const client = made();
  await client.connect(transport(kit, target));
  const revision = client.getNegotiatedProtocolVersion?.() ?? "a legacy one";
  assert.equal(revision === "2026-07-28", era === "modern", revision);
  assert.ok((await client.listTools()).tools.some((tool) => tool.name === "workspace_exec"));
  const call = async (name, input, { fails = false, ...options } = {}) => {
    const result = await kit.call(client, { name, arguments: input }, options);
    assert.equal(result.isError ?? false, fails, JSON.stringify(result));
    return fails ? JSON.parse(result.content[0].text) : result.structuredContent;
  };
  const place = mkdtempSync(join(tmpdir(), "story-"));
  try {
    await tell(call, place);
  } finally {
    rmSync(place, { recursive: true });
    await client.close();
  }
  console.log(`${version}, ${era} (${revision}): passed`);
}
