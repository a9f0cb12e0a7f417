"""One control plane on this machine's engine, and port-forward as a process of its own."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.integration.reconcile.cluster import Cluster, until
from tests.integration.reconcile.conftest import images, shared

__all__ = ["images", "shared"]

_LINE = re.compile(r"Forwarding from (\S+):(\d+) -> (\d+)\n")


class Session:
    """A running `kctl port-forward`. `ports` are the local ports by the remote ones."""

    def __init__(self, cluster: Cluster, process: subprocess.Popen[str], lines: int) -> None:
        self.cluster, self.process = cluster, process
        self.ports: dict[int, int] = {}
        self.addresses: list[str] = []
        assert process.stdout is not None
        for _ in range(lines):
            found = _LINE.fullmatch(process.stdout.readline())
            assert found is not None, process.communicate(timeout=20)
            self.addresses.append(found[1])
            self.ports[int(found[3])] = int(found[2])

    def end(self, number: int = signal.SIGINT) -> tuple[int, str, str]:
        """(exit code, the rest of standard output, standard error)."""
        self.process.send_signal(number)
        return self.result()

    def result(self) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err

    def relays(self) -> int:
        """Containers of ours that stand in a pod's network."""
        marks = {"label": [f"io.kctl.cluster={self.cluster.identity}", "io.kctl.role=relay"]}
        return len(self.cluster.docker.containers(all=True, filters=marks))

    def leaves_nothing(self) -> None:
        until(lambda: not self.relays(), 20, "the relay is gone")


@pytest.fixture
def forward(shared: Cluster) -> Iterator[Callable[..., Session]]:
    """`forward("pod/x", ":80", lines=2)`: a session that listens already."""
    sessions: list[Session] = []

    def start(*words: str, lines: int = 2) -> Session:
        session = Session(shared, shared.start("port-forward", *words), lines)
        sessions.append(session)
        return session

    yield start
    for each in sessions:
        if each.process.poll() is None:
            each.end()
