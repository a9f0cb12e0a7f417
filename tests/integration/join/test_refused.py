"""Hosts that cannot become nodes: a clear error each, exit code 1, and nothing left."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.hosts.bed import Bed, Kctl
from tests.integration.reconcile.cluster import KCTL

HOST_COUNT = 2
NOBODY = 65534


@pytest.fixture(scope="module")
def one(bed: Bed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kctl]:
    """A control plane with the node web1 on h1."""
    made = Kctl(tmp_path_factory.mktemp("refused") / "home", bed)
    made.do("join", bed.url("h1"), "web1")
    yield made
    made.close()


def refused(one: Kctl, words: str, *command: str, **env: str) -> str:
    """The error of a join that must change nothing."""
    before = one.left_behind("h1")
    ran = one.kctl("join", *command, **env)
    assert ran.code == 1 and not ran.out, ran
    assert words in ran.err, ran
    assert [node["metadata"]["name"] for node in one.items("nodes")] == ["web1"]
    assert one.left_behind("h1") == before
    assert one.left_behind("h2") == []
    return ran.err


def test_the_same_host_again(one: Kctl, bed: Bed) -> None:
    refused(one, f'error: {bed.url("h1")} is the host of node "web1" already', bed.url("h1"))


def test_the_same_engine_by_another_url_and_another_way(one: Kctl, bed: Bed) -> None:
    words = f'is that of node "web1" already, which is reached at {bed.url("h1")}'
    refused(one, words, f"{bed.url('h1')}:22", "other")
    refused(one, words, f"unix://{bed.socket('h1')}", "other")


def test_a_name_that_is_taken(one: Kctl, bed: Bed) -> None:
    words = 'Error from server (AlreadyExists): nodes "web1" already exists\n'
    assert refused(one, words, bed.url("h2"), "web1") == words


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://web2", "'ftp://web2' is not the URL of a host that kctl can reach"),
        ("web2", "'web2' is not the URL of a host that kctl can reach"),
        ("ssh://", "bad host name"),
        ("ssh://-oProxyCommand=x", "bad host name"),
        ("ssh://root:secret@web2", "a password in the URL is not used"),
        ("unix:///nonexistent.sock", "Cannot connect to the Docker daemon"),
    ],
)
def test_a_url_that_leads_nowhere(one: Kctl, url: str, words: str) -> None:
    assert "secret" not in refused(one, words, url)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--labels=foo"], "error: unexpected label spec: foo"),
        (["--labels=disk=b@r"], 'metadata.labels: Invalid value: "b@r"'),
        (["--taints=foo"], "error: invalid taint spec: foo"),
        (["--taints=a=b:Foo"], "error: invalid taint effect: Foo, unsupported taint effect"),
        (["--taints=a=b:NoExecute,a=c:NoExecute"], "duplicated taints with the same key"),
        (["--pod-network=tunnel"], "--pod-network must be one of: auto, route, vxlan, published"),
    ],
)
def test_flags_that_make_no_sense(one: Kctl, bed: Bed, flags: list[str], words: str) -> None:
    refused(one, words, bed.url("h2"), "web2", *flags)


def test_a_name_that_is_none(one: Kctl, bed: Bed) -> None:
    refused(one, 'The Node "Web_2" is invalid: metadata.name', bed.url("h2"), "Web_2")


def configuration(bed: Bed, tmp_path: Path, hosts: str) -> str:
    """An ssh configuration with another file of known hosts."""
    known = tmp_path / "known_hosts"
    known.write_text(hosts)
    text = (bed.folder / "ssh_config").read_text()
    path = tmp_path / "ssh_config"
    path.write_text(text.replace(str(bed.folder / "known_hosts"), str(known)))
    return str(path)


def test_a_host_key_that_is_not_known(one: Kctl, bed: Bed, tmp_path: Path) -> None:
    config = configuration(bed, tmp_path, "")
    refused(one, "the host key", bed.url("h2"), KCTL_SSH_CONFIG=config)


def test_a_host_key_that_changed(one: Kctl, bed: Bed, tmp_path: Path) -> None:
    other = " ".join((bed.folder / "key.pub").read_text().split()[:2])
    config = configuration(bed, tmp_path, f"{bed.address('h2')} {other}\n")
    words = "is not the one that was accepted before"
    refused(one, words, bed.url("h2"), KCTL_SSH_CONFIG=config)


def test_a_login_that_is_refused(one: Kctl, bed: Bed) -> None:
    refused(one, "login refused", f"ssh://nobody@{bed.address('h2')}")


def test_a_host_without_docker(one: Kctl, bed: Bed) -> None:
    bed.stop_engine("h2")
    try:
        ran = one.kctl("join", bed.url("h2"))
    finally:
        bed.start_engine("h2")
    assert ran.code == 1
    assert "Docker" in ran.err and "root@" in ran.err, ran


def test_an_account_without_the_right_to_use_docker(one: Kctl, tmp_path: Path) -> None:
    path = tmp_path / "docker.sock"
    with engine(path, "1.47"):
        os.chown(path, NOBODY, NOBODY)
        path.chmod(0o600)
        weak = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
        ran = subprocess.run(
            [*weak, *KCTL, "join", f"unix://{path}"],
            capture_output=True,
            text=True,
            check=False,
            env=one.env,
            timeout=60,
        )
    assert ran.returncode == 1
    assert "permission denied while trying to connect to the Docker daemon" in ran.stderr
    assert len(one.items("nodes")) == 1


def test_an_engine_that_is_too_old(one: Kctl, tmp_path: Path) -> None:
    with engine(tmp_path / "old.sock", "1.40"):
        words = "1.41 (Docker 20.10) or newer is needed"
        refused(one, words, f"unix://{tmp_path}/old.sock")


def test_a_network_of_the_engine_that_stands_in_the_way(one: Kctl, bed: Bed) -> None:
    cidr = one.do("settings", "cluster-cidr").strip()
    pool = {"Driver": "default", "Config": [{"Subnet": cidr}]}
    made = bed.engine("h2").create_network("clash", ipam=pool)  # type: ignore[arg-type]
    try:
        refused(one, 'overlaps with the network "clash"', bed.url("h2"), "web2")
    finally:
        bed.engine("h2").remove_network(made["Id"])


def test_a_range_that_the_host_itself_is_in(bed: Bed, tmp_path: Path) -> None:
    inside = bed.address("h2").rpartition(".")[0].rpartition(".")[0] + ".0.0/16"
    made = Kctl(tmp_path / "home", bed, KCTL_CLUSTER_CIDR=inside)
    ran = made.kctl("join", bed.url("h2"))
    assert ran.code == 1 and "overlaps with" in ran.err, ran
    assert made.items("nodes") == []
    made.close()


@contextmanager
def engine(path: Path, version: str) -> Iterator[None]:
    """An engine of which nothing can be had but its version."""
    body = json.dumps({"ApiVersion": version, "MinAPIVersion": "1.12", "Version": "19.3"}).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(head.encode() + b"Connection: close\r\n\r\n" + body)

        threading.Thread(target=serve, daemon=True).start()
        yield
        listener.shutdown(socket.SHUT_RDWR)
