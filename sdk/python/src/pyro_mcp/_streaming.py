"""A command's output while it runs. What is to be done is decided here; who waits and who awaits does it.

The command is handed back at once and goes on in its workspace; its stored output is read from where the last piece
ended. So a slow reader holds nothing back, and a connection that breaks loses nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Union

from ._failures import PyroError

if TYPE_CHECKING:
    from .results import WorkspaceExecResult, WorkspaceLogsEntries, WorkspaceLogsResult

# Between two looks: soon again after output, seldom while there is none.
PAUSE_SECONDS_MIN = 0.02
PAUSE_SECONDS_MAX = 0.5
PAUSE_GROWTH = 1.6
PAGE_BYTES = 98304
STREAMS: tuple[Literal["stdout", "stderr"], ...] = ("stdout", "stderr")
# What is needed of answers.
EXECUTED = ("workspace_id", "sequence")
LOOKED = ("entries",)
# How long a command gets to end by itself, in tenths of a second.
END_TENTHS = 5


class Output(NamedTuple):
    """A piece of what a command wrote, in the order of its stream."""

    stream: Literal["stdout", "stderr"]
    # UTF-8; what is none is replaced.
    text: str
    # Of its first byte in the stream.
    offset: int
    # Bytes before it that are not kept any more, where its reader was slow.
    skipped_bytes: int


class Call(NamedTuple):
    tool: str
    arguments: Mapping[str, Any]
    always: tuple[str, ...]


class Pause(NamedTuple):
    seconds: float


Step = Union[Call, Pause, Output]


class Following:
    """How far one command has been followed."""

    def __init__(self, workspace_id: str, arguments: Mapping[str, Any], ansi: bool) -> None:
        self.workspace_id = workspace_id
        self.arguments = arguments
        self.ansi = ansi
        self.sequence: int | None = None
        self.pgid: int | None = None
        self.result: WorkspaceLogsEntries | None = None
        self._read = {"stdout": 0, "stderr": 0}

    def steps(self) -> Generator[Step, Any, None]:
        """Calls to make, pauses to keep and output to hand on, until the command is over and all was read."""
        begun: WorkspaceExecResult = yield Call("workspace_exec", {**self.arguments, "yield_seconds": 0}, EXECUTED)
        self.workspace_id, self.sequence = begun["workspace_id"], begun["sequence"]
        self.pgid = begun.get("pgid")
        pause = PAUSE_SECONDS_MIN
        while True:
            said = False
            told: WorkspaceLogsEntries | None = None
            for stream in STREAMS:
                # One look tells how much there is of both.
                if told is None or told["stderr_bytes"] > self._read["stderr"]:
                    told, output = yield from self._page(stream)
                    said = said or output is not None
                    if output is not None:
                        yield output
            assert told is not None
            self.pgid = told.get("pgid") or self.pgid
            if told["state"] == "ended" and self._read_all(told):
                self.result = told
                return
            pause = PAUSE_SECONDS_MIN if said else min(pause * PAUSE_GROWTH, PAUSE_SECONDS_MAX)
            if told["state"] == "running" and not said:
                yield Pause(pause)

    def _read_all(self, told: WorkspaceLogsEntries) -> bool:
        return told["stdout_bytes"] <= self._read["stdout"] and told["stderr_bytes"] <= self._read["stderr"]

    def _page(
        self, stream: Literal["stdout", "stderr"]
    ) -> Generator[Step, Any, tuple[WorkspaceLogsEntries, Output | None]]:
        begin = self._read[stream]
        entry, page, end = yield from self._look(stream, begin, PAGE_BYTES)
        at_end = "next_offset" not in page
        # Half a character may be there by now: the page before it says where it begins.
        if at_end and entry["state"] == "running" and page["text"].endswith("\ufffd") and end - page["offset"] > 1:
            entry, page, end = yield from self._look(stream, begin, end - page["offset"] - 1)
        self._read[stream] = max(begin, end)
        if not page["text"] and not page.get("skipped_bytes"):
            return entry, None
        return entry, Output(stream, page["text"], page["offset"], page.get("skipped_bytes", 0))

    def _look(self, stream: str, offset: int, most: int) -> Generator[Step, Any, tuple[Any, Any, int]]:
        arguments = {
            "workspace_id": self.workspace_id,
            "sequence": self.sequence,
            "stream": stream,
            "offset": offset,
            "output_bytes": most,
            "ansi": self.ansi,
        }
        looked: WorkspaceLogsResult = yield Call("workspace_logs", arguments, LOOKED)
        (entry,) = looked["entries"]
        page = looked.get("page")
        if page is None:
            raise PyroError("internal", "the answer of workspace_logs lacks page", "upgrade pyro")
        written = entry["stdout_bytes"] if stream == "stdout" else entry["stderr_bytes"]
        return entry, page, page.get("next_offset", written)

    def killing(self) -> Generator[Call, Any, None]:
        """The calls that end the command and all it started in its process group."""
        if self.sequence is None or self.result is not None:
            return
        look = {"workspace_id": self.workspace_id, "sequence": self.sequence, "output_bytes": 0}
        looked: WorkspaceLogsResult = yield Call("workspace_logs", look, LOOKED)
        (entry,) = looked["entries"]
        group = entry.get("pgid") or self.pgid
        if entry["state"] == "running" and group:
            tenths = " ".join(["."] * END_TENTHS)
            kill = (
                f"exec 2>/dev/null; kill -s TERM -- -{group}; for i in {tenths}; do "
                f"kill -s 0 -- -{group} || exit 0; sleep 0.1; done; kill -s KILL -- -{group}; exit 0"
            )
            arguments = {"workspace_id": self.workspace_id, "command": kill, "timeout_seconds": 10}
            yield Call("workspace_exec", arguments, EXECUTED)
            look = {**look, "wait_seconds": 1}
            looked = yield Call("workspace_logs", look, LOOKED)
            (entry,) = looked["entries"]
        if entry["state"] == "ended":
            self.result = entry
