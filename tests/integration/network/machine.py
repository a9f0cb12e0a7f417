"""A stand-in for a node: a network namespace, and a root like that of the front's image.

The programs are the machine's own HAProxy, dnsmasq and ip; they see the files of the
front and nothing else of /etc, as they do in the image that the runtime makes of them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from kctl.network.types import Front

PROGRAMS = ("/usr", "/dev", "/proc")
LINKS = ("bin", "sbin", "lib", "lib64")


class Machine:
    """One namespace with its processes; `close` ends them all."""

    def __init__(self, folder: Path) -> None:
        self.name = f"kctln{os.getpid() % 100000}"
        self.folder = folder
        self.processes: list[subprocess.Popen[str]] = []
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        self.run("ip", "link", "set", "lo", "up")

    def prefix(self) -> list[str]:
        return ["nsenter", f"--net=/run/netns/{self.name}"]

    def run(self, *argv: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a program in the namespace, with the machine's own files."""
        return subprocess.run(
            [*self.prefix(), *argv], capture_output=True, text=True, check=check, timeout=30
        )

    def start(self, argv: Sequence[str], log: Path | None = None) -> subprocess.Popen[str]:
        with (log or self.folder / "log").open("a") as out:
            process = subprocess.Popen(
                [*self.prefix(), *argv], stdout=out, stderr=subprocess.STDOUT, text=True
            )
        self.processes.append(process)
        return process

    def get(self, url: str) -> str:
        """The body of an HTTP answer, "" where there is none."""
        return self.run("busybox", "wget", "-qO-", url, check=False).stdout

    def dig(self, *query: str, server: str) -> list[str]:
        asked = ["dig", "+short", "+time=1", "+tries=2", f"@{server}", *query]
        return sorted(self.run(*asked, check=False).stdout.split("\n")[:-1])

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        subprocess.run(["ip", "netns", "del", self.name], check=True)


class RunningFront:
    """A front as its container would run it."""

    def __init__(self, machine: Machine, front: Front) -> None:
        self.machine, self.front = machine, front
        self.reloaded = time.monotonic()
        self.root = machine.folder / front.name
        self._make_root()
        for path, contents in front.files.items():
            self._write(path, contents)
        self.process = machine.start(self._argv(front.command), self.log)

    @property
    def log(self) -> Path:
        return self.machine.folder / f"{self.front.name}.log"

    def _make_root(self) -> None:
        assert not isinstance(self.front.image, str)
        for folder in ("usr", "dev", "proc", "etc", "run"):
            (self.root / folder).mkdir(parents=True)
        for name in LINKS:
            (self.root / name).symlink_to(f"usr/{name}")
        for path, contents, mode in self.front.image.files:
            self._write(path, contents, mode)
        self._write("/etc/resolv.conf", b"")

    def _write(self, path: str, contents: bytes, mode: int = 0o644) -> None:
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(contents)
        target.chmod(mode)

    def _argv(self, command: Sequence[str]) -> list[str]:
        """Every step execs the next, so that the process is the program itself."""
        mounts = "".join(f"mount --rbind {each} {self.root}{each} && " for each in PROGRAMS)
        script = f'{mounts} exec chroot {self.root} "$@"'
        return ["unshare", "--mount", "sh", "-c", script, "front", *command]

    def inside(self, *argv: str) -> subprocess.CompletedProcess[str]:
        return self.machine.run(*self._argv(argv), check=False)

    def apply(self, front: Front) -> None:
        """As the runtime does it: candidates, check, activate, reload, confirm."""
        changed = {path for path in front.files if front.files[path] != self.front.files.get(path)}
        for path, candidate in front.candidate.items():
            self._write(candidate, front.files[path])
        if front.check:
            checked = self.inside(*front.check)
            assert checked.returncode == 0, checked.stderr
        if front.activate:
            assert self.inside(*front.activate).returncode == 0
        else:
            for path in changed:
                self._write(path, front.files[path])
        self.front = front
        if changed - set(front.live):
            # A signal that follows the last within some 20 ms is lost.
            time.sleep(max(0.0, self.reloaded + 0.1 - time.monotonic()))
            self.process.send_signal(getattr(signal, front.reload))
            self.reloaded = time.monotonic()
        self.confirm()

    def confirm(self) -> None:
        if self.front.confirm is None:
            return
        address, port, path, text = self.front.confirm
        url = f"http://{address}:{port}{path}"
        wait_for(lambda: self.machine.get(url) == text, f"{self.front.name} serves {text}")

    def workers(self) -> int:
        """Processes of the front: the master and its children."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return 1 + len(listed.split())

    def drained(self) -> None:
        wait_for(lambda: self.workers() == self.front.workers, "the old workers are gone")


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not in {seconds} s: {what}"
        time.sleep(0.02)
