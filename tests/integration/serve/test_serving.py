"""The process itself: its files, its health, its end."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.integration.reconcile.cluster import until
from tests.integration.serve.served import Served


def test_its_keys_are_for_its_owner_alone(served: Served) -> None:
    for path in (served.home, served.home / "pki"):
        assert path.stat().st_mode & 0o777 == 0o700
    keys = list((served.home / "pki").iterdir())
    assert len(keys) > 5
    assert {each.stat().st_mode & 0o777 for each in (*keys, served.kubeconfig)} == {0o600}


def test_anybody_may_ask_for_health_and_version_and_for_nothing_else(served: Served) -> None:
    for path in ("/healthz", "/livez", "/readyz"):
        answer = served.request("GET", path, token="")
        assert (answer.code, answer.body) == (200, b"ok")
    verbose = served.request("GET", "/readyz?verbose", token="").body.decode()
    assert "[+]store ok\n" in verbose and verbose.endswith("readyz check passed\n")
    assert served.request("GET", "/readyz/ping").body == b"ok"
    assert served.request("GET", "/version", token="").json["minor"] == "37"
    for path in ("/api", "/apis", "/openapi/v3", "/api/v1/pods", "/nowhere"):
        answer = served.request("GET", path, token="")
        assert (answer.code, answer.json["reason"]) == (403, "Forbidden"), path
    assert served.request("GET", "/healthz", token="forged").code == 401


def test_a_context_is_written_beside_others(served: Served, tmp_path: Path) -> None:
    config = tmp_path / "config"
    other = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "mine",
        "contexts": [{"name": "mine", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": "https://192.0.2.1"}}],
        "users": [{"name": "u", "user": {"token": "secret"}}],
    }
    config.write_text(json.dumps(other))
    one = Served(tmp_path / "one", f"--write-kubeconfig={config}")
    assert one.stop() == 0
    shown = served.kubectl("config", "view", "--raw", "-o", "json", f"--kubeconfig={config}")
    after = json.loads(shown.out)
    assert after["current-context"] == "mine"
    for name in ("contexts", "clusters", "users"):
        assert other[name][0] in after[name] and len(after[name]) == 2


def test_sigterm_ends_watches_and_the_process(tmp_path: Path) -> None:
    one = Served(tmp_path / "one")
    lines: list[bytes] = []

    def watch() -> None:
        with one.stream("/api/v1/namespaces?watch=true") as answer:
            lines.extend(answer)

    thread = threading.Thread(target=watch)
    thread.start()
    one.do("create", "namespace", "seen")
    until(lambda: any(b"seen" in each for each in lines), 10, "the event")
    assert one.stop() == 0
    thread.join(10)
    assert not thread.is_alive()
    assert json.loads(lines[-1])["object"]["metadata"]["name"] == "seen"
    assert one.log() == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--listen=nowhere"], '"nowhere" is no address to listen at: HOST:PORT is wanted'),
        (["--listen=127.0.0.1:99999"], '"127.0.0.1:99999" is no address to listen at'),
        (["--token-auth-file=/nonexistent"], "/nonexistent"),
        (["extra"], "unexpected arguments: [extra]"),
        (["--log-level=loud"], '--log-level "loud" is none of'),
    ],
)
def test_what_cannot_be_served_is_told(tmp_path: Path, words: list[str], said: str) -> None:
    argv = [sys.executable, "-m", "kctl", "serve", *words]
    environment = {"KCTL_HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin"}
    ran = subprocess.run(argv, capture_output=True, text=True, env=environment, timeout=60)
    assert ran.returncode == 1 and said in ran.stderr and "Traceback" not in ran.stderr


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        argv = [sys.executable, "-m", "kctl", "serve", f"--listen=127.0.0.1:{port}"]
        environment = {"KCTL_HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin"}
        ran = subprocess.run(argv, capture_output=True, text=True, env=environment, timeout=60)
    assert ran.returncode == 1
    said = f"error: cannot listen at 127.0.0.1:{port}: Address already in use\n"
    assert ran.stderr.endswith(said) and "Traceback" not in ran.stderr
