"""The client against real processes: answers, failures, threads, progress, death."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest import mock

from pyro_mcp import Pyro, PyroError, create_server
from pyro_mcp._client import Client, Process

# A program with tools that wait and fail on demand; the repository's tests name it.
OWN_TOOLS = os.environ.get("PYRO_OWN_TOOLS")


class WithTheRealBinary(unittest.TestCase):
    def setUp(self) -> None:
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        self.home = home.name

    def test_paths_of_the_host_begin_where_the_caller_is(self) -> None:
        before = os.getcwd()
        self.addCleanup(os.chdir, before)
        with Pyro(home=self.home) as pyro:
            pyro.list_workspaces()
            os.chdir(self.home)
            for path in ("nowhere", Path("nowhere")):
                with self.assertRaises(PyroError) as caught:
                    pyro.create_workspace("debian:12", seed_path=path)
                self.assertEqual(caught.exception.code, "missing")
                self.assertIn(os.path.join(os.getcwd(), "nowhere"), caught.exception.message)

    def test_a_failure_has_code_message_and_hint(self) -> None:
        with Pyro(home=self.home) as pyro, self.assertRaises(PyroError) as caught:
            pyro.run_in_vm("debian:12", command="true", vcpu_count=99)
        self.assertEqual(caught.exception.code, "invalid")
        self.assertIn("`vcpu_count` must be from 1 to 8, not 99", caught.exception.message)
        self.assertIn("environment (required)", caught.exception.hint)
        again = pickle.loads(pickle.dumps(caught.exception))
        self.assertEqual((again.code, again.message), (caught.exception.code, caught.exception.message))

    def test_every_promised_name_is_there(self) -> None:
        for name in (
            "run_in_vm create_vm start_vm exec_vm stop_vm delete_vm status_vm network_info_vm reap_expired create_server close"
        ).split():
            self.assertTrue(callable(getattr(Pyro, name)), name)

    def test_a_model_calls_what_its_profile_shows_and_no_more(self) -> None:
        with Pyro(home=self.home, profile="workspace-core") as pyro:
            self.assertEqual(pyro.call("workspace_list", {})["count"], 0)
            shown = [(tool, tool["parameters"]) for tool in pyro.functions("openai")]
            shown_too = [(tool, tool["input_schema"]) for tool in pyro.functions("anthropic")]
            for list_of_api in (shown, shown_too):
                tools = {tool["name"]: schema["properties"] for tool, schema in list_of_api}
                self.assertNotIn("workspace_shell_open", tools)
                self.assertNotIn("secret_env", tools["workspace_create"])
            for tool, arguments in (
                ("workspace_shell_open", {"workspace_id": "x"}),
                ("workspace_create", {"environment": "debian:12", "secret_env": ["HOME"]}),
            ):
                with self.assertRaises(PyroError) as caught:
                    pyro.call(tool, arguments)
                self.assertIn(caught.exception.code, ("denied", "invalid"), tool)

    def test_a_server_serves(self) -> None:
        server = create_server("vm-run")
        process = server.start()
        hello = b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18",' \
            b'"capabilities":{},"clientInfo":{"name":"t","version":"0"}}}\n'
        out, _ = process.communicate(hello, timeout=20)
        self.assertIn(b'"serverInfo"', out)

    def test_a_missing_binary_is_said(self) -> None:
        with self.assertRaises(PyroError) as caught:
            Pyro(binary="/nonexistent/pyro")
        self.assertEqual(caught.exception.code, "unavailable")
        with mock.patch.dict(os.environ, {"PATH": "", "PYRO_BIN": ""}), self.assertRaises(PyroError):
            Pyro()


@unittest.skipUnless(OWN_TOOLS, "PYRO_OWN_TOOLS names no program")
class WithToolsThatObey(unittest.TestCase):
    def setUp(self) -> None:
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        self.pyro = Pyro(binary=OWN_TOOLS, home=home.name)
        self.addCleanup(self.pyro.close)

    def wait(self, on_progress: Any = None, **arguments: Any) -> Any:
        return self.pyro._call("toy_wait", {"say": "hi", **arguments}, on_progress)

    def pid(self) -> int:
        client = self.pyro._client
        assert isinstance(client, Client)
        process = client._process
        assert isinstance(process, Process)
        return process.child.pid

    def test_threads_share_one_process(self) -> None:
        begun = time.monotonic()
        with ThreadPoolExecutor(20) as threads:
            said = list(threads.map(lambda number: self.wait(say=str(number), wait_ms=500)["said"], range(20)))
        self.assertEqual(said, [str(number) for number in range(20)])
        self.assertLess(time.monotonic() - begun, 6)

    def test_progress_arrives(self) -> None:
        seen: list[tuple[str, float | None]] = []
        self.wait(lambda step, fraction: seen.append((step, fraction)), wait_ms=100)
        self.assertEqual(seen, [("waiting", 0.5)])

    def test_an_exception_in_progress_cancels_the_call(self) -> None:
        def stop(step: str, fraction: float | None) -> None:
            raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            self.wait(stop, wait_ms=30000)
        self.assertEqual(self.wait()["said"], "hi")

    def test_death_in_mid_call_is_said_and_the_next_call_works(self) -> None:
        self.wait()
        pid = self.pid()
        threading.Timer(0.5, lambda: os.kill(pid, signal.SIGKILL)).start()
        with self.assertRaises(PyroError) as caught:
            self.wait(wait_ms=30000)
        self.assertEqual(caught.exception.code, "unavailable")
        self.assertIn("ended in mid-call (exit status -9)", caught.exception.message)
        self.assertEqual(self.wait()["said"], "hi")
        self.assertNotEqual(self.pid(), pid)

    def test_closing_ends_the_process_and_a_later_call_starts_one(self) -> None:
        self.wait()
        pid = self.pid()
        self.pyro.close()
        with self.assertRaises(ProcessLookupError):
            os.kill(pid, 0)
        self.assertEqual(self.wait()["said"], "hi")

    def test_a_program_that_forgets_to_close_ends(self) -> None:
        script = "import os; from pyro_mcp import Pyro; p = Pyro(binary=os.environ['PYRO_OWN_TOOLS']); " \
            "p._call('toy_wait', {'say': 'x'}, None)"
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=20, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))


if __name__ == "__main__":
    unittest.main()
