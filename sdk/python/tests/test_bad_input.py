"""Binaries that are missing, old, something else or not permitted; answers with more or less than was known."""

from __future__ import annotations

import os
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

import scripted

from pyro_mcp import Pyro, PyroError, __version__, create_server

LIST = {"count": 0, "workspaces": []}


class BadInput(unittest.TestCase):
    def setUp(self) -> None:
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = place.name

    def refused(self, binary: str) -> PyroError:
        with Pyro(binary=binary) as pyro, self.assertRaises(PyroError) as caught:
            pyro.list_workspaces()
        return caught.exception

    def test_a_missing_binary_is_said_with_the_way_to_install_it(self) -> None:
        environment = {"PATH": "", "PYRO_BIN": ""}
        with mock.patch.dict(os.environ, environment), mock.patch("pyro_mcp._binary._places", return_value=[]):
            with self.assertRaises(PyroError) as caught:
                Pyro()
        self.assertEqual(caught.exception.code, "unavailable")
        self.assertIn("pip install", caught.exception.hint)

    def test_an_older_binary_is_refused_whether_it_greets_or_not(self) -> None:
        for serves in (True, False):
            error = self.refused(scripted.pyro(self.place, LIST, version="3.11.0", serves=serves))
            self.assertEqual(error.code, "unavailable")
            self.assertIn("is pyro 3.11.0, older than this package", error.message)
            self.assertIn("upgrade pyro", error.hint)

    def test_a_later_minor_version_is_fine_and_a_later_major_one_is_not(self) -> None:
        with Pyro(binary=scripted.pyro(self.place, LIST, version="4.7.1")) as pyro:
            self.assertEqual(pyro.list_workspaces()["count"], 0)
        self.assertIn("does not know it", self.refused(scripted.pyro(self.place, LIST, version="5.0.0")).message)

    def test_something_else_is_no_pyro(self) -> None:
        for binary in ("/bin/cat", "/bin/true"):
            error = self.refused(binary)
            self.assertEqual(error.code, "unavailable", error)
            self.assertIn(binary, error.message)

    def test_no_permission_is_said(self) -> None:
        path = Path(scripted.pyro(self.place, LIST))
        path.chmod(0o644)
        with self.assertRaises(PyroError) as caught:
            Pyro(binary=path)
        self.assertEqual(caught.exception.code, "denied")
        self.assertIn("chmod +x", caught.exception.hint)
        path.chmod(0o755)
        with mock.patch("subprocess.Popen", side_effect=PermissionError(13, "Permission denied")):
            self.assertEqual(self.refused(str(path)).code, "denied")

    def test_new_fields_are_let_be_and_missing_ones_named(self) -> None:
        with Pyro(binary=scripted.pyro(self.place, {**LIST, "mood": "good"})) as pyro:
            self.assertEqual(pyro.list_workspaces()["count"], 0)
        error = self.refused(scripted.pyro(self.place, {"count": 0}))
        self.assertEqual(error.code, "internal")
        self.assertIn("workspace_list lacks workspaces", error.message)

    def test_contradicting_arguments_are_refused(self) -> None:
        wrong: list[dict[str, Any]] = [{"token": "x"}, {"url": "http://x", "home": "/"}, {"url": "ftp://x"}, {"url": "x"}]
        for arguments in wrong:
            with self.assertRaises(PyroError) as caught:
                Pyro(**arguments)
            self.assertEqual(caught.exception.code, "invalid")
        with self.assertRaises(PyroError):
            create_server("everything")  # type: ignore[arg-type]

    def test_the_version_is_the_packages(self) -> None:
        project = (Path(__file__).parents[1] / "pyproject.toml").read_text()
        self.assertIn(f'\nversion = "{__version__}"\n', project)


if __name__ == "__main__":
    unittest.main()
