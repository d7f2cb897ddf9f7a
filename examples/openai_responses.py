"""A model of OpenAI's Responses API works in a workspace: a loop over its function calls, standard library only.

    OPENAI_API_KEY=... python3 examples/openai_responses.py MODEL TASK...

`OPENAI_BASE_URL` names another endpoint that speaks the same API.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from typing import Any

from pyro_mcp import Pyro, PyroError

TURNS_MAX = 30
BASE = os.environ.get("OPENAI_BASE_URL", "https://api.openai.com/v1")


def respond(body: dict[str, Any]) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{BASE}/responses", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=600) as answer:
        response: dict[str, Any] = json.load(answer)
        return response


def carried_out(pyro: Pyro, call: dict[str, Any]) -> dict[str, Any]:
    """One call of the model. A failure is a result, too: it says what to do instead."""
    print(f"-> {call['name']} {call['arguments']}", file=sys.stderr)
    try:
        output = pyro.call(call["name"], json.loads(call["arguments"]))
    except PyroError as error:
        output = {"code": error.code, "message": error.message, "hint": error.hint}
    except ValueError as error:
        output = {"code": "invalid", "message": f"the arguments are not JSON: {error}"}
    return {"type": "function_call_output", "call_id": call["call_id"], "output": json.dumps(output)}


def main() -> int:
    model, task = sys.argv[1], " ".join(sys.argv[2:])
    items: list[dict[str, Any]] = [{"role": "user", "content": task}]
    # With a profile, the model cannot call more than it is shown.
    with Pyro(profile="workspace-core") as pyro:
        tools = pyro.functions("openai")
        for _ in range(TURNS_MAX):
            response = respond({"model": model, "input": items, "tools": tools, "store": False})
            items += response["output"]
            calls = [item for item in response["output"] if item["type"] == "function_call"]
            if not calls:
                messages = [item for item in response["output"] if item["type"] == "message"]
                print("".join(part.get("text", "") for message in messages for part in message["content"]))
                return 0
            items += [carried_out(pyro, call) for call in calls]
    print(f"no end after {TURNS_MAX} turns", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
