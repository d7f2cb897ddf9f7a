"""A workspace that may reach one host, a web server in it that this host sees, and a secret nobody is told.

    python3 -m pip install ./sdk/python
    python3 examples/python_network.py
"""

from __future__ import annotations

import urllib.request

from pyro_mcp import Pyro

SERVER = "mkdir -p site; echo hello >site/index.html; cd site; exec python3 -m http.server 8000"


def main() -> None:
    with Pyro() as pyro:
        workspace = pyro.create_workspace(
            "debian:12-build",
            network_policy="egress+published-ports",
            allow_hosts=["pypi.org"],
            secrets={"TOKEN": "not-to-be-told"},
        )["workspace_id"]
        try:
            service = pyro.start_service(
                workspace, "web", command=SERVER, ready_tcp="8000", published_ports=["8000"]
            )
            port = service["published_ports"][0]["host_port"]
            direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with direct.open(f"http://127.0.0.1:{port}/", timeout=20) as page:
                print("the server says:", page.read().decode().strip())

            result = pyro.exec_workspace(workspace, command="curl -sS https://example.com/")
            for denied in result.get("egress_denied", []):
                print("refused:", denied["host"], denied["rule"], "- permitted by", denied.get("allow"))

            result = pyro.exec_workspace(workspace, command='echo "token: $T"', secret_env={"TOKEN": "T"})
            print(result["stdout"].strip())
        finally:
            pyro.delete_workspace(workspace)


if __name__ == "__main__":
    main()
