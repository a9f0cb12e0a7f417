"""Connections that break: noticed soon, said in words, and back with the next call."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kctl.runtime.docker.runtime import DockerRuntime
from kctl.runtime.operations import CleanNode
from kctl.runtime.ssh import lock, places
from kctl.runtime.types import HostUnreachable
from tests.integration.hosts.bed import Bed
from tests.integration.reconcile.cluster import until
from tests.integration.ssh.conftest import Connect, forget_failures, master_of, masters

pytestmark = pytest.mark.docker

Runtimes = Callable[[str], DockerRuntime]


@pytest.fixture
def cut(bed: Bed) -> Iterator[Callable[[str], None]]:
    hosts: list[str] = []

    def now(host: str) -> None:
        hosts.append(host)
        bed.cut(host)

    yield now
    for host in hosts:
        bed.mend(host)


def again(node: DockerRuntime) -> bool:
    return node.observe().reachable


def test_a_cut_host_is_noticed_and_delays_no_other(
    bed: Bed, runtime: Runtimes, cut: Callable[[str], None]
) -> None:
    one, other = runtime(bed.url("h1")), runtime(bed.url("h2"))
    assert one.observe().reachable and other.observe().reachable
    master = master_of(bed.url("h1"))
    cut("h1")
    order: list[str] = []

    def look() -> None:
        assert not one.observe().reachable
        order.append("h1")

    thread = threading.Thread(target=look)
    thread.start()
    assert other.observe().reachable
    order.append("h2")
    thread.join(30)
    assert order == ["h2", "h1"]
    until(lambda: not Path(f"/proc/{master}").exists(), 20, "the end of the dead master")
    until(lambda: "next attempt in" in one.observe().error, 20, "an attempt that failed")
    assert bed.address("h1") in one.observe().error
    bed.mend("h1")
    forget_failures(bed.url("h1"))
    until(lambda: again(one), 20, "the host again")


def test_streams_to_a_cut_host_end(bed: Bed, connect: Connect, cut: Callable[[str], None]) -> None:
    connection = connect(bed.url("h1"))
    sock = connection.dial(bed.address("h1"), 22, 5)
    sock.settimeout(30)
    assert sock.recv(4) == b"SSH-"
    cut("h1")
    while sock.recv(4096):
        continue
    sock.close()


def test_a_server_that_restarts_is_picked_up(bed: Bed, runtime: Runtimes) -> None:
    node = runtime(bed.url("h1"))
    assert node.observe().reachable
    bed.stop_sshd("h1")
    until(lambda: not node.observe().reachable, 20, "the loss")
    assert "Connection refused" in node.observe().error
    bed.start_sshd("h1")
    until(lambda: again(node), 20, "the connection")


def test_a_server_that_was_back_before_anybody_looked_costs_nothing(
    bed: Bed, runtime: Runtimes
) -> None:
    node = runtime(bed.url("h1"))
    assert node.observe().reachable
    first = master_of(bed.url("h1"))
    bed.stop_sshd("h1")
    bed.start_sshd("h1")
    until(lambda: not Path(f"/proc/{first}").exists(), 10, "the end of the old master")
    assert node.observe().reachable
    assert master_of(bed.url("h1")) != first


def test_an_engine_that_restarts_is_picked_up_by_the_same_connection(
    bed: Bed, runtime: Runtimes
) -> None:
    node = runtime(bed.url("h1"))
    assert node.observe().reachable
    first = master_of(bed.url("h1"))
    bed.stop_engine("h1")
    said = node.observe()
    assert not said.reachable
    assert "no socket /var/run/docker.sock" in said.error or "docker daemon running" in said.error
    bed.start_engine("h1")
    until(lambda: again(node), 20, "the engine")
    assert master_of(bed.url("h1")) == first


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_master_that_was_killed_is_replaced_by_the_next_call(
    bed: Bed, runtime: Runtimes, how: signal.Signals
) -> None:
    node = runtime(bed.url("h1"))
    assert node.observe().reachable
    first = master_of(bed.url("h1"))
    os.kill(first, how)
    until(lambda: not Path(f"/proc/{first}").exists(), 10, "its end")
    assert node.observe().reachable
    assert master_of(bed.url("h1")) != first


def test_a_master_that_is_stuck_is_replaced(bed: Bed, connect: Connect) -> None:
    first = connect(bed.url("h1"))
    first.ensure()
    stuck = master_of(bed.url("h1"))
    os.kill(stuck, signal.SIGSTOP)
    first.suspect()
    first.ensure()
    assert master_of(bed.url("h1")) != stuck
    until(lambda: not Path(f"/proc/{stuck}").exists(), 10, "the end of the stuck one")
    first.dial(bed.address("h1"), 22, 5).close()


def test_a_socket_that_was_removed_is_made_again(bed: Bed, runtime: Runtimes) -> None:
    node = runtime(bed.url("h1"))
    assert node.observe().reachable
    master = master_of(bed.url("h1"))
    Path(places.places(bed.url("h1")).engine).unlink()
    assert node.observe().reachable
    assert master_of(bed.url("h1")) == master


LOOK = """
import sys
from kctl.runtime.ssh.connection import Connection
connection = Connection(sys.argv[1])
sys.stdin.readline()
connection.ensure()
connection.dial(sys.argv[2], 22, 10).close()
print("done")
"""


def test_commands_that_start_together_share_one_master(
    bed: Bed, folder: Path, connect: Connect
) -> None:
    url = bed.url("h1")
    crowd = [
        subprocess.Popen(
            [sys.executable, "-c", LOOK, url, bed.address("h1")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    for each in crowd:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    assert [each.communicate(timeout=60)[0] for each in crowd] == ["done\n"] * len(crowd)
    assert masters(folder) == [master_of(url)]
    connect(url).ensure()
    assert masters(folder) == [master_of(url)]


def test_the_master_outlives_a_command_and_not_the_node(
    bed: Bed, folder: Path, runtime: Runtimes
) -> None:
    first, second = runtime(bed.url("h1")), runtime(bed.url("h1"))
    assert first.observe().reachable
    first.close()
    master = master_of(bed.url("h1"))
    assert second.observe().reachable and master_of(bed.url("h1")) == master
    assert second.execute(CleanNode("n")).ok
    until(lambda: masters(folder) == [], 10, "the end of the master")
    assert [each.name for each in folder.iterdir() if each.suffix != ".conf"] == []


def test_a_connection_in_use_elsewhere_ends_with_its_last_user(
    bed: Bed, folder: Path, connect: Connect
) -> None:
    staying, leaving = connect(bed.url("h1")), connect(bed.url("h1"))
    staying.ensure()
    leaving.ensure()
    master = master_of(bed.url("h1"))
    leaving.leave()
    staying.dial(bed.address("h1"), 22, 5).close()
    assert master_of(bed.url("h1")) == master
    staying.close()
    until(lambda: masters(folder) == [], 10, "the end of the master")
    staying.ensure()
    staying.close()
    assert len(masters(folder)) == 1


def test_who_lets_go_while_another_leaves_ends_the_connection(
    bed: Bed, folder: Path, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    staying, leaving = connect(bed.url("h1")), connect(bed.url("h1"))
    staying.ensure()
    leaving.ensure()
    alone, closing = lock.alone, threading.Thread(target=staying.close)

    def just_before(path: str) -> bool:
        found = alone(path)
        if not closing.ident:
            closing.start()
            until(lambda: alone(path), 5, "the other lets go")
        return found

    monkeypatch.setattr(lock, "alone", just_before)
    leaving.leave()
    closing.join(20)
    until(lambda: masters(folder) == [], 10, "the end of the master")


def test_a_master_that_nobody_knows_of_goes_when_another_is_started(
    bed: Bed, folder: Path, connect: Connect
) -> None:
    """Its socket has gone, so nobody can tell it to end."""
    connection = connect(bed.url("h1"))
    connection.ensure()
    lost = master_of(bed.url("h1"))
    connection.close()
    Path(places.places(bed.url("h1")).control).unlink()
    connection.ensure()
    until(lambda: lost not in masters(folder), 10, "the end of the lost master")
    assert masters(folder) == [master_of(bed.url("h1"))]


def test_waits_grow_and_the_first_success_ends_them(
    bed: Bed, connect: Connect, cut: Callable[[str], None]
) -> None:
    bed.stop_sshd("h2")
    connection = connect(bed.url("h2"))
    attempts: list[str] = []
    deadline = time.monotonic() + 30
    while len(attempts) < 3 and time.monotonic() < deadline:
        with pytest.raises(HostUnreachable) as caught:
            connection.ensure()
        if "next attempt" not in str(caught.value):
            attempts.append(str(caught.value))
        time.sleep(0.02)
    assert len(attempts) == 3
    bed.start_sshd("h2")
    forget_failures(bed.url("h2"))
    connection.ensure()
    assert not Path(places.places(bed.url("h2")).failures).exists()
