"""Who runs the passes: one at a time, whoever dies in between, and nothing is lost."""

from __future__ import annotations

import signal
import socket
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from kctl.reconcile.lease import holder
from kctl.store.store import Store
from tests.integration.reconcile.cluster import KCTL, Cluster, pod, until, workload

pytestmark = pytest.mark.docker


def _running(cluster: Cluster, name: str) -> int:
    return len(cluster.containers(name))


def test_a_removed_container_is_made_anew_by_the_next_command(shared: Cluster, image: str) -> None:
    shared.apply(workload("heal", image))
    shared.rolled_out("heal")
    (old,) = shared.containers("heal")
    shared.docker.remove_container(old["Id"], force=True)
    shared.do("get", "pods")
    (new,) = until(lambda: shared.containers("heal"), 10)
    assert new["Id"] != old["Id"]
    (healed,) = shared.pods("heal")
    assert healed["status"]["containerStatuses"][0]["restartCount"] == 1
    shared.docker.kill(new["Id"])
    shared.do("get", "pods")
    until(lambda: shared.containers("heal"), 20)
    assert shared.do("reconcile").endswith(" 0 failures\n")


def test_a_watcher_follows_revisions_and_the_engine_and_leaves_on_sigterm(
    shared: Cluster, image: str, tmp_path: Path
) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(address)
        supervisor.settimeout(20)
        watcher = shared.watch(NOTIFY_SOCKET=address, WATCHDOG_USEC="400000")
        said = [supervisor.recv(100) for _ in range(3)]
        assert said.count(b"READY=1") == 1
        assert b"WATCHDOG=1" in said
        second = shared.start("reconcile", "--watch")

        began = time.monotonic()
        shared.apply(workload("watched", image))
        until(lambda: _running(shared, "watched") == 1, 5)
        assert time.monotonic() - began < 3
        (found,) = shared.containers("watched")
        began = time.monotonic()
        shared.docker.remove_container(found["Id"], force=True)
        until(lambda: _running(shared, "watched") == 1, 5)
        assert time.monotonic() - began < 2

        assert second.poll() is None
        watcher.send_signal(signal.SIGTERM)
        assert watcher.wait(10) == 0
        while supervisor.recv(100) != b"STOPPING=1":
            pass
    assert second.stderr is not None
    lines = iter(second.stderr)
    assert "another process holds the reconcile lease, waiting" in next(lines)
    assert any("msg=watching" in line for line in lines)
    second.send_signal(signal.SIGTERM)
    assert second.wait(10) == 0
    shared.do("delete", "deployment", "watched")


def test_commands_at_once_lose_nothing(shared: Cluster, image: str) -> None:
    shared.apply(workload("many", image, replicas=0))
    commands = [
        shared.start("create", "deployment", f"at-once-{number}", f"--image={image}")
        for number in range(5)
    ]
    commands += [shared.start("scale", "deployment/many", f"--replicas={n}") for n in range(1, 6)]
    for command in commands:
        _, err = command.communicate(timeout=90)
        assert (command.returncode, err) == (0, "")
    names = [f"at-once-{number}" for number in range(5)]
    for name in names:
        shared.rolled_out(name)
    wanted = shared.get("deployment", "many")["spec"]["replicas"]
    until(lambda: _running(shared, "many-") == wanted, 20)
    assert _running(shared, "at-once-") == 5
    assert wanted in range(1, 6)
    shared.do("delete", "deployment", "many", *names, "--wait=false")


def test_a_killed_command_is_made_good_by_the_next(shared: Cluster, image: str) -> None:
    command = shared.start("create", "deployment", "cut", f"--image={image}", "--replicas=4")
    until(lambda: _running(shared, "cut-") >= 1, 20)
    command.send_signal(signal.SIGKILL)
    command.wait()
    shared.do("reconcile")
    shared.rolled_out("cut")
    assert _running(shared, "cut-") == 4
    assert len(shared.containers("cut-", stopped=True)) == 4
    shared.do("delete", "deployment", "cut", "--wait=false")


def test_an_interrupted_command_says_nothing_and_loses_nothing(shared: Cluster, image: str) -> None:
    command = shared.start("create", "deployment", "ctrl-c", f"--image={image}", "--replicas=6")
    until(lambda: _running(shared, "ctrl-c-") >= 1, 20)
    command.send_signal(signal.SIGINT)
    out, err = command.communicate(timeout=20)
    assert (command.returncode, err) == (130, "")
    assert out == "deployment.apps/ctrl-c created\n"
    assert shared.kctl("reconcile").code == 0
    shared.rolled_out("ctrl-c")
    assert len(shared.containers("ctrl-c-", stopped=True)) == 6
    shared.do("delete", "deployment", "ctrl-c", "--wait=false")


def test_cron_gets_a_summary_and_an_exit_code(shared: Cluster, image: str) -> None:
    assert shared.kctl("reconcile", "--until-settled").code == 0
    ran = shared.kctl("reconcile")
    assert ran.code == 0
    assert ran.out.endswith("0 writes, 0 operations, 0 failures\n")


def test_until_settled_ends_when_a_pod_is_ready(shared: Cluster, image: str) -> None:
    probe = {"exec": {"command": ["cat", "/up"]}, "periodSeconds": 1}
    shared.apply(pod("late", image, "sleep 2; echo > /up; sleep 1000 & wait", readinessProbe=probe))
    ran = shared.kctl("reconcile", "--until-settled", "--timeout=30s")
    assert ran.code == 0
    until(lambda: shared.ready("late"), 15)


def test_who_waits_for_the_world_to_settle_makes_room_for_a_watcher(
    cluster: Cluster, image: str
) -> None:
    cluster.apply(pod("never", image, readinessProbe={"exec": {"command": ["false"]}}))
    with Store.open(cluster.home / "kctl.db") as store:
        settling = until(lambda: holder(store), 10, "somebody waits for the pod")
        assert settling.detail == "until-settled"
        watcher = cluster.watch()
        found = holder(store)
        assert found is not None and (found.detail, found.pid) == ("watch", watcher.pid)


def test_a_dead_engine_keeps_what_was_written_for_later(tmp_path: Path, image: str) -> None:
    socket_path = tmp_path / "docker.sock"
    cluster = Cluster(tmp_path / "home", DOCKER_HOST=f"unix://{socket_path}")
    try:
        ran = cluster.kctl("create", "deployment", "web", f"--image={image}")
        assert (ran.code, ran.out) == (1, "deployment.apps/web created\n")
        assert ran.err == (
            "error: saved, but not carried out: Cannot connect to the Docker daemon at "
            f"unix://{socket_path}. Is the docker daemon running?\n"
        )
        assert cluster.kctl("reconcile").code == 1
        socket_path.symlink_to("/var/run/docker.sock")
        cluster.rolled_out("web")
        assert _running(cluster, "web") == 1
    finally:
        cluster.close()


def test_haproxy_that_is_not_installed_is_named(cluster: Cluster, tmp_path: Path) -> None:
    """In a mount namespace of its own, in which the program is a file that nobody can run."""
    (tmp_path / "nothing").touch(0o600)
    hide = f'mount --bind {tmp_path}/nothing "$(readlink -f "$(command -v haproxy)")" && exec "$@"'
    ran = subprocess.run(
        ["unshare", "-m", "sh", "-c", hide, "sh", *KCTL, "create", "service", "clusterip", "web",
         "--tcp=80"],
        env=cluster.env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.stdout == "service/web created\n"
    said = ran.stderr + "\n".join(cluster.messages("FrontFailed"))
    said += "\n".join(cluster.messages("LoadBalancerFailed"))
    assert "haproxy is not installed on this machine: install it with apt-get install" in said
    until(lambda: "lb" in _fronts(cluster), 20)


def _fronts(cluster: Cluster) -> set[str]:
    marks = {"label": [f"io.kctl.cluster={cluster.identity}", "io.kctl.front"]}
    cluster.do("get", "services")
    return {row["Labels"]["io.kctl.front"] for row in cluster.docker.containers(filters=marks)}


def test_a_node_port_that_is_taken_is_told_and_served_later(cluster: Cluster, images: str) -> None:
    from tests.integration.reconcile.cluster import free_port

    cluster.apply(workload("web", f"{images}:v1"))
    port = free_port()
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", port))
        taken.listen()
        spec = {"type": "NodePort", "selector": {"app": "web"}}
        service = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web"},
            "spec": {**spec, "ports": [{"port": 80, "nodePort": port}]},
        }
        cluster.apply(service)
        until(lambda: any(str(port) in each["message"] for each in cluster.items("events")), 15)
    until(lambda: _answers(cluster, port), 90)


def _answers(cluster: Cluster, port: int) -> bool:
    cluster.kctl("reconcile")
    ran = subprocess.run(
        ["wget", "-qO-", "-T", "2", "-t", "1", f"http://127.0.0.1:{port}/"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return ran.stdout.startswith("v1 from web-")


def test_a_changed_setting_counts_at_once_though_somebody_waits(
    cluster: Cluster, image: str
) -> None:
    """Who waits for the world to settle goes by the settings of its start, and makes room."""
    late = {"httpGet": {"path": "/", "port": 80}, "initialDelaySeconds": 60}
    cluster.apply(workload("web", image, readinessProbe=late))
    until(lambda: _lease_holder(cluster) == "until-settled", 20, "somebody waits")
    cluster.do("settings", "pod-eviction-timeout", "7")
    cluster.do("scale", "deployment/web", "--replicas=2")
    until(lambda: len(cluster.pods("web")) == 2, 20, "two pods")
    given = [
        {each["tolerationSeconds"] for each in pod["spec"]["tolerations"]}
        for pod in cluster.pods("web")
    ]
    assert sorted(map(sorted, given)) == [[7], [30]]


def _lease_holder(cluster: Cluster) -> str:
    with sqlite3.connect(cluster.home / "kctl.db") as database:
        row = database.execute("SELECT detail FROM leases WHERE name = 'reconcile'").fetchone()
    return row[0] if row else ""
