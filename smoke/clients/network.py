"""What workspaces reach of the world, what they are refused and how that is told, and the ports they publish.
Usage: network.py PYRO

Local servers stand for the world where they can. `pip install` takes its package from the registry that this host
reaches; where it reaches none, that part says so."""

import http.server
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from killing import Trial

PYRO = sys.argv[1]
MACHINE = ["--mem-mib", "256"]
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = f"{self.path} for {self.headers['Host']}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serve():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, server.server_address[1]


def create(trial, *words, environment="debian:12"):
    return trial.call("workspace", "create", environment, *MACHINE, *words)["workspace_id"]


def run(trial, workspace, command, *words):
    return trial.call("workspace", "exec", workspace, *words, "--", command)


def denied(ran):
    return [(one["host"], one["port"], one["rule"], one.get("allow")) for one in ran.get("egress_denied", [])]


def nothing_without_a_policy(trial):
    workspace = create(trial)
    ran = run(trial, workspace, "env | grep -i proxy; ls /sys/class/net; cat /proc/net/route | tail -n +2; "
                                "curl -sS -m 5 http://169.254.169.254/; curl -sS -m 5 -x 127.0.0.1:3128 http://127.0.0.1/")
    assert ran["stdout"] == "lo\n" and ran["exit_code"] != 0, ran
    assert "egress_denied" not in ran, ran
    refused = trial.answer("workspace", "service", "start", workspace, "web", "--publish", "8080", "--", "sleep 60")
    assert refused["code"] == "denied" and "egress+published-ports" in refused["hint"], refused
    trial.call("workspace", "delete", workspace)


def only_what_is_allowed(trial):
    (one, allowed), (other, closed) = serve(), serve()
    workspace = create(trial, "--network-policy", "egress", "--allow-host", f"127.0.0.1:{allowed}")
    fetch = "curl -sS -m 20 -w ' %{http_code}\\n' "
    ran = run(trial, workspace, f"{fetch} --noproxy '' http://127.0.0.1:{allowed}/page")
    assert ran["stdout"] == f"/page for 127.0.0.1:{allowed} 200\n", ran
    tunneled = run(trial, workspace, f"{fetch} --noproxy '' -p http://127.0.0.1:{allowed}/tunneled")
    assert tunneled["stdout"].startswith("/tunneled"), tunneled

    ran = run(trial, workspace, f"{fetch} --noproxy '' http://127.0.0.1:{closed}/; {fetch} https://example.com/ || true")
    assert denied(ran) == [
        ("127.0.0.1", closed, "loopback", f"127.0.0.1:{closed}"),
        ("example.com", 443, "not_allowed", "example.com"),
    ], ran
    assert ran["conditions"] == ["egress_denied"] and "is denied" in ran["stdout"], ran

    # Each in a form of its own, and all of them the host's.
    forms = ["localhost", "127.1", "2130706433", "0x7f000001", "017700000001", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0",
             "169.254.169.254", "10.0.0.1", "192.168.1.1", "[fe80::1]", "metadata.google.internal", "100.100.100.200"]
    ran = run(trial, workspace, "; ".join(
        f"curl -g -sS -m 20 -o /dev/null -w '%{{http_code}}\\n' --noproxy '' http://{form}:{closed}/" for form in forms))
    assert ran["stdout"].split() == ["403" if "_" not in form else "400" for form in forms] or all(
        code in ("400", "403") for code in ran["stdout"].split()), ran["stdout"]
    assert "200" not in ran["stdout"], ran

    # What was said last holds at once, in what runs as well.
    shown = trial.call("workspace", "network", "allow", workspace, f"127.0.0.1:{closed}")
    assert f"127.0.0.1:{closed}" in shown["allow_hosts"] and shown["egress_denied"], shown
    ran = run(trial, workspace, f"{fetch} --noproxy '' http://127.0.0.1:{closed}/now")
    assert ran["stdout"].startswith("/now"), ran
    trial.call("workspace", "network", "deny", workspace, f"127.0.0.1:{allowed}")
    ran = run(trial, workspace, f"{fetch} --noproxy '' http://127.0.0.1:{allowed}/")
    assert denied(ran) == [("127.0.0.1", allowed, "denied_host", None)], ran

    told_where_it_is_met(trial, workspace)
    a_flood(trial, workspace)

    # The policy outlives the machine, and a supervisor that is killed.
    trial.call("workspace", "stop", workspace)
    ran = run(trial, workspace, f"{fetch} --noproxy '' http://127.0.0.1:{allowed}/; {fetch} --noproxy '' http://127.0.0.1:{closed}/")
    assert ran["resumed"] and "/ for" in ran["stdout"] and len(denied(ran)) == 1, ran
    trial.kill_everything()
    status = trial.call("workspace", "status", workspace)
    assert status["network_policy"] == "egress" and status["deny_hosts"] == [f"127.0.0.1:{allowed}"], status
    trial.call("workspace", "reset", workspace)
    ran = run(trial, workspace, f"{fetch} --noproxy '' http://127.0.0.1:{allowed}/")
    assert len(denied(ran)) == 1, ran

    # A policy that cannot be trusted is none to start with.
    trial.call("workspace", "stop", workspace)
    policy = trial.home / "workspaces" / workspace / "network.json"
    whole = policy.read_text()
    for text in ("", whole[: len(whole) // 2], whole.replace("egress", "everything")):
        policy.write_text(text)
        refused = trial.answer("workspace", "start", workspace)
        assert refused["code"] == "denied" and "network policy" in refused["message"], refused
        assert trial.call("workspace", "status", workspace)["network_problem"], text
    trial.call("workspace", "network", "deny", workspace, "*", "--network-policy", "egress")
    ran = run(trial, workspace, f"{fetch} --noproxy '' http://127.0.0.1:{closed}/")
    assert len(denied(ran)) == 1, ran
    trial.call("workspace", "delete", workspace)
    one.shutdown(), other.shutdown()


def told_where_it_is_met(trial, workspace):
    """A shell and a service are told of what they met, and of nothing else."""
    shell = trial.call("workspace", "shell", "open", workspace)["shell_id"]
    trial.call("workspace", "shell", "write", workspace, shell, "--input", "curl -sS https://shell.example/; echo do''ne")
    until = time.monotonic() + 60
    while "done" not in (read := trial.call("workspace", "shell", "read", workspace, shell))["output"]:
        assert time.monotonic() < until, read
        time.sleep(0.1)
    assert denied(read) == [("shell.example", 443, "not_allowed", "shell.example")], read
    after = trial.call("workspace", "shell", "read", workspace, shell, "--cursor", str(read["next_cursor"]))
    assert "egress_denied" not in after, after
    trial.call("workspace", "shell", "close", workspace, shell)

    start = ["workspace", "service", "start", workspace, "asker", "--", "curl -sS https://service.example/; sleep 600"]
    trial.call(*start)
    until = time.monotonic() + 60
    while not denied(logs := trial.call("workspace", "service", "logs", workspace, "asker")):
        assert time.monotonic() < until, logs
        time.sleep(0.1)
    assert denied(logs) == [("service.example", 443, "not_allowed", "service.example")], logs
    stopped = trial.call("workspace", "service", "stop", workspace, "asker")
    assert len(denied(stopped)) == 1, stopped
    status = trial.call("workspace", "status", workspace)
    hosts = [one["host"] for one in status["egress_denied"]]
    assert {"shell.example", "service.example", "example.com"} <= set(hosts), hosts


def a_flood(trial, workspace):
    """Thousands of connections of one command: others go on meanwhile."""
    opened = "for i in $(seq 10000); do exec {fd}<>/dev/tcp/127.0.0.1/3128 || exit 3; printf 'GET ' >&$fd; done; sleep 60"
    ran = run(trial, workspace, f"ulimit -n 20000; exec timeout 60 bash -c '{opened}'", "--yield-seconds", "5")
    assert ran["state"] in ("running", "ended"), ran
    began = time.monotonic()
    assert run(trial, workspace, "echo alive")["stdout"] == "alive\n"
    assert time.monotonic() - began < 10, "a command waits for connections that are none of its own"
    if ran["state"] == "running":
        run(trial, workspace, f"kill -KILL -- -{ran['pgid']}")


def published(trial):
    workspace = create(trial, "--network-policy", "egress+published-ports", "--allow-host", "nothing.example",
                       environment="debian:12-build")
    service = ["workspace", "service"]
    # Python's own server lets five connections wait, and drops others when the guest is slow.
    serve = ("import http.server as s; s.ThreadingHTTPServer.request_queue_size = 128; "
             "s.test(s.SimpleHTTPRequestHandler, s.ThreadingHTTPServer, port=8000)")
    files = "mkdir -p www; echo hello >www/page; cd www"
    web = ["--ready-tcp", "127.0.0.1:8000", "--", f"{files}; exec python3 -c '{serve}'"]
    started = trial.call(*service, "start", workspace, "web", "--publish", "8000", *web)
    [port] = started["published_ports"]
    assert port["host"] == "127.0.0.1" and port["guest_port"] == 8000, port
    url = f"http://127.0.0.1:{port['host_port']}/page"
    with DIRECT.open(url, timeout=20) as answer:
        assert answer.read() == b"hello\n"
    with ThreadPoolExecutor(32) as many:
        assert set(many.map(lambda _: DIRECT.open(url, timeout=60).read(), range(200))) == {b"hello\n"}
    # Nobody but the host itself reaches it.
    listening = subprocess.run(["ss", "-Hltn", f"sport = :{port['host_port']}"], capture_output=True, text=True).stdout
    assert "127.0.0.1:" in listening and "0.0.0.0" not in listening.split()[3], listening
    status = trial.call("workspace", "status", workspace)
    assert status["services"][0]["published_ports"] == [port], status["services"]
    taken = str(port["host_port"])
    refused = trial.answer(*service, "start", workspace, "again", "--publish", f"{taken}:8000", "--", "sleep 60")
    assert refused["code"] == "conflict" and taken in refused["message"], refused
    refused = trial.answer(*service, "start", workspace, "low", "--publish", "80:8000", "--", "sleep 60")
    assert refused["code"] == "invalid" and "privileged" in refused["message"], refused
    listed = trial.call(*service, "list", workspace)
    assert listed["count"] == 1, listed

    # A connection under way ends with its service, and the port is free again.
    held = socket.create_connection(("127.0.0.1", port["host_port"]), timeout=20)
    held.sendall(b"GET /page HTTP/1.1\r\n")
    trial.call(*service, "stop", workspace, "web")
    held.settimeout(10)
    try:
        assert held.recv(1000) == b"", "more came after the end"
    except ConnectionResetError:
        pass
    try:
        socket.create_connection(("127.0.0.1", port["host_port"]), timeout=5)
        raise AssertionError("the port is still open")
    except ConnectionRefusedError:
        pass
    started = trial.call(*service, "start", workspace, "web", "--publish", f"{taken}:8000", *web)
    with DIRECT.open(url, timeout=20) as answer:
        assert answer.read() == b"hello\n"
    # It dies from inside: its port goes with it.
    run(trial, workspace, "pkill -KILL -f http.server")
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port["host_port"]), timeout=5).close()
        except ConnectionRefusedError:
            break
        assert time.monotonic() < until, "a dead service's port stays open"
        time.sleep(0.05)
    assert trial.call(*service, "status", workspace, "web")["published_ports"] == []
    # The permission to publish is taken back: the port is gone, and nobody is told otherwise.
    started = trial.call(*service, "start", workspace, "web", "--publish", f"{taken}:8000", *web)
    trial.call("workspace", "network", "deny", workspace, "--network-policy", "egress")
    told = lambda: [trial.call(*service, "status", workspace, "web"), *trial.call("workspace", "status", workspace)["services"]]
    until = time.monotonic() + 20
    while any(one.get("published_ports") for one in told()):
        assert time.monotonic() < until, f"a withdrawn port is still told: {told()}"
        time.sleep(0.05)
    assert [one["state"] for one in told()] == ["running"] * 2, told()
    try:
        socket.create_connection(("127.0.0.1", port["host_port"]), timeout=5)
        raise AssertionError("a withdrawn port is still open")
    except ConnectionRefusedError:
        pass
    trial.call("workspace", "delete", workspace)


def from_a_registry(trial):
    """pip, over TLS that this host trusts, with a list of hosts; whoever is not on it is refused."""
    names = ["pypi.org", "files.pythonhosted.org"]
    try:
        found = {name: sorted({info[4][0] for info in socket.getaddrinfo(name, 443)}) for name in names}
        socket.create_connection((names[0], 443), timeout=10).close()
    except OSError as error:
        print(f"skipped: pip install (no registry is reachable from here: {error})", flush=True)
        return
    import ipaddress

    inner = {address for addresses in found.values() for address in addresses if not ipaddress.ip_address(address).is_global}
    hosts = [word for host in [*names, *sorted(inner)] for word in ("--allow-host", host)]
    workspace = create(trial, "--network-policy", "egress", "--trust-host-ca", *hosts, environment="debian:12-build")
    ran = run(trial, workspace, "pip install --quiet --disable-pip-version-check --root-user-action ignore --target lib six && "
                                "PYTHONPATH=lib python3 -c 'import six; print(six.__name__)'", "--timeout-seconds", "300")
    assert ran["stdout"].endswith("six\n") and ran["exit_code"] == 0, ran
    ran = run(trial, workspace, "curl -sS -m 20 https://registry.npmjs.org/")
    assert ran["exit_code"] != 0, ran
    assert denied(ran) == [("registry.npmjs.org", 443, "not_allowed", "registry.npmjs.org")], ran
    # The proxy is asked for one host and TLS for another: that is neither.
    ran = run(trial, workspace, "curl -sS -m 20 --connect-to registry.npmjs.org:443:pypi.org:443 https://registry.npmjs.org/")
    assert ran["exit_code"] != 0 and denied(ran)[0][2] == "sni_differs", ran
    trial.call("workspace", "delete", workspace)


def one_command(trial):
    """vm_run with and without a network."""
    server, port = serve()
    command = f"curl -sS -m 10 --noproxy '' -w '%{{http_code}}' -o /dev/null http://127.0.0.1:{port}/"
    ran = trial.call("run", "debian:12", *MACHINE, "--network", "--", command)
    assert ran["stdout"] == "403" and denied(ran)[0][2] == "loopback", ran
    ran = trial.call("run", "debian:12", *MACHINE, "--", command)
    assert ran["exit_code"] != 0 and "egress_denied" not in ran, ran
    server.shutdown()


def main():
    with tempfile.TemporaryDirectory() as place:
        trial = Trial(PYRO, 6, Path(place))
        try:
            for part in (nothing_without_a_policy, only_what_is_allowed, published, from_a_registry, one_command):
                began = time.monotonic()
                part(trial)
                print(f"{part.__name__}: as it should be, {time.monotonic() - began:.0f} s", flush=True)
        finally:
            for workspace in trial.listed():
                trial.answer("workspace", "delete", workspace)
        trial.end_keepers()
        assert not trial.processes() and not trial.left()


main()
