// A bug is reproduced in a workspace, patched, shown as a diff and taken out: the project on the host stays as it was.
//
//     npm install ./pyro-mcp-4.0.0.tgz typescript @types/node
//     npx tsc --target es2022 --module nodenext typescript_repro_fix.mts && node typescript_repro_fix.mjs

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Pyro } from "pyro-mcp";

const TEST = "sh test.sh";
const FIX = `\
diff --git a/add.sh b/add.sh
--- a/add.sh
+++ b/add.sh
@@ -1 +1 @@
-echo $(($1 - $2))
+echo $(($1 + $2))
`;

const scratch = await mkdtemp(join(tmpdir(), "repro-fix-"));
try {
  const project = join(scratch, "project");
  await mkdir(project);
  await writeFile(join(project, "add.sh"), "echo $(($1 - $2))\n");
  await writeFile(join(project, "test.sh"), 'sum=$(sh add.sh 2 2); [ "$sum" = 4 ] || { echo "4 is not $sum" >&2; exit 1; }\n');
  await reproduceAndFix(project);
} finally {
  await rm(scratch, { recursive: true });
}

async function reproduceAndFix(project: string): Promise<void> {
  await using pyro = Pyro.local();
  await using workspace = await pyro.workspace({ environment: "debian:12", seed_path: project });
  const workspace_id = workspace.id;

  const failing = await workspace.exec(TEST);
  assert.equal(failing.exit_code, 1);
  console.log(`reproduced: ${failing.stderr.trim()}`);

  await pyro.applyWorkspacePatch({ workspace_id, patch: FIX });
  const passing = await workspace.exec(TEST);
  assert.equal(passing.exit_code, 0);
  console.log("fixed");

  const patch = join(scratch, "fix.patch");
  const { summary } = await pyro.diffWorkspace({ workspace_id, output_path: patch });
  console.log(`${summary.modified} file changed`);
  await pyro.exportWorkspace({ workspace_id, path: "add.sh", output_path: join(scratch, "add.sh") });

  // The patch is for the project; whether it goes in is somebody's decision.
  execFileSync("git", ["apply", "--", patch], { cwd: project, env: { ...process.env, GIT_CEILING_DIRECTORIES: scratch } });
  assert.equal(await readFile(join(project, "add.sh"), "utf8"), await readFile(join(scratch, "add.sh"), "utf8"));
  console.log("the patch applies to the project");
}
