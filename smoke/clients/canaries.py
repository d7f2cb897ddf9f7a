"""A canary in every kind of secret: workloads say it in all forms, and it is found nowhere but in its own file.
Usage: canaries.py PYRO"""

import base64
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

from killing import Trial

PYRO = sys.argv[1]
CANARIES = {
    "LITERAL": b"canary-Literal/9+Qz",
    "PREFIX": b"canary-Literal",
    "FILE": b"canary&File value%27\n",
    "BINARY": b"\0\xff" + bytes(range(128, 160)) + b"canary-binary",
    "FROM_ENV": b"canary_From_Env_77",
    "KEY": b"-----BEGIN KEY-----\nY2FuYXJ5LWtleS1saW5lLW9uZS0xMjM0NTY3ODkw\nY2FuYXJ5LWtleS1saW5lLXR3by0xMjM0NTY3ODkw\n-----END KEY-----\n",
}
SHORT = b"abc"


def forms(value):
    """What must not be found of it anywhere."""
    value = value.strip(b"\n")
    encoded = base64.b64encode(value).rstrip(b"=")
    found = {value, encoded, base64.urlsafe_b64encode(value).rstrip(b"="), urllib.parse.quote(value, safe="").encode(), value.hex().encode()}
    # Inside a longer text that is encoded, some characters at the edges depend on the neighbours.
    for before in (b"x", b"xx"):
        inner = base64.b64encode(before + value)
        found.add(inner[4: len(inner) - 4])
    return {form for form in found if len(form) >= 8}


def clean(where, text):
    data = text if isinstance(text, bytes) else text.encode(errors="surrogateescape")
    for name, value in CANARIES.items():
        for form in forms(value):
            assert form not in data, f"{name} as {form!r} is in {where}: {data[max(0, data.index(form) - 80):][:200]!r}"


def searched(home):
    """Everything below the state directory but the secrets' own files, disks included."""
    seen = 0
    for folder, _, names in os.walk(home):
        if folder.endswith("/secrets"):
            continue
        for name in names:
            path = os.path.join(folder, name)
            if not os.path.isfile(path):
                continue
            kept = b""
            with open(path, "rb") as file:
                size = os.fstat(file.fileno()).st_size
                at = 0
                while at < size:
                    try:
                        at = os.lseek(file.fileno(), at, os.SEEK_DATA)
                    except OSError:
                        break
                    file.seek(at)
                    piece = file.read(1 << 20)
                    clean(path, kept + piece)
                    kept, at = piece[-300:], at + len(piece)
            seen += 1
    assert seen > 20, seen


def processes_are_clean(trial):
    for pid in trial.processes():
        for what in ("cmdline", "environ"):
            clean(f"{what} of {pid}", Path(f"/proc/{pid}/{what}").read_bytes())


def main():
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        trial = Trial(PYRO, 7, place)
        # Callers and their records are looked at; what a caller's own line says is the caller's.
        files = {}
        for name in ("FILE", "BINARY", "KEY", "PREFIX", "LITERAL"):
            files[name] = place / f"{name}.secret"
            files[name].write_bytes(CANARIES[name])
        trial.environment["FROM_ENV"] = CANARIES["FROM_ENV"].decode()
        words = [word for name, path in files.items() for word in ("--secret-file", f"{name}={path}")]
        created = trial.start("workspace", "create", "debian:12", "--mem-mib", "256", "--network-policy", "egress",
                              *words, "--secret-env", "FROM_ENV", "--secret", f"SHORT={SHORT.decode()}")
        out, _ = created.communicate(timeout=120)
        del trial.environment["FROM_ENV"]
        clean("the answer of workspace_create", out)
        created = json.loads(out)
        workspace = created["workspace_id"]
        told = {one["name"]: one for one in created["secrets"]}
        assert set(told) == {*CANARIES, "SHORT"} and not told["SHORT"]["redacted"] and told["FILE"]["redacted"], told

        text = [name for name in CANARIES if name != "BINARY"]
        env = [word for name in text for word in ("--secret-env", name)]

        def said(command, *more):
            ran = trial.call("workspace", "exec", workspace, *env, *more, "--", command)
            clean(f"the answer of {command!r}", json.dumps(ran))
            return ran

        assert said("stat -c %a /run/pyro-secrets /run/pyro-secrets/FILE; ls /run/pyro-secrets | wc -l")["stdout"] == "700\n600\n7\n"
        assert said("sha256sum </run/pyro-secrets/BINARY")["stdout"].split()[0] == __import__("hashlib").sha256(CANARIES["BINARY"]).hexdigest()
        for name in text:
            value = CANARIES[name].decode()
            assert said(f'printf %s "${name}" | wc -c')["stdout"].strip() == str(len(value.rstrip("\n"))), name
            shown = said(f'echo "<${name}>"; echo "${name}" >&2')
            assert shown["stdout"] == "<[REDACTED]>\n" and shown["stderr"] == "[REDACTED]\n", (name, shown)
            said(f'printf %s "${name}" | base64; printf "user:%s" "${name}" | base64 -w0; printf "u:%s:x" "${name}" | base64 -w0')
            said(f'printf %s "${name}" | od -An -tx1 -v | tr -d " \\n"; cat /run/pyro-secrets/{name}')
            # A byte at a time, with pauses and without.
            said(f'v="${name}"; for i in $(seq 0 ${{#v}}); do printf %s "${{v:$i:1}}"; done', "--timeout-seconds", "60")
            said(f'v="${name}"; printf %s "${{v:0:9}}"; sleep 0.3; printf %s "${{v:9}}"')
        said("cat /run/pyro-secrets/BINARY; base64 /run/pyro-secrets/KEY; sed -n 2p /run/pyro-secrets/KEY")
        said('echo "$SHORT_OR_NOT"; cat /run/pyro-secrets/SHORT')
        said('echo "$LITERAL" >/dev/console; curl -sS "https://$PREFIX.example/" ; exit 3')
        said('for i in $(seq 200000); do echo "$LITERAL $FILE"; done')
        logs = trial.call("workspace", "logs", workspace, "--sequence", "1")
        clean("the logs", json.dumps(logs))

        refused = trial.answer("workspace", "exec", workspace, "--secret-env", "BINARY", "--", "true")
        assert refused["code"] == "invalid" and "/run/pyro-secrets/BINARY" in refused["message"], refused
        refused = trial.answer("workspace", "exec", workspace, "--secret-env", "OTHER", "--", "true")
        assert refused["code"] == "missing" and "LITERAL" in refused["hint"], refused

        shell = trial.call("workspace", "shell", "open", workspace, *env)["shell_id"]
        trial.call("workspace", "shell", "write", workspace, shell, "--input", 'echo "$LITERAL" $KEY; printf "\\e[2J%s\\n" "$FILE"; echo do""ne')
        until = time.monotonic() + 30
        for plain in ([], ["--plain"]):
            while "done" not in json.dumps(read := trial.call("workspace", "shell", "read", workspace, shell, *plain)):
                assert time.monotonic() < until, read
                time.sleep(0.1)
            clean("a shell", json.dumps(read))
        trial.call("workspace", "service", "start", workspace, "sayer", *env, "--",
                   'echo "$LITERAL"; echo "$FROM_ENV" >&2; test "$FILE" || exit 1; exec sleep 600')
        failed = trial.answer("workspace", "service", "start", workspace, "failer", *env, "--ready-command", 'echo "$KEY" >&2; exit 1',
                              "--ready-timeout-seconds", "2", "--", 'echo "$LITERAL"; exec sleep 60')
        clean("a service that failed", json.dumps(failed))
        until = time.monotonic() + 30
        while "[REDACTED]" not in (logs := trial.call("workspace", "service", "logs", workspace, "sayer"))["stderr"]:
            assert time.monotonic() < until, logs
            time.sleep(0.1)
        clean("a service's logs", json.dumps(logs))
        clean("a status", json.dumps(trial.call("workspace", "status", workspace)))

        processes_are_clean(trial)
        trial.call("workspace", "snapshot", "create", workspace, "with")
        searched(trial.home)
        trial.call("workspace", "reset", workspace)
        assert said('echo "<$LITERAL>"')["stdout"] == "<[REDACTED]>\n", "secrets stay over a reset"
        trial.call("workspace", "stop", workspace)
        searched(trial.home)
        assert said('echo "<$FROM_ENV>"')["stdout"] == "<[REDACTED]>\n", "and over a stop"
        # What the workload writes is its own.
        said('printf %s "$LITERAL" >kept')
        assert trial.call("workspace", "file", "read", workspace, "kept")["content"].encode() == CANARIES["LITERAL"]
        trial.call("workspace", "delete", workspace)
        assert not list(trial.home.rglob("secrets")), "secrets outlive their workspace"
    server_variables()
    print("no canary anywhere: as it should be")


def server_variables():
    """A server hands out what its starter named, and to `workspace-core` no secrets at all."""
    def asked(variable, *words):
        hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}}
        arguments = {"environment": "debian:12", "secret_env": [variable], "seed_path": "/nowhere/at/all"}
        call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "workspace_create", "arguments": arguments}}
        lines = "\n".join(map(json.dumps, (hello, {"jsonrpc": "2.0", "method": "notifications/initialized"}, call))) + "\n"
        environment = {**os.environ, "GIVEN": "given-value", "HIDDEN": "hidden-value"}
        run = subprocess.Popen([PYRO, "mcp", "serve", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        run.stdin.write(lines)
        run.stdin.flush()
        run.stdout.readline()
        answer = json.loads(run.stdout.readline())["result"]
        run.stdin.close()
        run.wait(timeout=20)
        return json.loads(answer["content"][0]["text"])

    full = ["--profile", "workspace-full", "--allow-secret-env", "GIVEN"]
    assert asked("HIDDEN", *full)["code"] == "denied"
    assert "seed_path" in asked("GIVEN", *full)["message"], "it is let through, to the next thing that is wrong"
    refused = asked("GIVEN")
    assert refused["code"] == "denied" and "workspace-full" in json.dumps(refused), refused


main()
