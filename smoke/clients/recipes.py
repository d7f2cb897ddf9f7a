"""Every recipe, from the command line and through pyro's own SDK: the calls and checks of recipes/*.toml as they stand.
Over MCP, `pyro smoke` runs them. Usage: recipes.py PYRO"""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from pathlib import Path

import recipe
import ways

(pyro,) = sys.argv[1:]
WAYS = {"cli": ways.command_line, "sdk": ways.own_sdk, "async sdk": ways.own_async_sdk}
asyncio.run(recipe.every(Path(__file__).parents[2] / "recipes", {name: partial(way, pyro) for name, way in WAYS.items()}))
