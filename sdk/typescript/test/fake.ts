// Programs that stand in for `pyro` and do what the real one never would.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** A directory of the test's own. */
export function place(test: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "pyro-ts-"));
  test.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/**
 * A program that speaks MCP on its pipes and answers each call of a tool as `onCall` says, a JavaScript function of the
 * message and of `say`, which writes one.
 */
export function fakeBinary(test: TestContext, onCall: string, version = "4.0.0"): string {
  const path = join(place(test), "pyro");
  const script = `#!${process.execPath}
const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\\n");
const serverInfo = { name: "pyro", version: ${JSON.stringify(version)} };
const onCall = ${onCall};
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const message = JSON.parse(line);
  if (message.method === "initialize") say({ id: message.id, result: { serverInfo } });
  if (message.method === "tools/call") onCall(message, say);
  if (message.method === "notifications/cancelled") onCall(message, say);
});
`;
  writeFileSync(path, script);
  chmodSync(path, 0o755);
  return path;
}

export const LISTED = { count: 0, workspaces: [] };
