// Where the `pyro` binary is.

import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

import { PyroError } from "./errors.js";

/** Where a package that carries the binaries has them; they are for one platform. */
const BUNDLED = fileURLToPath(new URL("../native/pyro", import.meta.url));
const RUNS_BUNDLED = process.platform === "linux" && process.arch === "x64";

/** The `pyro` binary: the given one, `PYRO_BIN` (it or its directory), the one inside this package, or on PATH. */
export function findBinary(given?: string): string {
  const chosen = given || process.env["PYRO_BIN"];
  if (chosen) {
    const path = isDirectory(chosen) ? join(chosen, "pyro") : chosen;
    const trouble = why(path);
    if (!trouble) return path;
    throw trouble === "denied"
      ? new PyroError("denied", `${path} may not be executed by this user`, `chmod +x ${path}`)
      : new PyroError("unavailable", `${path} is not an executable file`, "set PYRO_BIN to `pyro`");
  }
  const places = (process.env["PATH"] ?? "").split(delimiter).filter(Boolean);
  const all = [...(RUNS_BUNDLED ? [BUNDLED] : []), ...places.map((place) => join(place, "pyro"))];
  const found = all.find((path) => !why(path));
  if (found) return found;
  throw new PyroError("unavailable", "the pyro binary was not found", "install pyro or set PYRO_BIN to its path");
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Why a path is no program for us; nothing where it is one. */
function why(path: string): "missing" | "denied" | undefined {
  try {
    if (!statSync(path).isFile()) return "missing";
    accessSync(path, constants.X_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EACCES" ? "denied" : "missing";
  }
}
