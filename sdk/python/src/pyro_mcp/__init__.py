"""pyro gives LLM agents a computer of their own; this package drives the `pyro` binary, or a server elsewhere."""

from __future__ import annotations

# Before all else, because other modules tell it to servers.
__version__ = "4.0.0"

from typing import TYPE_CHECKING, Any

from ._failures import PyroError
from ._messages import OnProgress
from ._pyro import ExecStream, Pyro, Workspace
from ._server import Profile, Server, create_server
from ._streaming import Output

if TYPE_CHECKING:
    from ._async_pyro import AsyncExecStream, AsyncPyro, AsyncWorkspace

__all__ = [
    "AsyncExecStream",
    "AsyncPyro",
    "AsyncWorkspace",
    "ExecStream",
    "OnProgress",
    "Output",
    "Profile",
    "Pyro",
    "PyroError",
    "Server",
    "Workspace",
    "__version__",
    "create_server",
]


def __getattr__(name: str) -> Any:
    # Programs without an event loop need neither asyncio nor a second set of methods.
    if name in ("AsyncExecStream", "AsyncPyro", "AsyncWorkspace"):
        from . import _async_pyro

        return getattr(_async_pyro, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
