"""One chat host completes the scenario: drive.py HOST stdio|http

PYRO is the binary, HOSTS the directory with the hosts' node_modules, WORK a directory for this run's homes. The host gets
a home of its own, is configured by `pyro mcp config HOST --write`, and talks to a scripted model. Over HTTP, `pyro` serves
with a token that the host finds in its environment."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from endpoint import serving
from scenario import STEPS, Scenario

PROMPT = "Copy the directory into a workspace, repair words.txt there, show the difference, delete the workspace."
SECONDS = 420
# Where the host finds the token.
TOKEN = "PYRO_TOKEN"


class Host(NamedTuple):
    program: str
    # Words after the program.
    words: list[str]
    # Files of its home, written before pyro adds itself.
    files: dict[str, str]
    variables: dict[str, str]


def host(name: str, address: str) -> Host:
    if name == "claude-code":
        words = ["-p", PROMPT, "--allowedTools", "mcp__pyro", "--output-format", "json"]
        quiet = {"DISABLE_AUTOUPDATER": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}
        key = {"ANTHROPIC_BASE_URL": address, "ANTHROPIC_API_KEY": "none"}
        return Host("claude", words, {}, {**quiet, **key})
    if name == "codex":
        settings = (
            'model = "scripted" # not a real one\nmodel_provider = "scripted"\n\n'
            f'[model_providers.scripted]\nname = "scripted"\nbase_url = "{address}/v1"\nwire_api = "responses"\n'
            'env_key = "SCRIPTED_KEY"\n\n'
            # What a person would add to be asked no more.
            '[mcp_servers.pyro]\ndefault_tools_approval_mode = "approve"\n'
        )
        return Host("codex", ["exec", "--skip-git-repo-check", PROMPT], {".codex/config.toml": settings}, {"SCRIPTED_KEY": "none"})
    if name == "opencode":
        provider = {
            "npm": "@ai-sdk/openai-compatible",
            "options": {"baseURL": f"{address}/v1", "apiKey": "none"},
            "models": {"scripted": {"name": "scripted", "tool_call": True}},
        }
        settings = "// settings of a test\n" + json.dumps({"autoupdate": False, "provider": {"scripted": provider}}, indent=2)
        words = ["run", "--model", "scripted/scripted", PROMPT]
        return Host("opencode", words, {".config/opencode/opencode.json": settings}, {"OPENCODE_DISABLE_AUTOUPDATE": "1"})
    if name == "gemini-cli":
        more = {"security": {"auth": {"selectedType": "gemini-api-key"}}, "general": {"enableAutoUpdate": False}}
        # What a person would add to be asked no more.
        trusted = {"mcpServers": {"pyro": {"trust": True}}}
        settings = json.dumps({**more, "privacy": {"usageStatisticsEnabled": False}, **trusted}, indent=2)
        key = {"GEMINI_API_KEY": "none", "GOOGLE_GEMINI_BASE_URL": address}
        words = ["--skip-trust", "--model", "gemini-2.5-pro", "-p", PROMPT]
        return Host("gemini", words, {".gemini/settings.json": settings}, key)
    raise SystemExit(f"no host {name}")


def run(words: list[str], where: Path, environment: dict[str, str], log: Path) -> int:
    """Runs a program in a process group of its own, which is gone afterwards."""
    with log.open("wb") as out:
        child = subprocess.Popen(
            words, cwd=where, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
        try:
            return child.wait(SECONDS)
        except subprocess.TimeoutExpired:
            return 124
        finally:
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            child.wait()


@contextmanager
def server(pyro: str, token: str, log: Path) -> Iterator[str]:
    """`pyro` serving over HTTP; its address."""
    words = [pyro, "mcp", "serve", "--http", "127.0.0.1:0"]
    child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, TOKEN: token}, text=True)
    assert child.stderr
    try:
        said = child.stderr.readline()
        log.write_text(said)
        yield said.split(" on ")[1].strip()
    finally:
        child.terminate()
        child.wait(10)


@contextmanager
def entry(pyro: str, way: str, log: Path) -> Iterator[tuple[list[str], dict[str, str]]]:
    """How `pyro` is to be reached: more words for `mcp config`, more variables for the host."""
    if way == "http":
        token = secrets.token_urlsafe(32)
        with server(pyro, token, log) as url:
            yield ["--url", url, "--token-variable", TOKEN], {TOKEN: token}
        return
    # Hosts pass on less than they were given.
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    passed = {"PYRO_HOME": os.environ["PYRO_HOME"], "XDG_CACHE_HOME": cache}
    yield [word for pair in passed.items() for word in ("--env", "=".join(pair))], {}


def configured(pyro: str, name: str, words: list[str], environment: dict[str, str]) -> str:
    """Has `pyro` write itself into the host's file, twice; the first must write, the second must not."""
    command = [pyro, "mcp", "config", name, "--write", *words]
    said = [subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout for _ in range(2)]
    return "" if "is now in" in said[0] and "nothing was written" in said[1] else f"configured twice, pyro said: {said}"


def drive(name: str, way: str) -> tuple[str, str]:
    """The host's version, and what went wrong."""
    pyro, programs = os.environ["PYRO"], Path(os.environ["HOSTS"], "node_modules", ".bin")
    place = Path(os.environ["WORK"], f"{name}-{way}")
    shutil.rmtree(place, ignore_errors=True)
    home, project = place / "home", place / "project"
    for directory in (home, project):
        directory.mkdir(parents=True)
    scenario = Scenario(place / "seed")
    with serving(scenario, place / "transcript.jsonl") as address, entry(pyro, way, place / "serve.log") as (words, more):
        one = host(name, address)
        for path, text in one.files.items():
            (home / path).parent.mkdir(parents=True, exist_ok=True)
            (home / path).write_text(text)
        bare = {"HOME": str(home), "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin", "TERM": "dumb", "NO_COLOR": "1"}
        if problem := configured(pyro, name, words, bare):
            return "", problem
        environment = {**bare, **one.variables, **more}
        program = str(programs / one.program)
        asked = subprocess.run([program, "--version"], env=environment, cwd=project, capture_output=True, text=True)
        version = asked.stdout.strip()
        status = run([program, *one.words], project, environment, place / "host.log")
    if scenario.workspace and not scenario.done:
        subprocess.run([pyro, "workspace", "delete", scenario.workspace], capture_output=True, check=False)
    if scenario.problem:
        return version, scenario.problem
    if not scenario.done:
        tail = (place / "host.log").read_text(errors="replace")[-3000:]
        return version, f"{scenario.steps} of {len(STEPS)} results seen, then it ended with {status}:\n{tail}"
    return version, "" if status == 0 else f"it ended with {status}"


def main() -> int:
    name, way, began = sys.argv[1], sys.argv[2], time.monotonic()
    version, problem = drive(name, way)
    words = version.replace("codex-cli ", "").split()
    line = f"{name} {words[0] if words else '?'} over {way} in {time.monotonic() - began:.0f} s"
    print(f"FAILED {line}: {problem}" if problem else f"passed {line}", flush=True)
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
