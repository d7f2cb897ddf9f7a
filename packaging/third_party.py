"""Prints the licences of everything that is linked into the binaries: each crate's name, and its own texts once each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

PLATFORM = "x86_64-unknown-linux-gnu"
LIBC = """\
The binaries contain the GNU C Library, under the GNU Lesser General Public License 2.1 or later. Their complete source and
the way to link them again with another C library are in pyro's repository: packaging/binaries.
"""


def linked(metadata: dict) -> set[str]:
    """The ids of all packages that a binary is made of: no tools of the build, nothing of tests."""
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    names = {package["id"]: package["name"] for package in metadata["packages"]}
    found: set[str] = set()
    left = [one for one in metadata["workspace_members"] if names[one] in ("pyro-mcp", "pyro-guest")]
    while left:
        one = left.pop()
        if one in found:
            continue
        found.add(one)
        for dependency in nodes[one]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                left.append(dependency["pkg"])
    return found - set(metadata["workspace_members"])


def texts(package: dict) -> list[str]:
    folder = Path(package["manifest_path"]).parent
    names = [path for path in sorted(folder.iterdir()) if path.is_file()]
    wanted = [path for path in names if path.name.upper().startswith(("LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE"))]
    return [path.read_text(encoding="utf-8", errors="replace").strip() for path in wanted]


def main() -> None:
    words = [os.environ.get("CARGO", "cargo"), "metadata", "--format-version=1", "--locked", "--all-features"]
    metadata = json.loads(subprocess.run([*words, f"--filter-platform={PLATFORM}"], check=True, capture_output=True).stdout)
    ids = linked(metadata)
    packages = sorted((one for one in metadata["packages"] if one["id"] in ids), key=lambda one: one["name"])
    users: dict[str, list[str]] = {}
    print("pyro is linked with these libraries.\n\n" + LIBC)
    for package in packages:
        name = f"{package['name']} {package['version']}"
        print(f"{name}: {package['license'] or 'see its file'}")
        for text in texts(package):
            users.setdefault(text, []).append(name)
    for text, names in users.items():
        print("\n" + "-" * 100 + "\n" + ", ".join(names) + ":\n\n" + text)


if __name__ == "__main__":
    sys.exit(main())
