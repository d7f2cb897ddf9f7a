"""The examples that call a model's API themselves, against a scripted one, on a real machine: function_calling.py EXAMPLE

The example is run as a person would run it; it must carry out every call and end by itself."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "smoke" / "hosts"))

from endpoint import serving  # noqa: E402
from scenario import DONE, STEPS, Scenario  # noqa: E402


def main() -> None:
    example = REPOSITORY / "examples" / sys.argv[1]
    with tempfile.TemporaryDirectory() as scratch:
        scenario = Scenario(Path(scratch, "seed"))
        with serving(scenario, Path(scratch, "transcript.jsonl")) as address:
            key = {"OPENAI_API_KEY": "none", "ANTHROPIC_API_KEY": "none"}
            base = {"OPENAI_BASE_URL": f"{address}/v1", "ANTHROPIC_BASE_URL": address}
            ran = subprocess.run(
                [sys.executable, str(example), "scripted", "Repair", "words.txt"],
                env={**os.environ, **key, **base},
                cwd=scratch,
                capture_output=True,
                text=True,
                timeout=300,
            )
    assert scenario.problem is None, scenario.problem
    assert ran.returncode == 0, ran.stderr
    assert scenario.done and ran.stdout == f"{DONE}\n", (scenario.steps, ran)
    assert ran.stderr.count("-> workspace_") == len(STEPS), ran.stderr


main()
