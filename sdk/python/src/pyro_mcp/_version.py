"""The version of this package, and which versions of pyro it gets along with."""

from __future__ import annotations

import re

from ._failures import PyroError

VERSION = "4.0.0"


def numbers(text: str) -> tuple[int, int] | None:
    """Major and minor of the first version in a text."""
    found = re.search(r"(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else None


def check(where: str, version: str | None) -> None:
    """Refuses a server that is not pyro, is older than this package, or is of a later major version."""
    theirs, ours = numbers(version or ""), numbers(VERSION)
    if theirs is None or ours is None:
        raise PyroError("unavailable", f"{where} does not answer as pyro does", "name the pyro binary or its server")
    if theirs < ours:
        hint = f"upgrade pyro to {VERSION} or later, or install pyro-mcp {theirs[0]}.{theirs[1]}"
        raise PyroError("unavailable", f"{where} is pyro {version}, older than this package ({VERSION})", hint)
    if theirs[0] > ours[0]:
        hint = f"upgrade this package: pip install 'pyro-mcp=={theirs[0]}.*'"
        raise PyroError("unavailable", f"{where} is pyro {version}, and this package ({VERSION}) does not know it", hint)
