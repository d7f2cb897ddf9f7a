#!/usr/bin/env node
// `pyro`, as this package carries it: the same words, streams, signals and exit status.

import { spawn } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

if (process.platform !== "linux" || process.arch !== "x64") {
  process.stderr.write("error: pyro runs on Linux on x86-64\nhint: call a server there: Pyro.remote({ url, token })\n");
  process.exit(125);
}
const binary = fileURLToPath(new URL("../native/pyro", import.meta.url));
const child = spawn(binary, process.argv.slice(2), { stdio: "inherit" });

// What a terminal sends reaches the child as well, for it is of the same group: handed on, it would come twice.
const atTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
for (const name of ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"]) process.on(name, () => child.kill(name));
for (const name of ["SIGINT", "SIGQUIT"]) process.on(name, () => atTerminal || child.kill(name));

child.once("error", (error) => {
  const hint = error.code === "EACCES" ? `chmod +x ${binary}` : "install the package pyro-mcp anew";
  process.stderr.write(`error: ${binary} does not start: ${error.message}\nhint: ${hint}\n`);
  process.exit(125);
});
child.once("exit", (status, signal) => {
  if (signal === null) process.exit(status);
  // As it ended, so do we; where the signal does not end us, its number tells.
  process.removeAllListeners(signal);
  process.exitCode = 128 + constants.signals[signal];
  process.kill(process.pid, signal);
});
