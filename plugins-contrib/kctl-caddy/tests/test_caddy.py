"""The back end by values, and its configuration on the real Caddy."""

from __future__ import annotations

import http.server
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kctl_caddy.backend import CANDIDATE, FILE, CaddyLoadBalancer, binary
from kctl_caddy.configuration import Site, configuration

from kctl.network.types import Endpoint, Front, Model, ServicePort
from kctl.plugins.manager import load

WEB = ServicePort(
    "default",
    "web",
    "http",
    "TCP",
    ("10.97.0.20",),
    80,
    endpoints=(Endpoint("127.0.0.2", 81, "a"),),
)
DB = replace(WEB, service="db", name="", port=5432, cluster_ips=("10.97.0.21",))
MODEL = Model(
    node="n1",
    node_addresses=("127.0.0.1",),
    front_address="10.97.16.2",
    service_cidr="10.97.0.0/20",
    dns_address="10.97.0.10",
    ports=(WEB, DB),
)


def fronts(*ports: ServicePort) -> dict[str, Front]:
    return {front.name: front for front in CaddyLoadBalancer().fronts(replace(MODEL, ports=ports))}


def servers(front: Front) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = json.loads(front.files[FILE])["apps"]["http"][
        "servers"
    ]
    return found


# --- values --------------------------------------------------------------------------


def test_http_goes_to_caddy_and_the_rest_stays_with_haproxy() -> None:
    found = fronts(WEB, DB)
    assert list(found) == ["lb", "dns", "caddy"]
    assert servers(found["caddy"])["default/web/80"]["listen"] == ["10.97.0.20:80"]
    (haproxy,) = found["lb"].files.values()
    assert b"default.db.5432" in haproxy
    assert b"default.web.80" not in haproxy


def test_a_node_port_is_served_in_the_hosts_network() -> None:
    found = fronts(replace(WEB, cluster_ips=(), node_port=30080))
    assert list(found) == ["lb", "dns", "caddy-edge"]
    assert servers(found["caddy-edge"])["default/web/80"]["listen"] == ["127.0.0.1:30080"]
    assert found["caddy-edge"].network == "host"
    assert found["caddy-edge"].endpoints == {"127.0.0.2:81"}


def test_without_http_services_there_is_no_caddy() -> None:
    assert list(fronts(DB)) == ["lb", "dns"]
    assert list(fronts(replace(WEB, endpoints=()))) == ["lb", "dns"]


@given(st.text(max_size=30), st.sampled_from(["name", "listen", "upstreams"]))
def test_no_other_text_reaches_the_configuration(text: str, field: str) -> None:
    good = Site("default/web/80", ("10.97.0.20:80",), ("10.97.16.10:8080",))
    hostile = replace(good, **{field: text if field == "name" else (text,)})
    try:
        contents, _ = configuration([hostile], "10.97.16.2")
    except ValueError:
        return
    assert not set(json.dumps(text)[1:-1]) & set('{}\\"') and text.encode() in contents


# --- the real thing ------------------------------------------------------------------


class Names(http.server.BaseHTTPRequestHandler):
    """Answers with its own address."""

    def do_GET(self) -> None:
        body = str(self.server.server_address[0]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Quiet."""


NAMESPACE = "kctlcaddy"


def inside(*argv: str) -> subprocess.CompletedProcess[str]:
    command = ["nsenter", f"--net=/run/netns/{NAMESPACE}", *argv]
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """A namespace with the service range, two pods in it; ended with all its processes."""
    subprocess.run(["ip", "netns", "add", NAMESPACE], check=True)
    processes: list[subprocess.Popen[bytes]] = []
    try:
        inside("ip", "link", "set", "lo", "up")
        inside("ip", "route", "add", "local", "10.97.0.0/16", "dev", "lo")
        for address in ("127.0.0.2", "127.0.0.3"):
            processes.append(start(sys.executable, __file__, address))
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()
        subprocess.run(["ip", "netns", "del", NAMESPACE], check=True)


def start(*argv: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["nsenter", f"--net=/run/netns/{NAMESPACE}", *argv])


def get(url: str) -> str:
    code = (
        f"import urllib.request as r; print(r.urlopen({url!r}, timeout=5).read().decode(), end='')"
    )
    return inside(sys.executable, "-c", code).stdout


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_real_caddy_serves_checks_and_reloads(
    running: list[subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    path = tmp_path / "caddy.json"

    def put(front: Front) -> None:
        text = front.files[FILE].replace(b"/run/caddy", bytes(tmp_path))
        path.write_bytes(text)
        check = [str(path) if each == CANDIDATE else each for each in front.check]
        checked = inside(*check)
        assert checked.returncode == 0, checked.stderr

    def serves(front: Front) -> bool:
        assert front.confirm is not None
        address, port, where, generation = front.confirm
        return get(f"http://{address}:{port}{where}") == generation

    one = fronts(WEB)["caddy"]
    put(one)
    caddy = start(binary(), "run", "--config", str(path))
    running.append(caddy)
    wait_for(lambda: serves(one))
    wait_for(lambda: get("http://10.97.0.20/") == "127.0.0.2")

    two = fronts(replace(WEB, endpoints=(*WEB.endpoints, Endpoint("127.0.0.3", 81, "b"))))["caddy"]
    put(two)
    caddy.send_signal(signal.Signals[two.reload])
    wait_for(lambda: serves(two))
    assert {get("http://10.97.0.20/") for _ in range(6)} == {"127.0.0.2", "127.0.0.3"}

    running[0].kill()  # a pod that died costs no request
    assert {get("http://10.97.0.20/") for _ in range(6)} == {"127.0.0.3"}


def test_kctl_finds_it_where_it_is_installed(tmp_path: Path) -> None:
    """Through its entry point: `pip install` this folder to run the test."""
    plugins = load(tmp_path)
    assert [each.name for each in plugins.load_balancers()] == ["haproxy", "caddy"]
    states = {each.name: each for each in plugins.states()}
    assert (states["caddy"].state, states["caddy"].error) == ("ok", "")


if __name__ == "__main__":
    http.server.ThreadingHTTPServer((sys.argv[1], 81), Names).serve_forever()
