"""Build hook: makes the wheel carry `pyro` and `pyro-guest`, from the directory that PYRO_WHEEL_BINARIES names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BINARIES = ("pyro", "pyro-guest")


class Binaries(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        place = os.environ.get("PYRO_WHEEL_BINARIES")
        if not place or self.target_name != "wheel":
            return
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{os.environ['PYRO_WHEEL_PLATFORM']}"
        # These land in the `bin` of wherever it is installed, beside each other.
        build_data["shared_scripts"] = {str(Path(place) / name): name for name in BINARIES}
