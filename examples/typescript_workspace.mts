// A workspace from begin to end: made, filled from a host directory, worked in, looked at, copied out, deleted.
//
//     npm install ./pyro-mcp-4.0.0.tgz typescript @types/node
//     npx tsc --target es2022 --module nodenext typescript_workspace.mts && node typescript_workspace.mjs
//
// With PYRO_SERVER, a URL, and PYRO_TOKEN it works on a server elsewhere: trees are uploaded and downloaded then.

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Pyro } from "pyro-mcp";

const scratch = await mkdtemp(join(tmpdir(), "typescript-example-"));
try {
  await work();
} finally {
  await rm(scratch, { recursive: true });
}

async function work(): Promise<void> {
  const tree = join(scratch, "tree");
  await mkdir(tree);
  await writeFile(join(tree, "message.txt"), "hello\n");

  const url = process.env["PYRO_SERVER"];
  await using pyro = url ? Pyro.remote({ url }) : Pyro.local();
  // It is deleted at the end of this function, whatever happens.
  await using workspace = await pyro.workspace({
    environment: "debian:12",
    name: "typescript-example",
    ...(await pyro.seedFrom(tree)),
  });
  const workspace_id = workspace.id;

  // Output as it comes.
  const run = workspace.stream("for i in 1 2 3; do echo step $i; sleep 0.5; done; ls >&2; exit 4");
  for await (const { stream, text } of run) process.stdout.write(`${stream}: ${text}`);
  console.log(`exit code ${run.result?.exit_code}`);

  // A command that takes too long is taken back, and killed.
  const sleeping = workspace.exec("sleep 300", { timeout_seconds: 300 }, { signal: AbortSignal.timeout(1000) });
  await sleeping.catch((error: Error) => console.log(`sleep: ${error.name}`));

  await workspace.exec("sed s/hello/goodbye/ message.txt >answer.txt");
  const diff = await pyro.diffWorkspace({ workspace_id, paths: ["answer.txt"] });
  process.stdout.write(diff.patch);

  const out = join(scratch, "answer.txt");
  const place = pyro.isRemote ? {} : { output_path: out };
  const { download } = await pyro.exportWorkspace({ workspace_id, path: "answer.txt", ...place });
  if (download) await pyro.fetchDownload(download, out);
  process.stdout.write(await readFile(out, "utf8"));
}
