"""Kills what runs, from outside, in mid-command: QEMU, the supervisor, the caller. What is told must be true, and nothing
may be left. Usage: killed.py PYRO"""

import json
import os
import signal
import subprocess
import sys
import time

PYRO = sys.argv[1]
VMS = os.path.join(os.environ["PYRO_HOME"], "vms")
LIMIT_SECONDS = 60


# Of the machine that was looked at last.
OURS = []


def look(vm):
    """Supervisor and QEMU of a machine. One that waited as a spare bears its name nowhere but in its lock."""
    supervisor = int(open(os.path.join(VMS, vm, "supervisor.lock")).read())
    (qemu,) = map(int, open(f"/proc/{supervisor}/task/{supervisor}/children").read().split())
    assert os.path.basename(os.readlink(f"/proc/{qemu}/exe")).startswith("qemu-system"), qemu
    OURS[:] = [supervisor, qemu]
    return supervisor, qemu


def alive(pid):
    try:
        return open(f"/proc/{pid}/stat").read().rsplit(") ", 1)[1][0] != "Z"
    except OSError:
        return False


def machines():
    return [name for name in os.listdir(VMS) if not name.endswith(".lock")] if os.path.isdir(VMS) else []


def gone(what):
    """Waits, within a limit, until `what()` finds nothing."""
    until = time.monotonic() + 5
    while what():
        assert time.monotonic() < until, f"left: {what()}"
        time.sleep(0.02)


def running(arguments):
    """A `pyro run` that has printed its first line."""
    command = [PYRO, "run", "debian:12", *arguments, "--", "echo before; sleep 600"]
    caller = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    line = caller.stdout.readline()
    assert line == "before\n", (line, caller.stderr.read())
    (vm,) = machines()
    look(vm)
    return caller, vm


def told(caller):
    out, err = caller.communicate(timeout=LIMIT_SECONDS)
    return caller.returncode, err


def nothing_left():
    gone(lambda: [pid for pid in OURS if alive(pid)])
    gone(machines)


def qemu_killed():
    caller, vm = running([])
    _, qemu = look(vm)
    began = time.monotonic()
    os.kill(qemu, signal.SIGKILL)
    code, err = told(caller)
    assert code == 125 and "SIGKILL" in err, (code, err)
    assert time.monotonic() - began < 3, "it took too long to be told"
    nothing_left()


def supervisor_killed():
    caller, vm = running([])
    supervisor, _ = look(vm)
    os.kill(supervisor, signal.SIGKILL)
    code, err = told(caller)
    assert code == 125 and "supervisor" in err, (code, err)
    nothing_left()


def caller_killed():
    caller, vm = running([])
    caller.kill()
    caller.communicate()
    nothing_left()


def caller_interrupted():
    caller, vm = running([])
    caller.send_signal(signal.SIGINT)
    code, _ = told(caller)
    assert code == 130, code
    nothing_left()


def interrupted_while_nobody_reads():
    command = [PYRO, "run", "debian:12", "--", "yes"]
    caller = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert caller.stdout.readline() == "y\n"
    (vm,) = machines()
    look(vm)
    caller.send_signal(signal.SIGINT)
    # Its output stays unread: it must end all the same.
    assert caller.wait(timeout=LIMIT_SECONDS) == 130, caller.returncode
    caller.stdout.close()
    caller.stderr.close()
    nothing_left()


def stopped_machine_is_told():
    made = subprocess.run([PYRO, "vm", "create", "debian:12", "--json"], check=True, capture_output=True, text=True)
    vm = json.loads(made.stdout)["vm_id"]
    subprocess.run([PYRO, "vm", "start", vm], check=True, capture_output=True)
    supervisor, _ = look(vm)
    os.kill(supervisor, signal.SIGKILL)
    gone(lambda: [pid for pid in OURS if alive(pid)])
    status = subprocess.run([PYRO, "vm", "status", vm, "--json"], check=True, capture_output=True, text=True)
    status = json.loads(status.stdout)
    assert (status["state"], status["ended"]["cause"]) == ("stopped", "supervisor_lost"), status
    again = subprocess.run([PYRO, "vm", "start", vm, "--json"], check=True, capture_output=True, text=True)
    assert json.loads(again.stdout)["state"] == "started"
    ran = subprocess.run([PYRO, "vm", "exec", vm, "--", "echo after"], check=True, capture_output=True, text=True)
    assert ran.stdout == "after\n", ran
    nothing_left()


CASES = [
    qemu_killed,
    supervisor_killed,
    caller_killed,
    caller_interrupted,
    interrupted_while_nobody_reads,
    stopped_machine_is_told,
]
for case in CASES:
    case()
    print(f"{case.__name__}: as it should be")
