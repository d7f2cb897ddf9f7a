"""`AsyncPyro` over a process: tasks, progress, cancellation, death; and that it has what `Pyro` has."""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
import tempfile
import unittest

from pyro_mcp import AsyncPyro, AsyncWorkspace, Pyro, PyroError, Workspace
from pyro_mcp._client import Client, Process

# A program with tools that wait and fail on demand; the repository's tests name it.
OWN_TOOLS = os.environ.get("PYRO_OWN_TOOLS")


class Surface(unittest.TestCase):
    def test_whatever_waits_can_be_awaited_with_the_same_arguments(self) -> None:
        for waits, awaited in ((Pyro, AsyncPyro), (Workspace, AsyncWorkspace)):
            names = [name for name in dir(waits) if not name.startswith("_") and name != "create_server"]
            self.assertGreater(len(names), 5)
            for name in names:
                ours, theirs = getattr(waits, name), getattr(awaited, name)
                if callable(ours):
                    self.assertEqual(list(inspect.signature(ours).parameters), list(inspect.signature(theirs).parameters), name)


class WithTheRealBinary(unittest.IsolatedAsyncioTestCase):
    async def test_tasks_share_one_process_and_failures_are_raised(self) -> None:
        with tempfile.TemporaryDirectory() as home:
            async with AsyncPyro(home=home) as pyro:
                told = await asyncio.gather(*(pyro.list_workspaces() for _ in range(50)))
                self.assertEqual({one["count"] for one in told}, {0})
                with self.assertRaises(PyroError) as caught:
                    await pyro.run_in_vm("debian:12", command="true", vcpu_count=99)
                self.assertEqual(caught.exception.code, "invalid")
                self.assertTrue(await pyro.functions("openai"))


@unittest.skipUnless(OWN_TOOLS, "PYRO_OWN_TOOLS names no program")
class WithToolsThatObey(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        self.pyro = AsyncPyro(binary=OWN_TOOLS, home=home.name)
        self.addAsyncCleanup(self.pyro.close)

    def process(self) -> Process:
        client = self.pyro._client
        assert isinstance(client, Client)
        assert client._process is not None
        return client._process

    async def test_progress_arrives_and_a_large_argument_too(self) -> None:
        seen: list[tuple[str, float | None]] = []
        large = "x" * 100_000
        said = await self.pyro.call("toy_wait", {"say": large, "wait_ms": 50}, lambda *step: seen.append(step))
        self.assertEqual((said["said"], seen), (large, [("waiting", 0.5)]))

    async def test_a_canceled_task_takes_its_call_back(self) -> None:
        begun = asyncio.Event()
        call = self.pyro.call("toy_wait", {"say": "hi", "wait_ms": 30000}, lambda *_: begun.set())
        task = asyncio.create_task(call)
        await asyncio.wait_for(begun.wait(), 10)
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        self.assertEqual((await self.pyro.call("toy_wait", {"say": "again"}))["said"], "again")
        self.assertEqual(self.process().waiting, {})

    async def test_death_in_mid_call_is_said_and_the_next_call_works(self) -> None:
        def kill(step: str, fraction: float | None) -> None:
            os.kill(self.process().child.pid, signal.SIGKILL)

        with self.assertRaises(PyroError) as caught:
            await self.pyro.call("toy_wait", {"say": "hi", "wait_ms": 30000}, kill)
        self.assertEqual(caught.exception.code, "unavailable")
        self.assertEqual((await self.pyro.call("toy_wait", {"say": "again"}))["said"], "again")


if __name__ == "__main__":
    unittest.main()
