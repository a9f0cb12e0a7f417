"""Images travel over SSH to hosts, without the layers that are there."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import docker
import pytest

from tests.integration.hosts.bed import Bed, Kctl
from tests.integration.images.conftest import COMMON
from tests.integration.reconcile.cluster import until

pytestmark = pytest.mark.docker
SENT = re.compile(r"image/(\S+) loaded on node (\S+) \((\S+ \S+) of (\S+ \S+) sent\)")
UNITS = {"B": 1, "kB": 1000, "MB": 1_000_000}


def cost(line: str) -> tuple[str, str, float, float]:
    """(image, node, bytes sent, bytes in all) of a line of output."""
    match = SENT.fullmatch(line)
    assert match, line
    sent, total = (float(each.split()[0]) * UNITS[each.split()[1]] for each in match.groups()[2:])
    return match[1], match[2], sent, total


def received(bed: Bed, host: str) -> int:
    """Bytes that came in by the host's cable."""
    ran = bed.run(host, "ip", "-s", "-j", "link", "show", "eth0")
    return int(json.loads(ran.out)[0]["stats64"]["rx"]["bytes"])


def identity(engine: docker.APIClient, name: str) -> str:
    return str(engine.inspect_image(name)["Id"])


def test_only_the_layers_that_a_host_lacks_travel(
    kctl: Kctl, bed: Bed, app: str, local: docker.APIClient
) -> None:
    first = [cost(line) for line in kctl.do("image", "load", f"{app}:1").splitlines()]
    assert [(image, node) for image, node, _, _ in first] == [
        (f"{app}:1", "h1"),
        (f"{app}:1", "h2"),
    ]
    assert all(sent == total > COMMON for _, _, sent, total in first)
    before = received(bed, "h1")
    ((_, _, sent, total),) = [
        cost(line) for line in kctl.do("image", "load", f"{app}:2", "--nodes=h1").splitlines()
    ]
    assert sent < 50_000 and total > COMMON
    assert received(bed, "h1") - before < COMMON / 2
    assert identity(bed.engine("h1"), f"{app}:2") == identity(local, f"{app}:2")
    own = bed.engine("h1").create_container(f"{app}:2", ["cat", "/own"])
    bed.engine("h1").start(own)
    bed.engine("h1").wait(own)
    assert bed.engine("h1").logs(own) == b"2"
    bed.engine("h1").remove_container(own, force=True)
    again = kctl.do("image", "load", f"{app}:2", "--nodes=h1")
    assert cost(again.strip())[2] == 0


def test_an_archive_compressed_or_not_or_through_a_pipe(
    kctl: Kctl, bed: Bed, app: str, archive: Path, tmp_path: Path
) -> None:
    packed = tmp_path / "app.tar.gz"
    packed.write_bytes(gzip.compress(archive.read_bytes(), 1))
    kctl.do("label", "node", "h2", "disk=ssd")
    lines = kctl.do("image", "load", str(packed), "-l", "disk=ssd").splitlines()
    loaded = sorted(cost(line)[:2] for line in lines)  # an engine saves them in any order
    assert loaded == [(f"{app}:1", "h2"), (f"{app}:2", "h2")]
    with open(archive, "rb") as file:
        done = subprocess.run(
            [sys.executable, "-m", "kctl", "image", "load", "-", "--nodes=h1"],
            stdin=file,
            env=kctl.env,
            capture_output=True,
            text=True,
            check=True,
        )
    assert len(done.stdout.splitlines()) == 2
    assert identity(bed.engine("h1"), f"{app}:1") == identity(bed.engine("h2"), f"{app}:1")


def test_from_one_node_to_another(kctl: Kctl, bed: Bed, app: str) -> None:
    kctl.do("image", "load", f"{app}:1", "--nodes=h1")
    nobody = {"DOCKER_HOST": "unix:///nonexistent/docker.sock"}
    ran = kctl.kctl("image", "load", f"{app}:1", "--nodes=h2", **nobody)
    assert ran.code == 1
    assert ran.err == (
        "error: Cannot connect to the Docker daemon at unix:///nonexistent/docker.sock. "
        "Is the docker daemon running?\n"
    )
    kctl.do("image", "load", f"{app}:1", "--nodes=h2", "--from=h1", **nobody)
    assert identity(bed.engine("h1"), f"{app}:1") == identity(bed.engine("h2"), f"{app}:1")


@pytest.mark.parametrize("keep", [200, 300_000, -700])
def test_a_damaged_archive_is_refused(kctl: Kctl, bed: Bed, archive: Path, keep: int) -> None:
    archive.write_bytes(archive.read_bytes()[:keep] if keep > 0 else b"x" * -keep)
    ran = kctl.kctl("image", "load", str(archive))
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"error: {archive}: archive/tar: "), ran.err


def test_a_layer_that_was_tampered_with_is_refused_by_the_engine(
    kctl: Kctl, bed: Bed, app: str, archive: Path
) -> None:
    data = bytearray(archive.read_bytes())
    at = data.index(b"busybox", COMMON // 2)
    data[at : at + 7] = b"basybox"
    archive.write_bytes(bytes(data))
    ran = kctl.kctl("image", "load", str(archive), "--nodes=h1")
    assert ran.code == 1
    assert 'error: node "h1": Error response from daemon: ' in ran.err
    with pytest.raises(docker.errors.ImageNotFound):
        bed.engine("h1").inspect_image(f"{app}:1")


def test_what_is_not_there_is_named_and_the_rest_is_done(kctl: Kctl, app: str) -> None:
    ran = kctl.kctl("image", "load", "no/such:1", "./none.tar", f"{app}:1", "--nodes=h1")
    assert ran.code == 1
    assert ran.err == (
        "error: Error response from daemon: No such image: no/such:1\n"
        "error: open ./none.tar: no such file or directory\n"
    )
    assert cost(ran.out.strip())[0] == f"{app}:1"
    ran = kctl.kctl("image", "load", f"{app}:1", "--nodes=h1,h9")
    assert ran.err == 'Error from server (NotFound): nodes "h9" not found\n'


def test_a_node_that_does_not_answer_is_named_and_the_others_are_served(
    kctl: Kctl, bed: Bed, app: str
) -> None:
    bed.stop_sshd("h2")
    try:
        ran = kctl.kctl("image", "load", f"{app}:1", "--nodes=h1,h2")
        assert ran.code == 1
        assert cost(ran.out.strip())[1] == "h1"
        assert 'error: node "h2": ' in ran.err
    finally:
        bed.start_sshd("h2")
    until(lambda: kctl.kctl("image", "list", "--nodes=h2").code == 0, 30, "h2 is back")
    kctl.do("reconcile")
    until(lambda: kctl.node_status("h2") == "True", 30, "h2 is ready")
