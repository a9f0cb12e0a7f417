"""Two hosts with Docker and sshd, and a private folder for the connections to them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kctl.runtime.docker.runtime import DockerRuntime
from kctl.runtime.ssh import master, places
from kctl.runtime.ssh.connection import Connection
from tests.integration.hosts.bed import Bed
from tests.integration.hosts.fixtures import images
from tests.integration.reconcile.cluster import until

__all__ = ["images"]

Connect = Callable[[str], Connection]


@pytest.fixture(scope="session")
def bed() -> Iterator[Bed]:
    made = Bed("flat", hosts=2)
    yield made
    made.close()


@pytest.fixture
def folder(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The runtime folder; afterwards no master is left that was started in it."""
    made = Path(tempfile.mkdtemp(prefix="kctl-ssh-"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(made))
    for name, value in bed.env.items():
        monkeypatch.setenv(name, value)
    yield made / "kctl"
    for control in (made / "kctl").glob("*.ctl"):
        subprocess.run(
            ["ssh", "-S", control, "-O", "exit", "x"],
            capture_output=True,
            check=False,
            timeout=10,
        )
    until(lambda: not masters(made), 10, "the end of every master")
    shutil.rmtree(made)


def masters(folder: Path) -> list[int]:
    """Processes of ssh that were started in a folder."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = each.read_bytes()
        except OSError:
            continue
        if line.startswith(b"ssh\0") and str(folder).encode() in line:
            found.append(int(each.parent.name))
    return found


@pytest.fixture
def connect(folder: Path) -> Iterator[Connect]:
    """Connections that are closed, and their masters ended, after the test."""
    made: list[Connection] = []

    def make(url: str) -> Connection:
        made.append(Connection(url))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def runtime(connect: Connect) -> Callable[[str], DockerRuntime]:
    def make(url: str) -> DockerRuntime:
        return DockerRuntime(url, "n", {"cluster-id": "kctl-test-ssh"}, connect(url))

    return make


def forget_failures(url: str) -> None:
    """Let the next attempt come at once."""
    Path(places.places(url).failures).unlink(missing_ok=True)


def master_of(url: str) -> int:
    (found,) = master.processes(places.places(url))
    return found


def configuration(bed: Bed, path: Path, text: str) -> str:
    """A file of ssh options with the bed's key; what `text` says counts first."""
    path.write_text(f"{text}\nHost *\n  User root\n  IdentityFile {bed.folder}/key\n")
    os.environ["KCTL_SSH_CONFIG"] = str(path)  # the fixture `folder` puts it back
    return str(path)
