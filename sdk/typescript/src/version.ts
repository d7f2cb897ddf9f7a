// The version of this package, and which versions of pyro it gets along with.

import { createRequire } from "node:module";

import { PyroError } from "./errors.js";

const { version } = createRequire(import.meta.url)("../package.json") as { version: string };

export const VERSION = version;

/** Refuses a pyro that is older than this package, or of another major version. */
export function checkVersion(found: unknown, where: string, wanted: string = VERSION): void {
  const numbers = (text: string) => text.split(/[.+-]/, 2).map(Number);
  const [major = NaN, minor = NaN] = numbers(typeof found === "string" ? found : "");
  const [wantedMajor = 0, wantedMinor = 0] = numbers(wanted);
  if (major === wantedMajor && minor >= wantedMinor) return;
  const said = Number.isNaN(major) ? "does not tell its version" : `is pyro ${String(found)}`;
  const hint = major > wantedMajor ? `install pyro-mcp ${major}` : `install pyro ${wantedMajor}.${wantedMinor} or newer there`;
  throw new PyroError("unavailable", `${where} ${said}; this package wants ${wantedMajor}.${wantedMinor} or newer of major version ${wantedMajor}`, hint);
}
