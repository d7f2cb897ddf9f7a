"""Every recipe through the package that is installed, which finds its binary itself. Usage: recipes_sdk.py RECIPES"""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from pathlib import Path

import recipe
from own_way import own_sdk

asyncio.run(recipe.every(Path(sys.argv[1]), {"Pyro": partial(own_sdk, None)}))
