// Runs one command in a microVM of its own and shows what came back.
//
//     npm install ./pyro-mcp-4.0.0.tgz typescript @types/node
//     npx tsc --target es2022 --module nodenext typescript_one_shot.mts && node typescript_one_shot.mjs [COMMAND]

import { Pyro, PyroError } from "pyro-mcp";

/** Building an environment takes a while the first time; this tells how far it is. */
function show(step: string, fraction?: number): void {
  const done = fraction === undefined ? "" : ` ${Math.round(fraction * 100)} %`;
  console.error(`... ${step}${done}`);
}

const command = process.argv.slice(2).join(" ") || "git --version; uname -r";
const pyro = Pyro.local();
try {
  const result = await pyro.runInVm({ environment: "debian:12", command, timeout_seconds: 60 }, { onProgress: show });
  process.stdout.write(result.stdout);
  process.stderr.write(result.stderr);
  console.error(`[${result.exit_reason}, ${result.duration_ms} ms, ${result.execution_mode}]`);
  process.exitCode = result.exit_code;
} catch (failure) {
  if (!(failure instanceof PyroError)) throw failure;
  console.error(`${failure.code}: ${failure.message}`);
  if (failure.hint) console.error(`hint: ${failure.hint}`);
  process.exitCode = 125;
} finally {
  await pyro.close();
}
