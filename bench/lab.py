"""What the benchmarks share: a control plane of their own, an image, peers, clean-up."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KCTL = str(ROOT / ".venv/bin/kctl")
KUBECTL = str(ROOT / ".venv/bin/kubectl")
IMAGE = "kctl-bench/web:v1"
IMAGE2 = "kctl-bench/web:v2"


class Lab:
    """A home in a temporary folder; `kctl` runs the real program on it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._cluster = ""
        self.environment = {**os.environ, "KCTL_HOME": str(home)}

    def kctl(self, *words: str, timeout: float = 180.0) -> str:
        """Standard output; RuntimeError with everything it said when it fails."""
        done = subprocess.run(
            [KCTL, *words], env=self.environment, capture_output=True, text=True, timeout=timeout
        )
        if done.returncode != 0:
            raise RuntimeError(f"kctl {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def pods(self) -> list[str]:
        """Ids of the running containers of this control plane's pods."""
        if not self._cluster:
            self._cluster = self.kctl("settings", "cluster-id").strip()
        ours = f"label=io.kctl.cluster={self._cluster}"
        pods = "label=io.kubernetes.pod.uid"
        return docker("ps", "-q", "--no-trunc", "--filter", ours, "--filter", pods).split()

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """A kctl that stays, such as `reconcile --watch`."""
        return subprocess.Popen(
            [KCTL, *words],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@contextmanager
def lab() -> Iterator[Lab]:
    """A control plane that is gone afterwards, with everything that it made."""
    folder = Path(tempfile.mkdtemp(prefix="kctl-bench-"))
    found = Lab(folder / "home")
    try:
        yield found
    finally:
        if (found.home / "kctl.db").exists():
            found.kctl("reset", "--yes")
        shutil.rmtree(folder, ignore_errors=True)


def docker(*words: str, check: bool = True) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise RuntimeError(f"docker {' '.join(words)}: {done.stderr}")
    return done.stdout.strip()


@contextmanager
def images() -> Iterator[None]:
    """Two versions of a small web server."""
    for image in (IMAGE, IMAGE2):
        subprocess.run([str(ROOT / "scripts/demo-image"), image], check=True, capture_output=True)
    try:
        yield
    finally:
        docker("image", "rm", "-f", IMAGE, IMAGE2, check=False)


@contextmanager
def swarm() -> Iterator[None]:
    """This engine as a swarm of one, for as long as it is measured."""
    docker("swarm", "init", "--advertise-addr", "127.0.0.1")
    try:
        yield
    finally:
        docker("swarm", "leave", "--force")
        docker("network", "rm", "docker_gwbridge", check=False)


def running(label: str) -> list[str]:
    """Ids of running containers with a label."""
    return docker("ps", "-q", "--no-trunc", "--filter", f"label={label}").split()


def wait_for(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("what is measured did not come about")
        time.sleep(0.01)


def seconds_of(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def median(values: list[float]) -> float:
    return statistics.median(values)


def say(text: str) -> None:
    """Progress, on stderr, so that a table on stdout stays one."""
    print(text, file=sys.stderr, flush=True)
