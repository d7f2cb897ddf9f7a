// Every recipe through the TypeScript SDK: the calls and checks of recipes/*.toml as they stand.
// recipes.mjs FILE, what recipes_as_json.py printed. It lies beside the node_modules that have pyro-mcp.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";

import { Pyro, PyroError } from "pyro-mcp";

const ABSENT = Symbol("absent");
// What a rule asks of a value that is there.
const RULES = {
  equals: (found, wanted) => isDeepStrictEqual(found, wanted),
  contains: (found, wanted) => found.includes(wanted),
  starts_with: (found, wanted) => found.startsWith(wanted),
  ends_with: (found, wanted) => found.endsWith(wanted),
  one_of: (found, wanted) => wanted.includes(found),
};
const isTable = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

function layOut(seed, place) {
  for (const [name, content] of Object.entries(seed)) {
    const path = join(place, name);
    mkdirSync(dirname(path), { recursive: true });
    if (isTable(content) && "link" in content) {
      symlinkSync(content.link, path);
      continue;
    }
    writeFileSync(path, isTable(content) ? content.executable : content);
    chmodSync(path, isTable(content) ? 0o755 : 0o644);
  }
}

/** A path of the host as recipes speak of it. */
function look(path) {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return { type: "absent" };
  if (found.isSymbolicLink()) return { type: "symlink", link_target: readlinkSync(path) };
  const mode = (found.mode & 0o7777).toString(8).padStart(4, "0");
  return found.isDirectory() ? { type: "directory", mode } : { type: "file", mode, text: readFileSync(path, "utf8") };
}

/** What stands at a path such as `entries.0.path`; null counts as absent. */
function at(answer, path) {
  const found = path.split(".").reduce((value, part) => value?.[part], answer);
  return found ?? ABSENT;
}

/** The rules that do not hold for a value. */
function unmet(found, given) {
  const rules = isTable(given) ? given : { equals: given };
  if ("absent" in rules) return rules.absent === (found === ABSENT) ? [] : ["absent"];
  return Object.keys(rules).filter((name) => found === ABSENT || !RULES[name](found, rules[name]));
}

class Run {
  constructor(pyro, recipe, place) {
    Object.assign(this, { pyro, recipe, place, kept: {} });
    for (const name of ["seed", "out", "patched"]) {
      this.kept[name] = join(place, name);
      mkdirSync(this.kept[name]);
    }
    for (const name of ["seed", "patched"]) layOut(recipe.seed ?? {}, this.kept[name]);
  }

  /** With what was kept in place of its names. */
  filled(value) {
    if (Array.isArray(value)) return value.map((inner) => this.filled(inner));
    if (isTable(value)) return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, this.filled(inner)]));
    if (typeof value !== "string" || !value.startsWith("$")) return value;
    const [name, ...below] = value.slice(1).split("/");
    return below.length > 0 ? join(this.kept[name], ...below) : this.kept[name];
  }

  check(title, answer, expect) {
    for (const [path, rules] of Object.entries(expect)) {
      const broken = unmet(at(answer, path), this.filled(rules));
      assert.deepEqual(broken, [], `${title}: ${path} is not ${JSON.stringify(rules)}: ${JSON.stringify(answer)}`);
    }
  }

  async step({ title, tool, input = {}, fails, expect = {}, keep = {}, git_apply, host = {} }) {
    let answer;
    try {
      answer = await this.pyro.call(tool, this.filled(input));
      assert.equal(fails, undefined, `${title}: it did not fail`);
    } catch (error) {
      if (!(error instanceof PyroError)) throw error;
      assert.equal(error.code, fails, `${title}: ${error}`);
      answer = { code: error.code, message: error.message };
    }
    this.check(title, answer, expect);
    for (const [name, path] of Object.entries(keep)) this.kept[name] = at(answer, path);
    if (git_apply) {
      const env = { ...process.env, GIT_CEILING_DIRECTORIES: this.place };
      execFileSync("git", ["apply", "--", this.filled(git_apply)], { cwd: this.kept.patched, env });
    }
    for (const [path, rules] of Object.entries(host)) this.check(`${title}: ${path}`, look(this.filled(path)), rules);
  }

  async whole() {
    try {
      for (const step of this.recipe.steps) await this.step(step);
    } finally {
      for (const step of this.recipe.cleanup) {
        if (step.input.workspace_id.replace(/^\$/, "") in this.kept) await this.step(step);
      }
    }
  }
}

const recipes = Object.entries(JSON.parse(readFileSync(process.argv[2], "utf8")));
assert.ok(recipes.length >= 5, "there are five recipes at least");
const pyro = Pyro.local();
for (const [name, recipe] of recipes) {
  const place = mkdtempSync(join(tmpdir(), "recipe-"));
  try {
    await new Run(pyro, recipe, place).whole();
  } finally {
    rmSync(place, { recursive: true });
  }
  console.log(`${name}: as it should be`);
}
await pyro.close();
