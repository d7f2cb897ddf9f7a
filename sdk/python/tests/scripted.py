"""A `pyro` that is a script: what it answers, a test says."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

SCRIPT = '''#!{python}
import json, sys
if "--version" in sys.argv:
    print("pyro {version}")
    sys.exit()
if not {serves}:
    sys.exit("no such profile")
for line in sys.stdin:
    asked = json.loads(line)
    if "id" not in asked:
        continue
    result = {{"serverInfo": {{"name": "pyro", "version": "{version}"}}}}
    if asked["method"] == "tools/call":
        result = {{"structuredContent": json.loads({told!r})}}
    print(json.dumps({{"jsonrpc": "2.0", "id": asked["id"], "result": result}}), flush=True)
'''


def pyro(place: str, told: dict[str, Any], version: str = "4.0.0", serves: bool = True) -> str:
    """Writes one that answers every call with `told`; answers its path."""
    path = Path(place) / "pyro"
    path.write_text(SCRIPT.format(python=sys.executable, version=version, told=json.dumps(told), serves=serves))
    path.chmod(0o755)
    return str(path)
