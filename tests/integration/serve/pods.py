"""A server that runs pods on this machine's engine, and kubectl on a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker

from tests.integration.serve.served import KUBECTL, Object, Served, older_kubectls

_SCRIPT = Path(__file__).parents[3] / "scripts" / "demo-image"
TOOLS = "tar stty wc head tail dd sha256sum touch test tty mkdir"
"""What the demo image lacks of its busybox."""
NEWEST = "1.37"
VERSIONS = ("1.27", "1.29", "1.30", "1.31", "1.33", NEWEST)


def binary(version: str) -> Path | None:
    """kubectl of a version, None where this machine has none."""
    return KUBECTL if version == NEWEST else older_kubectls().get(version)


@contextmanager
def demo_image() -> Iterator[str]:
    name = f"kctl-test-streams-{uuid.uuid4().hex[:8]}:v1"
    subprocess.run([_SCRIPT, name], check=True, capture_output=True)
    try:
        yield name
    finally:
        client = docker.APIClient(base_url="unix:///var/run/docker.sock", version="auto")
        client.remove_image(name, force=True)
        client.close()


def container(image: str, script: str, name: str = "c", **fields: Any) -> Object:
    """One that runs a shell command, with the tools, and leaves when it is told."""
    tools = f"for t in {TOOLS}; do busybox ln -sf busybox /bin/$t; done"
    command = ["busybox", "sh", "-c", f"{tools}; trap 'exit 0' TERM; {script}"]
    return {"name": name, "image": image, "command": command, **fields}


def pod(name: str, *containers: Object, **labels: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": labels},
        "spec": {"terminationGracePeriodSeconds": 1, "containers": list(containers)},
    }


@contextmanager
def serving_pods(folder: Path, *objects: Object) -> Iterator[Served]:
    """Once the pods among the objects are ready; nothing is left behind."""
    made = Served(folder, reconcile=True)
    try:
        made.apply(*objects)
        made.do("wait", "pods", "--all", "--for=condition=Ready", "--timeout=60s")
        yield made
        assert "Traceback" not in made.log() and "error:" not in made.log(), made.log()
    finally:
        code = made.stop()
        reset = made.kctl("reset", "--yes")
    assert code == 0, made.log()
    assert reset.code == 0, reset


class Terminal:
    """A program on a terminal of its own; close it."""

    def __init__(self, argv: list[str], environment: dict[str, str]) -> None:
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.execve(argv[0], argv, environment)
        self.shown = b""
        self.resize(33, 77)

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def until(self, text: str, seconds: float = 20.0) -> None:
        """Wait until it is shown, behind whatever was waited for before."""
        deadline = time.monotonic() + seconds
        while text.encode() not in self.shown:
            assert time.monotonic() < deadline, (text, self.shown)
            self._read()
        self.shown = self.shown.partition(text.encode())[2]

    def _read(self) -> bool:
        ready, _, _ = select.select([self._fd], [], [], 0.2)
        try:
            part = os.read(self._fd, 65536) if ready else b" "
        except OSError:
            return False
        self.shown += part if ready else b""
        return bool(part)

    def code(self) -> int:
        """Of its exit, which is waited for."""
        while self._read():
            continue
        _, status = os.waitpid(self.pid, 0)
        os.close(self._fd)
        return os.waitstatus_to_exitcode(status)
