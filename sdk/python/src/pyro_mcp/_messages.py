"""What goes to a server and what comes back: arguments, lines, results. No I/O."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Optional, Union

from . import __version__
from ._failures import PyroError

CLIENT = {"name": "pyro-mcp-python", "version": __version__}
# A server drops longer messages unread.
MESSAGE_BYTES_MAX = 15 * 1024 * 1024

# Called with (step, fraction from 0 to 1 or None) while a call runs.
OnProgress = Callable[[str, Optional[float]], None]
StrPath = Union[str, "os.PathLike[str]"]
# One message of a server that belongs to a request: an answer, or progress.
Deliver = Callable[["dict[str, Any]"], None]


def encoded(message: Mapping[str, Any], bytes_max: int = MESSAGE_BYTES_MAX) -> bytes:
    """One message as it goes over the wire; what the server could not read is refused here, for it would not answer."""
    try:
        text = json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False, allow_nan=False)
        # Half a surrogate pair, as os.fsdecode makes of odd file names, cannot be encoded.
        line = text.encode()
    except (TypeError, ValueError) as error:
        raise PyroError("invalid", f"an argument cannot be sent as JSON: {error}") from None
    if len(line) > bytes_max:
        raise PyroError("limit", f"the arguments are {len(line)} bytes long, more than {bytes_max}")
    return line


def call_params(tool: str, arguments: Mapping[str, Any], here: bool) -> dict[str, Any]:
    """`params` of a tools/call; None stands for what was not given. `here`: paths are those of this host."""
    given = {name: _argument(name, value, here) for name, value in arguments.items() if value is not None}
    return {"name": tool, "arguments": given}


def report(message: Mapping[str, Any], on_progress: OnProgress | None) -> None:
    """Passes a progress report on."""
    if on_progress:
        total = message.get("total")
        on_progress(str(message.get("message", "")), message["progress"] / total if total else None)


def result(tool: str, answer: Mapping[str, Any], always: Sequence[str]) -> Any:
    """What a tool answered, or its failure raised. `always` says what must be there; more may be."""
    if "error" in answer:
        raise PyroError("invalid", str(answer["error"].get("message", "refused")))
    answered = answer.get("result") or {}
    if answered.get("isError"):
        text = "".join(block.get("text", "") for block in answered.get("content", []))
        raise failure(text) or PyroError("internal", text)
    told = answered.get("structuredContent", answered)
    missing = ", ".join(name for name in always if name not in told)
    if missing:
        hint = f"pyro and this package ({__version__}) differ: install the same version of both"
        raise PyroError("internal", f"the answer of {tool} lacks {missing}", hint)
    return told


def failure(text: str | bytes) -> PyroError | None:
    """The failure that a text tells."""
    try:
        told = json.loads(text)
        return PyroError(told["code"], told["message"], told.get("hint") or "")
    except (ValueError, KeyError, TypeError):
        return None


def _argument(name: str, value: Any, here: bool) -> Any:
    plain = _plain(value)
    # A path on the host begins where the caller is now; the process stays where it was started. It knows `~` itself.
    if here and name.endswith("_path") and isinstance(plain, str) and plain and not plain.startswith("~"):
        return os.path.abspath(plain)
    if name == "secret_files" and isinstance(plain, dict):
        return {key: _argument("file_path", path, here) for key, path in plain.items()}
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value
