"""An engine of its own, in a network namespace without a way out, to stop and to kill."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
import uuid
from pathlib import Path

import docker


class OwnEngine:
    """`nsenter`, not `ip netns exec`: the latter hides the cgroup mounts from the daemon."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.namespace = f"kctlt{uuid.uuid4().hex[:6]}"
        self.url = f"unix://{folder}/docker.sock"
        subprocess.run(["ip", "netns", "add", self.namespace], check=True)
        self._inside("ip", "link", "set", "lo", "up")

    def _inside(self, *argv: str) -> None:
        enter = f"--net=/run/netns/{self.namespace}"
        subprocess.run(["nsenter", enter, *argv], check=True)

    def start(self) -> None:
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [
                    *("nsenter", f"--net=/run/netns/{self.namespace}", "dockerd"),
                    *("-H", self.url, "--data-root", f"{self.folder}/data"),
                    *("--exec-root", f"{self.folder}/exec", "-p", f"{self.folder}/pid"),
                ],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + 60
        while not self._answers():
            assert time.monotonic() < deadline, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            client = docker.APIClient(base_url=self.url, version="1.41", timeout=2)
            return bool(client.ping())
        except Exception:  # noqa: BLE001 - not there yet, in whatever way
            return False

    def end(self, number: int) -> None:
        self.process.send_signal(number)
        self.process.wait(60)
        self._end_containerd()

    def _end_containerd(self) -> None:
        """A killed daemon leaves its containerd or at least a file that names it, and the
        next one would wait for it."""
        left = self.folder / "exec" / "containerd" / "containerd.pid"
        if left.exists():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(left.read_text()), signal.SIGKILL)
            left.unlink()

    def _end_shims(self) -> None:
        """What a test that failed half-way left running under this engine."""
        for found in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if f"{self.folder}/exec/containerd" in found.read_text():
                    for each in found.parent.glob("task/*/children"):
                        for child in each.read_text().split():
                            os.kill(int(child), signal.SIGKILL)
                    os.kill(int(found.parent.name), signal.SIGKILL)

    def close(self) -> None:
        """The daemon, what it left of its containerd, its namespace."""
        if self.process.poll() is None:
            self.end(signal.SIGTERM)
        self._end_containerd()
        self._end_shims()
        subprocess.run(["ip", "netns", "del", self.namespace], check=True)
        mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
        for each in reversed([each for each in mounts if each.startswith(f"{self.folder}/")]):
            subprocess.run(["umount", "--lazy", each], check=True)
