"""What the scripted model asks for, one call after the other, and what each result must hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Optional, Union

PATCH = "--- a/words.txt\n+++ b/words.txt\n@@ -1 +1 @@\n-helo\n+hello\n"
FILES = {
    "words.txt": "helo\n",
    "check.sh": 'grep -qx hello words.txt && echo fine && exit 0\necho "words.txt says $(cat words.txt)" >&2\nexit 1\n',
}
MACHINES = ("firecracker", "qemu-kvm", "qemu-tcg")
CALL_ID = "call_pyro_"
DONE = "The check passes now; the workspace is gone."


class Call(NamedTuple):
    """One tool call of the model; the id comes back with its result."""

    id: str
    tool: str
    arguments: dict[str, Any]


class Step(NamedTuple):
    tool: str
    # Seed directory and workspace id to arguments.
    arguments: Callable[[str, str], dict[str, Any]]
    # What the result must hold.
    holds: dict[str, Any]
    # What its patch or error output must say.
    says: str = ""


STEPS = (
    Step(
        "workspace_create",
        lambda seed, _: {"environment": "debian:12", "seed_path": seed, "mem_mib": 512},
        {"state": "started", "workspace_seed": {"mode": "directory"}},
    ),
    Step(
        "workspace_exec",
        lambda _, workspace: {"workspace_id": workspace, "command": "sh check.sh"},
        {"state": "ended", "exit_code": 1, "stdout": "", "stderr": "words.txt says helo\n"},
    ),
    Step(
        "workspace_patch_apply",
        lambda _, workspace: {"workspace_id": workspace, "patch": PATCH},
        {"changed": True, "entries": [{"path": "/workspace/words.txt", "status": "modified"}]},
    ),
    Step(
        "workspace_exec",
        lambda _, workspace: {"workspace_id": workspace, "command": "sh check.sh"},
        {"state": "ended", "exit_code": 0, "stdout": "fine\n", "stderr": ""},
    ),
    Step(
        "workspace_diff",
        lambda _, workspace: {"workspace_id": workspace},
        {"changed": True, "summary": {"total": 1, "modified": 1}},
        "-helo\n+hello\n",
    ),
    Step("workspace_delete", lambda _, workspace: {"workspace_id": workspace}, {"deleted": True}),
)
TOOLS = tuple(dict.fromkeys(step.tool for step in STEPS))


class Scenario:
    """Decides from the results so far. A result that is not as it must be ends the turn."""

    def __init__(self, seed: Path) -> None:
        seed.mkdir(parents=True, exist_ok=True)
        for name, content in FILES.items():
            (seed / name).write_text(content)
        self.seed = str(seed)
        self.steps = 0
        self.workspace = ""
        self.problem: Optional[str] = None
        self.done = False

    def next(self, results: list[str]) -> Union[Call, str]:
        for step, text in zip(STEPS, results):
            result = found(text)
            wrong = differences(step.holds, result, step.tool)
            if step.says not in str(result.get("patch", "")):
                wrong.append(f"{step.tool}: its patch does not say {step.says!r}")
            if step.tool == "workspace_create" and result.get("execution_mode") not in MACHINES:
                wrong.append(f"it runs in no machine: {result.get('execution_mode')}")
            self.workspace = self.workspace or str(result.get("workspace_id", ""))
            if result.get("workspace_id") != self.workspace:
                wrong.append(f"{step.tool}: another workspace_id")
            if wrong:
                return self.failed("; ".join(wrong) + f"; the model was shown: {text[:1500]}")
        self.steps = max(self.steps, len(results))
        if len(results) >= len(STEPS):
            self.done = True
            return DONE
        step = STEPS[len(results)]
        return Call(f"{CALL_ID}{len(results)}", step.tool, step.arguments(self.seed, self.workspace))

    def failed(self, problem: str) -> str:
        self.problem = self.problem or problem
        return f"Stopped: {problem[:200]}"


def found(text: str) -> dict[str, Any]:
    """The JSON object that a host showed its model, whatever it wrote around it."""
    decoder = json.JSONDecoder()
    place = text.find("{")
    while place >= 0:
        try:
            value, _ = decoder.raw_decode(text, place)
            return dict(value)
        except ValueError:
            place = text.find("{", place + 1)
    return {}


def differences(wanted: Any, seen: Any, path: str) -> list[str]:
    """Where what was seen lacks something that is wanted."""
    if isinstance(wanted, dict) and isinstance(seen, dict):
        return [line for key, value in wanted.items() for line in differences(value, seen.get(key), f"{path}.{key}")]
    return [] if wanted == seen else [f"{path} is {seen!r} instead of {wanted!r}"]
