"""Prints recipes/*.toml as one JSON object, for programs without a TOML reader: file names to recipes."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

RECIPES = Path(__file__).parents[2] / "recipes"

print(json.dumps({file.stem: tomllib.loads(file.read_text()) for file in sorted(RECIPES.glob("*.toml"))}))
