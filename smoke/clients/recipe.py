"""Recipes as data: the calls and checks of recipes/*.toml, carried out by whatever way calls tools."""

from __future__ import annotations

import os
import stat
import subprocess
import tempfile
import tomllib
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from own_way import Refused, Way

ABSENT = object()
# What a rule asks of a value that is there.
RULES: dict[str, Callable[[Any, Any], bool]] = {
    "equals": lambda found, wanted: found == wanted,
    "contains": lambda found, wanted: wanted in found,
    "starts_with": lambda found, wanted: found.startswith(wanted),
    "ends_with": lambda found, wanted: found.endswith(wanted),
    "one_of": lambda found, wanted: found in wanted,
}


def lay_out(seed: dict[str, Any], place: Path) -> None:
    for name, content in seed.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, dict) and "link" in content:
            path.symlink_to(content["link"])
            continue
        executable = isinstance(content, dict)
        path.write_text(content["executable"] if executable else content)
        path.chmod(0o755 if executable else 0o644)


def look(path: Path) -> dict[str, str]:
    """A path of the host as recipes speak of it."""
    if path.is_symlink():
        return {"type": "symlink", "link_target": os.readlink(path)}
    if not path.exists():
        return {"type": "absent"}
    mode = f"{stat.S_IMODE(path.stat().st_mode):04o}"
    if path.is_dir():
        return {"type": "directory", "mode": mode}
    return {"type": "file", "mode": mode, "text": path.read_text()}


def at(answer: Any, path: str) -> Any:
    """What stands at a path such as `entries.0.path`; null counts as absent."""
    for part in path.split("."):
        if isinstance(answer, list):
            answer = answer[int(part)] if int(part) < len(answer) else None
        else:
            answer = answer.get(part) if isinstance(answer, dict) else None
    return ABSENT if answer is None else answer


def unmet(found: Any, rules: Any) -> list[str]:
    """The rules that do not hold for a value."""
    rules = rules if isinstance(rules, dict) else {"equals": rules}
    if "absent" in rules:
        return [] if rules["absent"] == (found is ABSENT) else ["absent"]
    return [name for name, wanted in rules.items() if found is ABSENT or not RULES[name](found, wanted)]


class Run:
    """One recipe, by one way."""

    def __init__(self, way: Way, recipe: dict[str, Any], place: Path) -> None:
        self.way, self.recipe, self.place = way, recipe, place
        self.kept: dict[str, Any] = {}
        for name in ("seed", "out", "patched"):
            (place / name).mkdir()
            self.kept[name] = str(place / name)
        for name in ("seed", "patched"):
            lay_out(recipe.get("seed", {}), place / name)

    def filled(self, value: Any) -> Any:
        """With what was kept in place of its names."""
        if isinstance(value, dict):
            return {name: self.filled(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.filled(inner) for inner in value]
        if isinstance(value, str) and value.startswith("$"):
            name, slash, below = value[1:].partition("/")
            return f"{self.kept[name]}/{below}" if slash else self.kept[name]
        return value

    def check(self, title: str, answer: Any, expect: dict[str, Any]) -> None:
        for path, rules in expect.items():
            broken = unmet(at(answer, path), self.filled(rules))
            assert not broken, f"{title}: {path} breaks {broken} of {rules}: {answer}"

    async def step(self, step: dict[str, Any]) -> None:
        title = step["title"]
        try:
            answer = await self.way(step["tool"], **self.filled(step.get("input", {})))
            assert "fails" not in step, f"{title}: it did not fail: {answer}"
        except Refused as refused:
            assert refused.code == step.get("fails"), f"{title}: {refused}"
            answer = {"code": refused.code, "message": refused.message}
        self.check(title, answer, step.get("expect", {}))
        self.kept |= {name: at(answer, path) for name, path in step.get("keep", {}).items()}
        if patch := step.get("git_apply"):
            words = ["git", "apply", "--", self.filled(patch)]
            environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(self.place)}
            subprocess.run(words, cwd=self.kept["patched"], env=environment, check=True)
        for path, rules in step.get("host", {}).items():
            self.check(f"{title}: {path}", look(Path(self.filled(path))), rules)

    async def whole(self) -> None:
        try:
            for step in self.recipe["steps"]:
                await self.step(step)
        finally:
            for step in self.recipe["cleanup"]:
                if step["input"]["workspace_id"].removeprefix("$") in self.kept:
                    await self.step(step)


async def every(
    recipes: Path, ways: Mapping[str, Callable[[], AbstractAsyncContextManager[Way]]]
) -> None:
    """Every recipe of a directory, by every way."""
    files = sorted(recipes.glob("*.toml"))
    assert files, f"no recipes in {recipes}"
    for file in files:
        for name, way in ways.items():
            with tempfile.TemporaryDirectory() as place:
                async with way() as call:
                    await Run(call, tomllib.loads(file.read_text()), Path(place)).whole()
            print(f"{file.stem}, {name}: as it should be", flush=True)
