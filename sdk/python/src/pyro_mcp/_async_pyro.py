"""`AsyncPyro`: the same as `Pyro`, awaited. Cancelling a task takes its call back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, cast

from . import _streaming
from ._async_api import AsyncApi
from ._failures import PyroError
from ._messages import OnProgress, StrPath
from ._pyro import NEVER_YIELD_SECONDS, client_for, functions_for, reading_whole
from ._server import Profile
from ._streaming import Output

if TYPE_CHECKING:
    from .results import (
        WorkspaceDiffResult,
        WorkspaceExecResult,
        WorkspaceExportResult,
        WorkspaceFileWriteResult,
        WorkspaceLogsEntries,
        WorkspacePatchApplyResult,
        WorkspaceResetResult,
    )


class AsyncPyro(AsyncApi):
    """Every tool as a coroutine. Tasks may share it; close it, or use it in an `async with` block.

    Canceling a task ends its call, and a command that the call runs. Arguments are those of `Pyro`.
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
        self._profile = profile
        self._client = client_for(url, token, binary, home, profile)

    async def call(
        self, tool: str, arguments: Mapping[str, Any], on_progress: OnProgress | None = None
    ) -> dict[str, Any]:
        """Calls a tool by its name, e.g. `workspace_exec`, as models do."""
        return cast("dict[str, Any]", await self._call(tool, arguments, on_progress))

    async def functions(self, api: Literal["openai", "anthropic"]) -> list[dict[str, Any]]:
        """The tools of the profile as function definitions: `tools` of a request to that API."""
        return await asyncio.to_thread(functions_for, self._client, self._profile, api)

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
    ) -> AsyncExecStream:
        """Runs a command and iterates over its output while it runs, as `Pyro.stream` does, with `async for`.

        `async with` ends the command at once when its block is left; so does canceling the task. A loop that is left by
        `break` without it ends the command as soon as the event loop collects the iterator.
        """
        arguments = {"workspace_id": workspace_id, "command": command, "cwd": cwd, "env": env, "secret_env": secret_env,
                     "stdin": stdin, "timeout_seconds": timeout_seconds}
        return AsyncExecStream(self, _streaming.Following(workspace_id, arguments, ansi))

    def workspace(
        self, environment: str = "debian:12", *, seed_path: StrPath | None = None, **options: Any
    ) -> AsyncWorkspace:
        """A workspace for an `async with` block, which creates it and deletes it however it is left."""
        return AsyncWorkspace(self, environment, seed_path, options)

    async def seed_from(self, path: StrPath) -> str:
        """Uploads a directory or a tar, as `Pyro.seed_from` does. Only over HTTP."""
        self._elsewhere("seed_from", "seed_path and source_path name a directory of this host")
        from . import _transfer

        opened = await self.open_upload()
        await asyncio.to_thread(_transfer.upload, opened["url"], path)
        return opened["upload_id"]

    async def fetch(self, download: Mapping[str, Any], to: StrPath, *, unpack: bool = False) -> Path:
        """Fetches the `download` of a result, as `Pyro.fetch` does. Only over HTTP."""
        self._elsewhere("fetch", "output_path names a path of this host")
        from . import _transfer

        return await asyncio.to_thread(_transfer.download, download["url"], Path(to), unpack)

    async def close(self) -> None:
        """Ends the process or the connections behind it; calls under way fail. A later call starts anew."""
        await asyncio.to_thread(self._client.close)

    async def __aenter__(self) -> AsyncPyro:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _elsewhere(self, method: str, instead: str) -> None:
        if not self._client.remote:
            raise PyroError("invalid", f"{method} is for callers elsewhere", instead)

    async def _call(
        self, tool: str, arguments: Mapping[str, Any], on_progress: OnProgress | None, always: Sequence[str] = ()
    ) -> Any:
        return await self._client.acall(tool, arguments, on_progress, always)


class AsyncExecStream:
    """The output of a command that runs; see `AsyncPyro.stream`."""

    def __init__(self, pyro: AsyncPyro, following: _streaming.Following) -> None:
        self._pyro = pyro
        self._following = following
        self._pieces = self._followed()

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

    def __aiter__(self) -> AsyncGenerator[Output, None]:
        return self._pieces

    async def aclose(self) -> None:
        """Ends the command, if it has not ended."""
        await self._pieces.aclose()

    async def __aenter__(self) -> AsyncExecStream:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _followed(self) -> AsyncGenerator[Output, None]:
        steps, answer = self._following.steps(), None
        try:
            while True:
                try:
                    step = steps.send(answer)
                except StopIteration:
                    return
                answer = None
                if isinstance(step, Output):
                    yield step
                elif isinstance(step, _streaming.Pause):
                    await asyncio.sleep(step.seconds)
                else:
                    answer = await self._pyro._call(step.tool, step.arguments, None, step.always)
        finally:
            with contextlib.suppress(PyroError):
                await self._killed()

    async def _killed(self) -> None:
        killing, answer = self._following.killing(), None
        while True:
            try:
                step = killing.send(answer)
            except StopIteration:
                return
            answer = await self._pyro._call(step.tool, step.arguments, None, step.always)


class AsyncWorkspace:
    """A workspace that is deleted at the end of its `async with` block. `id` goes to any method of `AsyncPyro`."""

    def __init__(self, pyro: AsyncPyro, environment: str, seed_path: StrPath | None, options: dict[str, Any]) -> None:
        self.pyro = pyro
        self._environment = environment
        self._seed_path = seed_path
        self._options = options
        self._id: str | None = None

    @property
    def id(self) -> str:
        if self._id is None:
            raise PyroError("conflict", "the workspace is not there yet", "use it in an `async with` block")
        return self._id

    async def exec(self, command: str, *, timeout_seconds: int = 30, **options: Any) -> WorkspaceExecResult:
        """Runs a command to its end; `options` are those of `exec_workspace`."""
        options = {"yield_seconds": NEVER_YIELD_SECONDS, **options}
        return await self.pyro.exec_workspace(self.id, command=command, timeout_seconds=timeout_seconds, **options)

    def stream(self, command: str, *, timeout_seconds: int = 30, **options: Any) -> AsyncExecStream:
        """Runs a command and iterates over its output; see `AsyncPyro.stream`."""
        return self.pyro.stream(self.id, command, timeout_seconds=timeout_seconds, **options)

    async def read_file(self, path: str) -> str:
        """A text file's whole content."""
        reading, answer = reading_whole(self.id, path), None
        while True:
            try:
                options = reading.send(answer)
            except StopIteration as whole:
                return str(whole.value)
            answer = await self.pyro.read_workspace_file(self.id, path, **options)

    async def write_file(self, path: str, text: str) -> WorkspaceFileWriteResult:
        """Writes a whole text file; missing directories are made."""
        return await self.pyro.write_workspace_file(self.id, path, text=text)

    async def apply_patch(self, patch: str) -> WorkspacePatchApplyResult:
        """Applies a git or unified diff: all files or none."""
        return await self.pyro.apply_workspace_patch(self.id, patch=patch)

    async def diff(self, **options: Any) -> WorkspaceDiffResult:
        """What changed since creation; `options` are those of `diff_workspace`."""
        return await self.pyro.diff_workspace(self.id, **options)

    async def export(self, path: str, to: StrPath) -> WorkspaceExportResult:
        """Copies a file or directory to a new path of this host, wherever the workspace is."""
        if not self.pyro._client.remote:
            return await self.pyro.export_workspace(self.id, path, output_path=to)
        exported = await self.pyro.export_workspace(self.id, path)
        if "download" not in exported:
            raise PyroError("internal", "the answer of workspace_export lacks download", "upgrade pyro")
        await self.pyro.fetch(exported["download"], to, unpack=exported["artifact_type"] == "directory")
        return exported

    async def reset(self, *, snapshot: str | None = None) -> WorkspaceResetResult:
        """Goes back to how it began, or to a snapshot."""
        return await self.pyro.reset_workspace(self.id, snapshot=snapshot)

    async def __aenter__(self) -> AsyncWorkspace:
        options = dict(self._options)
        if self._seed_path is not None:
            remote = self.pyro._client.remote
            name = "seed_upload_id" if remote else "seed_path"
            options[name] = await self.pyro.seed_from(self._seed_path) if remote else self._seed_path
        self._id = (await self.pyro.create_workspace(self._environment, **options))["workspace_id"]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self.pyro.delete_workspace(self.id)
        except PyroError as failure:
            # Somebody else may have deleted it; and what ended the block matters more.
            if failure.code != "missing" and error is None:
                raise
