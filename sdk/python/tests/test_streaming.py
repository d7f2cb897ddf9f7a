"""Streams against a scripted command: pieces, halves of characters, both streams, ends."""

from __future__ import annotations

import asyncio
import unittest
from collections.abc import Callable
from typing import Any

from pyro_mcp import AsyncPyro, Output, Pyro, PyroError
from pyro_mcp._streaming import Following


class Command:
    """Tells of one command as a workspace would: each look finds the next state of its output, until it has ended."""

    def __init__(self, *states: tuple[bytes, bytes], ends: bool = True) -> None:
        self.states = list(states)
        self.ends = ends
        self.killed: list[str] = []
        self.calls: list[tuple[str, Any]] = []
        self.stdout, self.stderr = b"", b""

    def call(self, tool: str, arguments: Any) -> Any:
        self.calls.append((tool, arguments))
        if tool == "workspace_exec":
            if arguments.get("yield_seconds") != 0:
                self.killed.append(arguments["command"])
                return {}
            return {"workspace_id": "ws-x", "sequence": 7, "pgid": 42, "state": "running"}
        if arguments.get("stream") == "stdout" and "offset" in arguments and arguments["output_bytes"] == 98304 and self.states:
            self.stdout, self.stderr = self.states.pop(0)
        ended = bool(self.killed) or (self.ends and not self.states)
        entry: dict[str, Any] = {"state": "ended" if ended else "running", "stdout_bytes": len(self.stdout), "stderr_bytes": len(self.stderr)}
        if ended:
            entry["exit_code"] = 143 if self.killed else 0
        told: dict[str, Any] = {"entries": [entry]}
        if "offset" in arguments:
            written = self.stdout if arguments["stream"] == "stdout" else self.stderr
            begin = arguments["offset"]
            piece = written[begin:begin + arguments["output_bytes"]]
            page: dict[str, Any] = {"stream": arguments["stream"], "offset": begin}
            if begin + len(piece) < len(written):
                # As pages do that are not the last: only whole characters.
                piece = piece.decode(errors="ignore").encode()
                page["next_offset"] = begin + len(piece)
            told["page"] = {**page, "text": piece.decode(errors="replace")}
        return told


def driven(command: Command) -> tuple[list[Output], Any]:
    """The pieces as both drivers hand them out, which must be the same."""

    class Sync(Pyro):
        def __init__(self) -> None:
            pass

        def _call(self, tool: str, arguments: Any, on_progress: Any, always: Any = ()) -> Any:
            return command.call(tool, arguments)

    stream = Sync().stream("ws-x", "make")
    return list(stream), stream.result


class Streams(unittest.TestCase):
    def test_pieces_of_both_streams_come_in_order_until_the_end(self) -> None:
        pieces, result = driven(Command((b"a", b""), (b"ab", b"E"), (b"ab", b"E"), (b"abc", b"EF")))
        self.assertEqual([(piece.stream, piece.text, piece.offset) for piece in pieces],
                         [("stdout", "a", 0), ("stdout", "b", 1), ("stderr", "E", 0), ("stdout", "c", 2), ("stderr", "F", 1)])
        self.assertEqual(result["exit_code"], 0)

    def test_half_a_character_waits_for_its_other_half(self) -> None:
        pieces, _ = driven(Command(("aä".encode()[:2], b""), ("aäb".encode(), b"")))
        self.assertEqual([piece.text for piece in pieces], ["a", "äb"])

    def test_more_than_a_page_comes_whole(self) -> None:
        pieces, _ = driven(Command((b"x" * 250_000, b"")))
        self.assertEqual(sum(len(piece.text) for piece in pieces), 250_000)

    def test_leaving_the_loop_ends_the_command_once(self) -> None:
        for leave in (self.leave_by_break, self.leave_by_exception, self.leave_a_block):
            command = Command((b"a", b""), (b"ab", b""), ends=False)
            leave(command)
            self.assertEqual(len(command.killed), 1, leave)
            self.assertIn("kill -s TERM -- -42", command.killed[0])

    def pyro(self, command: Command) -> Pyro:
        class Sync(Pyro):
            def __init__(self) -> None:
                pass

            def _call(self, tool: str, arguments: Any, on_progress: Any, always: Any = ()) -> Any:
                return command.call(tool, arguments)

        return Sync()

    def leave_by_break(self, command: Command) -> None:
        for _ in self.pyro(command).stream("ws-x", "make"):
            break

    def leave_by_exception(self, command: Command) -> None:
        with self.assertRaises(KeyboardInterrupt):
            for _ in self.pyro(command).stream("ws-x", "make"):
                raise KeyboardInterrupt

    def leave_a_block(self, command: Command) -> None:
        with self.pyro(command).stream("ws-x", "make") as stream:
            next(stream)
            with self.assertRaises(PyroError):
                stream.result
        self.assertEqual(stream.result["exit_code"], 143)

    def test_a_canceled_task_ends_its_command(self) -> None:
        command = Command((b"a", b""), ends=False)

        class Async(AsyncPyro):
            def __init__(self) -> None:
                pass

            async def _call(self, tool: str, arguments: Any, on_progress: Any, always: Any = ()) -> Any:
                await asyncio.sleep(0)
                return command.call(tool, arguments)

        async def follow(each: Callable[[Output], None]) -> None:
            async for piece in Async().stream("ws-x", "make"):
                each(piece)

        async def main() -> None:
            begun = asyncio.Event()
            task = asyncio.create_task(follow(lambda _: begun.set()))
            await begun.wait()
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task

        asyncio.run(asyncio.wait_for(main(), 10))
        self.assertEqual(len(command.killed), 1)

    def test_a_command_that_never_began_is_not_ended(self) -> None:
        self.assertEqual(list(Following("ws-x", {}, True).killing()), [])


if __name__ == "__main__":
    unittest.main()
