"""Which versions of pyro this package gets along with."""

from __future__ import annotations

import re

from . import __version__
from ._failures import PyroError


def numbers(text: str) -> tuple[int, int] | None:
    """Major and minor of the first version in a text."""
    found = re.search(r"(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else None


def check(where: str, version: str | None) -> None:
    """Refuses a server that is not pyro, is older than this package, or is of a later major version."""
    theirs, ours = numbers(version or ""), numbers(__version__)
    if theirs is None or ours is None:
        raise PyroError("unavailable", f"{where} does not answer as pyro does", "name the pyro binary or its server")
    if theirs < ours:
        hint = f"upgrade pyro to {__version__} or later, or install pyro-mcp {theirs[0]}.{theirs[1]}"
        raise PyroError("unavailable", f"{where} is pyro {version}, older than this package ({__version__})", hint)
    if theirs[0] > ours[0]:
        hint = f"upgrade this package: pip install 'pyro-mcp=={theirs[0]}.*'"
        raise PyroError("unavailable", f"{where} is pyro {version}, and this package ({__version__}) does not know it", hint)
