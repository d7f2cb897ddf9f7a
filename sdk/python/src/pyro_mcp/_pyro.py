"""`Pyro`: every tool as a method, and what programs want besides: streams, workspaces that go, trees from elsewhere."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import subprocess
import sys
import time
import weakref
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Union, cast

from . import _streaming
from ._api import Api
from ._binary import find_binary
from ._client import Client
from ._failures import PyroError
from ._messages import OnProgress, StrPath
from ._server import Profile, Server, create_server
from ._streaming import Output

if TYPE_CHECKING:
    from ._remote import Remote
    from .results import (
        WorkspaceDiffResult,
        WorkspaceExecResult,
        WorkspaceExportResult,
        WorkspaceFileWriteResult,
        WorkspaceLogsEntries,
        WorkspacePatchApplyResult,
        WorkspaceResetResult,
    )

# Longer than any command may run: it is waited for, wherever pyro is.
NEVER_YIELD_SECONDS = 86400


def client_for(
    url: str | None,
    token: str | None,
    binary: StrPath | None,
    home: StrPath | None,
    profile: Profile | None,
) -> Union[Client, Remote]:
    """What drives a binary here, or asks a server elsewhere."""
    if url is None:
        if token is not None:
            raise PyroError("invalid", "a token is for a server elsewhere", "give its url as well")
        environment = {} if home is None else {"PYRO_HOME": os.fspath(home)}
        return Client(find_binary(binary), environment, profile or "sdk")
    if binary is not None or home is not None:
        raise PyroError("invalid", "binary and home are of this host, url of another", "give either")
    # Here, because programs that drive a binary need none of it.
    from ._remote import Remote

    return Remote(url, token or os.environ.get("PYRO_TOKEN"), profile)


def functions_for(
    client: Union[Client, Remote], profile: Profile | None, api: Literal["openai", "anthropic"]
) -> list[dict[str, Any]]:
    """The tools of a profile as function definitions."""
    if isinstance(client, Client):
        words = [client.binary, "tools", "export", "--format", api, "--profile", profile or "workspace-core"]
        exported = subprocess.run(words, check=True, capture_output=True, text=True)
        return cast("list[dict[str, Any]]", json.loads(exported.stdout))
    tools = client.request("tools/list", {})["tools"]
    if api == "openai":
        return [
            {"type": "function", "name": tool["name"], "description": tool["description"],
             "parameters": tool["inputSchema"], "strict": False}
            for tool in tools
        ]
    names = {"name": "name", "description": "description", "input_schema": "inputSchema"}
    return [{ours: tool[theirs] for ours, theirs in names.items()} for tool in tools]


class Pyro(Api):
    """Every tool as a method. Threads may share it; close it, or use it in a `with` block.

    Without `url` it drives the `pyro` binary on this host. With `url` and `token` it asks a server elsewhere, whose
    callers have `open_upload`, `seed_upload_id`, `upload_id` and `download` in place of paths.
    """

    def __init__(
        self,
        *,
        url: str | None = None,
        token: str | None = None,
        binary: StrPath | None = None,
        home: StrPath | None = None,
        profile: Profile | None = None,
    ) -> None:
        """
        Args:
            url: A server of `pyro mcp serve --http`, e.g. `https://pyro.example.com/mcp`.
            token: What `pyro token create` printed there; default: the variable PYRO_TOKEN.
            binary: The `pyro` to drive; default: PYRO_BIN, the one of this installation, the one on PATH.
            home: Where its state lies; default: PYRO_HOME.
            profile: Only what it shows can be called: for calls that a model chooses.

        Raises:
            PyroError: `unavailable` without a binary, or with an older one, at the first call; `denied` with a wrong
                token or a binary that may not be executed.
        """
        self._profile = profile
        self._client = client_for(url, token, binary, home, profile)

    def call(self, tool: str, arguments: Mapping[str, Any], on_progress: OnProgress | None = None) -> dict[str, Any]:
        """Calls a tool by its name, e.g. `workspace_exec`, as models do."""
        return cast("dict[str, Any]", self._call(tool, arguments, on_progress))

    def functions(self, api: Literal["openai", "anthropic"]) -> list[dict[str, Any]]:
        """The tools of the profile as function definitions: `tools` of a request to that API."""
        return functions_for(self._client, self._profile, api)

    def create_server(self, profile: Profile = "workspace-core") -> Server:
        """Makes an MCP server of the same binary."""
        if not isinstance(self._client, Client):
            raise PyroError("invalid", "a server is made on its host", "leave out url, or connect hosts to the url itself")
        return create_server(profile, binary=self._client.binary)

    def stream(
        self,
        workspace_id: str,
        command: str,
        *,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        secret_env: Mapping[str, str] | None = None,
        stdin: str | None = None,
        timeout_seconds: int = 30,
        ansi: bool = True,
    ) -> ExecStream:
        """Runs a command and iterates over its output while it runs: `Output(stream, text, offset, skipped_bytes)`.

        It ends with the command, whose exit code is then in `result`. Leaving the loop, closing it, or an exception such as
        Ctrl-C ends the command and its process group, which is one more command in the history. If this process is killed,
        the command's timeout ends it. Pieces of one stream are in order; which of the two streams was first is not known.

        Args:
            timeout_seconds: It is killed after this (1-86400).
            ansi: Keep control sequences, which pieces could cut in two.

        Raises:
            PyroError: while iterating, as `exec_workspace` and `logs_workspace` do.
        """
        arguments = {"workspace_id": workspace_id, "command": command, "cwd": cwd, "env": env, "secret_env": secret_env,
                     "stdin": stdin, "timeout_seconds": timeout_seconds}
        return ExecStream(self, _streaming.Following(workspace_id, arguments, ansi))

    def workspace(
        self, environment: str = "debian:12", *, seed_path: StrPath | None = None, **options: Any
    ) -> Workspace:
        """A workspace for a `with` block, which creates it and deletes it however it is left.

        `options` are those of `create_workspace`. Elsewhere, what `seed_path` names is uploaded first.
        """
        return Workspace(self, environment, seed_path, options)

    def seed_from(self, path: StrPath) -> str:
        """Uploads a directory or a tar; answers what `seed_upload_id` and `upload_id` want. Only over HTTP.

        Streamed. Modes, times, symlinks and hard links are kept, special files left out. An upload is used up by the call
        that takes it.

        Raises:
            PyroError: `missing` for no such directory, `limit` over the server's `bytes_max`, `unavailable` where the
                connection broke off.
        """
        self._elsewhere("seed_from", "seed_path and source_path name a directory of this host")
        from . import _transfer

        opened = self.open_upload()
        _transfer.upload(opened["url"], path)
        return opened["upload_id"]

    def fetch(self, download: Mapping[str, Any], to: StrPath, *, unpack: bool = False) -> Path:
        """Fetches the `download` of a result to a new path, once. Only over HTTP.

        Streamed. A directory comes as a tar; `unpack` makes a new directory of it, and refuses what leads out of there.

        Raises:
            PyroError: `conflict` if the path exists, `missing` if it was fetched or has expired, `unavailable` where the
                connection broke off: then it can be fetched again.
        """
        self._elsewhere("fetch", "output_path names a path of this host")
        from . import _transfer

        return _transfer.download(download["url"], Path(to), unpack)

    def close(self) -> None:
        """Ends the process or the connections behind it; calls under way fail. A later call starts anew."""
        self._client.close()

    def __enter__(self) -> Pyro:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _elsewhere(self, method: str, instead: str) -> None:
        if not self._client.remote:
            raise PyroError("invalid", f"{method} is for callers elsewhere", instead)

    def _call(self, tool: str, arguments: Mapping[str, Any], on_progress: OnProgress | None, always: Sequence[str] = ()) -> Any:
        return self._client.call(tool, arguments, on_progress, always)


class ExecStream:
    """The output of a command that runs; see `Pyro.stream`."""

    def __init__(self, pyro: Pyro, following: _streaming.Following) -> None:
        self._pyro = pyro
        self._following = following
        self._steps: Generator[_streaming.Step, Any, None] | None = following.steps()
        self._answer: Any = None
        if not _OPEN:
            # After the client's own, so it comes before that.
            atexit.unregister(_close_open)
            atexit.register(_close_open)
        _OPEN.add(self)

    @property
    def sequence(self) -> int | None:
        """The command's number in the history, once it runs."""
        return self._following.sequence

    @property
    def result(self) -> WorkspaceLogsEntries:
        """How it ended: `exit_code`, `exit_reason`, `duration_ms`... Known when the iteration is over."""
        if self._following.result is None:
            raise PyroError("conflict", "the command has not ended", "iterate to the end first")
        return self._following.result

    def __iter__(self) -> Iterator[Output]:
        return self

    def __next__(self) -> Output:
        if self._steps is None:
            raise StopIteration
        try:
            while True:
                step = self._steps.send(self._answer)
                self._answer = None
                if isinstance(step, Output):
                    return step
                if isinstance(step, _streaming.Pause):
                    time.sleep(step.seconds)
                else:
                    self._answer = self._pyro._call(step.tool, step.arguments, None, step.always)
        except StopIteration:
            self._steps = None
            raise
        except BaseException:
            with contextlib.suppress(PyroError):
                self.close()
            raise

    def close(self) -> None:
        """Ends the command, if it has not ended."""
        if self._steps is None:
            return
        self._steps = None
        killing, answer = self._following.killing(), None
        with contextlib.suppress(StopIteration):
            while True:
                step = killing.send(answer)
                answer = self._pyro._call(step.tool, step.arguments, None, step.always)

    def __enter__(self) -> ExecStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(*([PyroError] if error is not None else [])):
            self.close()

    def __del__(self) -> None:
        # A loop that was left by an exception or `break` lets go of its iterator here.
        if not sys.is_finalizing():
            with contextlib.suppress(PyroError):
                self.close()


# Streams that a variable still holds when the program ends.
_OPEN: weakref.WeakSet[ExecStream] = weakref.WeakSet()


def _close_open() -> None:
    for stream in list(_OPEN):
        with contextlib.suppress(PyroError):
            stream.close()


class Workspace:
    """A workspace that is deleted at the end of its `with` block. `id` goes to any method of `Pyro`."""

    def __init__(self, pyro: Pyro, environment: str, seed_path: StrPath | None, options: dict[str, Any]) -> None:
        self.pyro = pyro
        self._environment = environment
        self._seed_path = seed_path
        self._options = options
        self._id: str | None = None

    @property
    def id(self) -> str:
        if self._id is None:
            raise PyroError("conflict", "the workspace is not there yet", "use it in a `with` block")
        return self._id

    def exec(self, command: str, *, timeout_seconds: int = 30, **options: Any) -> WorkspaceExecResult:
        """Runs a command to its end; `options` are those of `exec_workspace`."""
        options = {"yield_seconds": NEVER_YIELD_SECONDS, **options}
        return self.pyro.exec_workspace(self.id, command=command, timeout_seconds=timeout_seconds, **options)

    def stream(self, command: str, *, timeout_seconds: int = 30, **options: Any) -> ExecStream:
        """Runs a command and iterates over its output; see `Pyro.stream`."""
        return self.pyro.stream(self.id, command, timeout_seconds=timeout_seconds, **options)

    def read_file(self, path: str) -> str:
        """A text file's whole content.

        Raises:
            PyroError: `invalid` for a binary file; `export` copies it out.
        """
        reading, answer = reading_whole(self.id, path), None
        while True:
            try:
                options = reading.send(answer)
            except StopIteration as whole:
                return str(whole.value)
            answer = self.pyro.read_workspace_file(self.id, path, **options)

    def write_file(self, path: str, text: str) -> WorkspaceFileWriteResult:
        """Writes a whole text file; missing directories are made."""
        return self.pyro.write_workspace_file(self.id, path, text=text)

    def apply_patch(self, patch: str) -> WorkspacePatchApplyResult:
        """Applies a git or unified diff: all files or none."""
        return self.pyro.apply_workspace_patch(self.id, patch=patch)

    def diff(self, **options: Any) -> WorkspaceDiffResult:
        """What changed since creation; `options` are those of `diff_workspace`."""
        return self.pyro.diff_workspace(self.id, **options)

    def export(self, path: str, to: StrPath) -> WorkspaceExportResult:
        """Copies a file or directory to a new path of this host, wherever the workspace is."""
        if not self.pyro._client.remote:
            return self.pyro.export_workspace(self.id, path, output_path=to)
        exported = self.pyro.export_workspace(self.id, path)
        if "download" not in exported:
            raise PyroError("internal", "the answer of workspace_export lacks download", "upgrade pyro")
        self.pyro.fetch(exported["download"], to, unpack=exported["artifact_type"] == "directory")
        return exported

    def reset(self, *, snapshot: str | None = None) -> WorkspaceResetResult:
        """Goes back to how it began, or to a snapshot."""
        return self.pyro.reset_workspace(self.id, snapshot=snapshot)

    def __enter__(self) -> Workspace:
        options = dict(self._options)
        if self._seed_path is not None:
            remote = self.pyro._client.remote
            name = "seed_upload_id" if remote else "seed_path"
            options[name] = self.pyro.seed_from(self._seed_path) if remote else self._seed_path
        self._id = self.pyro.create_workspace(self._environment, **options)["workspace_id"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.pyro.delete_workspace(self.id)
        except PyroError as failure:
            # Somebody else may have deleted it; and what ended the block matters more.
            if failure.code != "missing" and error is None:
                raise


def reading_whole(workspace_id: str, path: str) -> Generator[dict[str, Any], Any, str]:
    """Options of the calls that read a file from its beginning to its end."""
    pieces: list[str] = []
    offset = 0
    while True:
        page = yield {"offset": offset}
        if page["binary"]:
            raise PyroError("invalid", f"{path} of {workspace_id} is no text", "export copies it out")
        pieces.append(page["content"])
        offset = page.get("next_offset")
        if offset is None:
            return "".join(pieces)
