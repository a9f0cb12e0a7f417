"""What the other tests stand on: hosts that are apart, can be broken, and leave nothing."""

from __future__ import annotations

import json
import subprocess
import time
from datetime import datetime, timedelta

import pytest

from tests.integration.hosts.bed import Bed
from tests.integration.reconcile.cluster import until

pytestmark = pytest.mark.docker
HOST_COUNT = 2


@pytest.fixture(scope="module")
def web(bed: Bed, images: str) -> str:
    bed.load(f"{images}:v1")
    return f"{images}:v1"


def ssh(bed: Bed, host: str, command: str) -> subprocess.CompletedProcess[str]:
    words = ["ssh", "-F", str(bed.folder / "ssh_config"), "-o", "ConnectTimeout=3"]
    return subprocess.run(
        [*words, bed.url(host).removeprefix("ssh://"), command],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def start(bed: Bed, host: str, image: str, name: str) -> int:
    """A container with a restart policy; the process id of its first process."""
    engine = bed.engine(host)
    config = engine.create_host_config(restart_policy={"Name": "always"})
    engine.create_container(image, name=name, host_config=config)
    engine.start(name)
    return int(engine.inspect_container(name)["State"]["Pid"])


def alive(pid: int) -> bool:
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, check=False)
    return done.stdout[:1] not in (b"", b"Z")


def test_a_login_sees_the_host_and_not_this_machine(bed: Bed) -> None:
    asked = "hostname; docker -H unix:///var/run/docker.sock info -f '{{.Name}}'"
    assert ssh(bed, "h2", asked).stdout.split() == ["h2", "h2"]
    assert bed.run("h1", "ip", "route", "show", "default").out == ""


def test_a_cut_host_is_silent_and_comes_back(bed: Bed) -> None:
    bed.cut("h1")
    assert ssh(bed, "h1", "true").returncode == 255
    assert ssh(bed, "h2", "true").returncode == 0
    bed.mend("h1")
    assert ssh(bed, "h1", "true").returncode == 0


def test_power_off_ends_every_process_of_that_host_alone(bed: Bed, web: str) -> None:
    ours, theirs = start(bed, "h1", web, "ours"), start(bed, "h2", web, "theirs")
    bed.run("h1", "ip", "route", "add", "192.0.2.128/25", "dev", "lo")
    bed.off("h1")
    assert (alive(ours), alive(theirs)) == (False, True)
    bed.on("h1")
    assert "192.0.2.128" not in bed.run("h1", "ip", "route").out
    state = bed.engine("h1").inspect_container("ours")["State"]
    assert state["Pid"] != ours  # a restart policy starts it anew, from the disk
    for host, name in (("h1", "ours"), ("h2", "theirs")):
        bed.engine(host).remove_container(name, force=True)


def test_containers_survive_an_engine_that_was_killed(bed: Bed, web: str) -> None:
    pid = start(bed, "h1", web, "survivor")
    bed.kill_engine("h1")
    assert alive(pid)
    bed.start_engine("h1")
    bed.engine("h1").remove_container("survivor", force=True)
    assert not alive(pid)


def test_a_slow_host_is_slow_both_ways(bed: Bed) -> None:
    bed.slow("h1")
    begun = time.monotonic()
    assert ssh(bed, "h1", "head -c 40000 /dev/zero").returncode == 0
    slow = time.monotonic() - begun
    bed.fast("h1")
    assert slow > 2  # 40 kB at 8 kB a second, less what the queue takes at once
    assert "tbf" not in bed.run("h1", "tc", "qdisc", "show", "dev", "eth0").out


def test_a_skewed_engine_tells_wrong_times_and_hears_them(bed: Bed, web: str) -> None:
    start(bed, "h1", web, "skewed")
    true = bed.engine("h1").inspect_container("skewed")["State"]["StartedAt"]
    created = bed.engine("h1").containers()[0]["Created"]
    with bed.skewed("h1", -7200):
        told = json.loads(ssh(bed, "h1", "docker inspect skewed").stdout)[0]["State"]["StartedAt"]
        assert datetime.fromisoformat(true) - datetime.fromisoformat(told) == timedelta(hours=2)
        assert bed.engine("h1").containers()[0]["Created"] == created - 7200
        since = created - 7200 - 1
        events = bed.engine("h1").events(since=since, until=since + 5, decode=True)
        assert {"create", "start"} <= {event["Action"] for event in events}
    assert bed.engine("h1").inspect_container("skewed")["State"]["StartedAt"] == true
    bed.engine("h1").remove_container("skewed", force=True)


def test_two_beds_do_not_meet_and_down_can_be_repeated(bed: Bed) -> None:
    other = Bed("closed", 1)
    try:
        assert other.address("h1").split(".")[:3] != bed.address("h1").split(".")[:3]
        assert ssh(other, "h1", "hostname").stdout == "h1\n"
    finally:
        other.close()
    other.close()
    assert ssh(bed, "h1", "hostname").stdout == "h1\n"


def test_hosts_that_another_bed_keeps_up_can_be_reborn(bed: Bed) -> None:
    """No host holds the network of another one alive after that one is off."""
    other = Bed("flat", 2)
    try:
        other.off("h1")
        other.on("h1")
        until(lambda: ssh(other, "h1", "true").returncode == 0, 10, "h1 of the other bed")
    finally:
        other.close()
    assert (
        other.name
        not in subprocess.run(
            ["ip", "-br", "link"], capture_output=True, text=True, check=True
        ).stdout
    )
