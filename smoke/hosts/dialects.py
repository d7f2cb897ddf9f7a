"""How four model APIs ask for tools, show results and answer, as far as hosts need it."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, Optional, Protocol, Union

from scenario import CALL_ID, TOOLS, Call, Scenario

Json = dict[str, Any]
Event = tuple[str, Union[Json, str]]


class Answer(NamedTuple):
    """The whole answer, and the same as a stream of events."""

    whole: Json
    events: list[Event]


class Dialect(Protocol):
    def answer(self, body: Json, scenario: Scenario) -> Answer: ...


def text_of(value: Any) -> str:
    """All text in a result, in order."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(text_of(one) for one in value)
    if isinstance(value, dict):
        # The text of a block, or any other object as it stands.
        return text_of(value["text"]) if isinstance(value.get("text"), str) else "\n".join(map(text_of, value.values()))
    return ""


def tool_of(name: str) -> Optional[str]:
    """The tool that a host calls `mcp__pyro__workspace_exec` or the like."""
    return next((tool for tool in TOOLS if name == tool or name.endswith(f"_{tool}")), None)


class Messages:
    """Anthropic's Messages. A host may keep tools back until the model searches for them."""

    def answer(self, body: Json, scenario: Scenario) -> Answer:
        names = [str(tool.get("name", "")) for tool in body.get("tools", [])]
        tools = {tool: name for name in names if (tool := tool_of(name))}
        results = self.results(body)
        if not names:
            block: Json = {"type": "text", "text": "pyro"}
        else:
            block = self.block(scenario.next(results), tools, names, body, scenario)
        message = {
            "id": f"msg_{len(results)}",
            "type": "message",
            "role": "assistant",
            "model": body.get("model", "scripted"),
            "content": [block],
            "stop_reason": "tool_use" if block["type"] == "tool_use" else "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 1},
        }
        return Answer(message, list(self.events(message, block)))

    def block(self, turn: Union[Call, str], tools: dict[str, str], names: list[str], body: Json, scenario: Scenario) -> Json:
        if isinstance(turn, str):
            return {"type": "text", "text": turn}
        if turn.tool in tools:
            return {"type": "tool_use", "id": turn.id, "name": tools[turn.tool], "input": turn.arguments}
        if "ToolSearch" in names and "search_pyro" not in json.dumps(body["messages"]):
            query = "select:" + ",".join(f"mcp__pyro__{tool}" for tool in TOOLS)
            return {"type": "tool_use", "id": "search_pyro", "name": "ToolSearch", "input": {"query": query}}
        return {"type": "text", "text": scenario.failed(f"{turn.tool} is not among the tools: {names}")}

    def results(self, body: Json) -> list[str]:
        blocks = [
            block
            for message in body.get("messages", [])
            if isinstance(message.get("content"), list)
            for block in message["content"]
        ]
        ours = [block for block in blocks if str(block.get("tool_use_id", "")).startswith(CALL_ID)]
        return [text_of(block.get("content")) for block in ours if block.get("type") == "tool_result"]

    def events(self, message: Json, block: Json) -> list[Event]:
        if block["type"] == "tool_use":
            empty, delta = {**block, "input": {}}, {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        else:
            empty, delta = {**block, "text": ""}, {"type": "text_delta", "text": block["text"]}
        ended = {"stop_reason": message["stop_reason"], "stop_sequence": None}
        sent: list[Json] = [
            {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}},
            {"type": "content_block_start", "index": 0, "content_block": empty},
            {"type": "content_block_delta", "index": 0, "delta": delta},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": ended, "usage": {"output_tokens": 1}},
            {"type": "message_stop"},
        ]
        return [(str(event["type"]), event) for event in sent]


class Responses:
    """OpenAI's Responses. Tools may be grouped in namespaces, and hidden behind a search."""

    def answer(self, body: Json, scenario: Scenario) -> Answer:
        items = [item for item in body.get("input", []) if isinstance(item, dict)]
        results = [
            text_of(item.get("output"))
            for item in items
            if item.get("type") == "function_call_output" and str(item.get("call_id", "")).startswith(CALL_ID)
        ]
        searches = [item for item in items if item.get("type") == "tool_search_output"]
        tools = self.tools(body.get("tools", []))
        for search in searches:
            tools.update(self.tools(search.get("tools", [])))
        searchable = any(tool.get("type") == "tool_search" for tool in body.get("tools", []))
        item: Json
        turn: Union[Call, str] = scenario.next(results) if tools or searchable else "pyro"
        if isinstance(turn, Call) and turn.tool in tools:
            namespace, name = tools[turn.tool]
            item = {"type": "function_call", "id": f"fc_{len(results)}", "call_id": turn.id, "name": name}
            item.update(arguments=json.dumps(turn.arguments), status="completed")
            item.update({"namespace": namespace} if namespace else {})
        elif isinstance(turn, Call) and searchable and len(searches) < 2 * len(TOOLS):
            query = {"query": turn.tool.replace("_", " "), "limit": 8}
            item = {"type": "tool_search_call", "id": f"ts_{len(searches)}", "call_id": f"search_{len(searches)}"}
            item.update(status="completed", execution="client", arguments=query)
        else:
            if isinstance(turn, Call):
                turn = scenario.failed(f"{turn.tool} is not among the tools")
            said = {"type": "output_text", "text": turn, "annotations": []}
            item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [said]}
        usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
        details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
        response = {
            "id": f"resp_{len(items)}",
            "object": "response",
            "status": "completed",
            "output": [item],
            "usage": {**usage, **details},
        }
        sent: list[Json] = [
            {"type": "response.created", "response": {"id": response["id"]}},
            {"type": "response.output_item.added", "output_index": 0, "item": item},
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            {"type": "response.completed", "response": response},
        ]
        return Answer(response, [(str(event["type"]), event) for event in sent])

    def tools(self, listed: list[Json], namespace: str = "") -> dict[str, tuple[str, str]]:
        """Our tools to (namespace, name)."""
        found: dict[str, tuple[str, str]] = {}
        for tool in listed:
            name = str(tool.get("name", ""))
            if tool.get("type") == "namespace":
                found.update(self.tools(tool.get("tools", []), name))
            elif ours := tool_of(name):
                found[ours] = (namespace, name)
        return found


class Completions:
    """OpenAI's chat completions."""

    def answer(self, body: Json, scenario: Scenario) -> Answer:
        names = [str(tool.get("function", {}).get("name", "")) for tool in body.get("tools", [])]
        tools = {tool: name for name in names if (tool := tool_of(name))}
        results = [
            text_of(message.get("content"))
            for message in body.get("messages", [])
            if message.get("role") == "tool" and str(message.get("tool_call_id", "")).startswith(CALL_ID)
        ]
        turn: Union[Call, str] = scenario.next(results) if names else "pyro"
        if isinstance(turn, Call) and turn.tool not in tools:
            turn = scenario.failed(f"{turn.tool} is not among the tools: {names}")
        message: Json = {"role": "assistant"}
        if isinstance(turn, Call):
            function = {"name": tools[turn.tool], "arguments": json.dumps(turn.arguments)}
            message["tool_calls"] = [{"index": 0, "id": turn.id, "type": "function", "function": function}]
        else:
            message["content"] = turn
        reason = "tool_calls" if isinstance(turn, Call) else "stop"
        base = {"id": f"chatcmpl-{len(results)}", "created": 1, "model": body.get("model", "scripted")}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        whole = {**base, "object": "chat.completion", "usage": usage}
        whole["choices"] = [{"index": 0, "message": message, "finish_reason": reason}]

        def chunk(delta: Json, ended: Optional[str] = None) -> Json:
            choice = {"index": 0, "delta": delta, "finish_reason": ended}
            return {**base, "object": "chat.completion.chunk", "choices": [choice]}

        return Answer(whole, [("", chunk(message)), ("", {**chunk({}, reason), "usage": usage}), ("", "[DONE]")])


class Gemini:
    """Gemini's generateContent. Results carry the tool's name and come in the order of the calls."""

    def answer(self, body: Json, scenario: Scenario) -> Answer:
        declared = [one for tool in body.get("tools", []) for one in tool.get("functionDeclarations", [])]
        tools = {tool: str(one["name"]) for one in declared if (tool := tool_of(str(one["name"])))}
        parts = [part for content in body.get("contents", []) for part in content.get("parts", [])]
        answered = [part["functionResponse"] for part in parts if "functionResponse" in part]
        results = [text_of(one.get("response")) for one in answered if tool_of(str(one.get("name", "")))]
        turn: Union[Call, str] = scenario.next(results) if declared else "pyro"
        if isinstance(turn, Call) and turn.tool not in tools:
            turn = scenario.failed(f"{turn.tool} is not among the tools: {[one['name'] for one in declared]}")
        part: Json = {"text": turn}
        if isinstance(turn, Call):
            # This host lets its model say that calls depend on each other.
            arguments = {**turn.arguments, "wait_for_previous": True}
            part = {"functionCall": {"name": tools[turn.tool], "args": arguments}}
        content = {"role": "model", "parts": [part]}
        usage = {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}
        candidate = {"content": content, "finishReason": "STOP", "index": 0}
        whole = {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "scripted"}
        return Answer(whole, [("", whole)])
