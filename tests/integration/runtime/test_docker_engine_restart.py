"""An engine that is stopped, killed and started again, while pods run on it."""

from __future__ import annotations

import io
import shutil
import signal
import tarfile
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import docker
import pytest

from kctl.network.types import Front
from kctl.runtime.docker.runtime import DockerRuntime
from kctl.runtime.operations import ApplyFront, CleanNode, PrepareNode

from .conftest import World, eventually
from .engine import OwnEngine

pytestmark = pytest.mark.docker


@pytest.fixture
def engine() -> Iterator[OwnEngine]:
    # Not pytest's own folder: a socket's path has 107 characters at most.
    folder = Path(tempfile.mkdtemp(prefix="kctl-engine-"))
    engine = OwnEngine(folder)
    try:
        engine.start()
        yield engine
    finally:
        engine.close()
        shutil.rmtree(folder)


@pytest.fixture
def away(engine: OwnEngine) -> Iterator[World]:
    """A world on the engine of its own."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        tar.add("/bin/busybox", "bin/busybox")
        for name in ("sh", "sleep"):
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    client = docker.APIClient(base_url=engine.url, version="1.41")
    client.import_image_from_data(
        out.getvalue(), repository="x", tag="1", changes=["ENV PATH=/bin"]
    )
    client.close()
    world = World("x:1")
    world.runtime = DockerRuntime(engine.url, "here", world.settings)
    assert world.runtime.execute(PrepareNode("here", world.network)).ok
    yield world
    assert world.runtime.execute(CleanNode("here")).ok
    world.runtime.close()


def _back(away: World, *pods: dict[str, Any]) -> bool:
    """What holds a network of its own runs again, under the same address.

    What joined another's network may not: the engine starts all at once, and refuses a
    container whose partner is not up yet. Making that anew is the next pass' work."""
    seen = away.runtime.observe()
    if not seen.reachable or not seen.fronts["lb"].running:
        return False
    for pod in pods:
        found = seen.pods[pod["metadata"]["uid"]]
        holder = found.sandbox or found.newest("main")
        if holder is None or holder.state != "running":
            return False
        assert found.address == pod["status"]["podIP"]
    return True


def test_pods_and_fronts_come_back_with_the_engine(engine: OwnEngine, away: World) -> None:
    single, pair = away.pod("single"), away.pod("pair")
    other = {"name": "b", "image": "x:1", "command": ["sleep", "1000"]}
    pair["spec"]["containers"].append(other)
    away.started(single)
    away.started(pair)
    away.started(pair, "b")
    base = Front("lb", "x:1", ("sleep", "99"), "pod", f"{away.prefix}.2", files={"/a": b"x"})
    joined = Front("dns", "x:1", ("sleep", "99"), "front:lb", files={"/a": b"x"})
    for front in (base, joined):
        outcome = away.runtime.execute(ApplyFront("here", front, away.network))
        assert outcome.ok, outcome.message
    words = f"Cannot connect to the Docker daemon at {engine.url}. Is the docker daemon running?"
    for number in (signal.SIGTERM, signal.SIGKILL):
        engine.end(number)
        down = away.runtime.observe()
        assert (down.reachable, down.error) == (False, words)
        assert away.start(away.pod("none")).reason == "Unreachable"
        engine.start()

        eventually(partial(_back, away, single, pair), 30)
        again = away.runtime.execute(ApplyFront("here", joined, away.network))
        assert again.ok, again.message
        seen = away.runtime.observe()
        assert seen.fronts["dns"].running
        assert seen.fronts["dns"].digest == joined.digest
        states = seen.pods[pair["metadata"]["uid"]]
        for name in ("main", "b"):
            state = states.newest(name)
            assert state is not None
            if state.state != "running":
                away.started(pair, name, attempt=state.attempt + 1)
