"""Several Docker hosts on this machine, and a control plane over them.

For other integration tests to import, with the fixtures `bed` and `kctl` of
`tests.integration.hosts.fixtures`, or by hand:

    bed = Bed("flat", hosts=3)           # h1, h2, h3: an engine and an sshd each
    bed.load(image)                      # an image of this machine's engine, on every host
    kctl = Kctl(tmp_path / "home", bed)  # a control plane that knows none of them yet
    kctl.join("h1")                      # kctl join ssh://root@10.64.1.11 h1
    kctl.apply(...); kctl.watch(); bed.cut("h2"); ...
    kctl.close(); bed.close()            # asserts that nothing is left on any engine

`Kctl` is the `Cluster` of the single-host tests with the environment of the bed; its commands
run as processes of their own (`kctl.do("get", "nodes")`).
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import IO, Any, Literal

import docker

from tests.integration.reconcile.cluster import LABEL, Cluster, Object, Ran, condition, until

Layout = Literal["flat", "routed", "closed"]
ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "scripts" / "hosts"
_SKEW = Path(__file__).with_name("skew.py")
_numbers = count(os.getpid() * 10 % 1_000_000)


class Bed:
    """Hosts h1, h2, ... of `scripts/hosts`; see its head for what each verb does."""

    def __init__(self, layout: Layout = "flat", hosts: int = 3) -> None:
        self.layout = layout
        self.name = f"{next(_numbers) % 1_000_000:06d}"
        self.hosts = tuple(f"h{number}" for number in range(1, hosts + 1))
        self._engines: dict[str, docker.APIClient] = {}
        self._skews: dict[str, subprocess.Popen[bytes]] = {}
        self.script("up", self.name, str(hosts), layout)

    def script(self, *words: str, seconds: float = 120) -> str:
        done = subprocess.run(
            [SCRIPT, *words],
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout

    @property
    def folder(self) -> Path:
        return Path("/var/lib/kctl-hosts") / self.name

    @property
    def env(self) -> dict[str, str]:
        """What kctl needs to know: the ssh configuration; this machine is no node."""
        return {"KCTL_SSH_CONFIG": str(self.folder / "ssh_config"), "KCTL_LOCAL_HOST": "none"}

    def address(self, host: str) -> str:
        return self.script("address", self.name, host).strip()

    def url(self, host: str) -> str:
        return f"ssh://root@{self.address(host)}"

    def socket(self, host: str) -> Path:
        """The host's engine as this machine reaches it, whatever its network does."""
        return self.folder / host / "run" / "docker.sock"

    def engine(self, host: str) -> docker.APIClient:
        if host not in self._engines:
            url = f"unix://{self.socket(host)}"
            self._engines[host] = docker.APIClient(base_url=url, version="auto", timeout=20)
        return self._engines[host]

    # --- faults, and their ends ---

    def cut(self, host: str) -> None:
        self.script("cut", self.name, host)

    def mend(self, host: str) -> None:
        self.script("mend", self.name, host)

    def slow(self, host: str) -> None:
        self.script("slow", self.name, host)

    def fast(self, host: str) -> None:
        self.script("fast", self.name, host)

    def off(self, host: str) -> None:
        """Power is lost: every process, rule and route is gone; the disk stays."""
        self._forget(host)
        self.script("off", self.name, host)

    def on(self, host: str) -> None:
        self.script("on", self.name, host)

    def stop_engine(self, host: str) -> None:
        """The engine and, as Docker has it by default, its containers."""
        self._forget(host)
        self.script("stop-engine", self.name, host)

    def kill_engine(self, host: str) -> None:
        """The engine dies; its containers go on until it starts, which makes them anew as
        their restart policies say (Docker's live-restore is off by default)."""
        self._forget(host)
        self.script("kill-engine", self.name, host)

    def start_engine(self, host: str) -> None:
        self.script("start-engine", self.name, host)

    def stop_sshd(self, host: str) -> None:
        """The server and every connection through it."""
        self.script("stop-sshd", self.name, host)

    def start_sshd(self, host: str) -> None:
        self.script("start-sshd", self.name, host)

    @contextmanager
    def skewed(self, host: str, seconds: int) -> Iterator[None]:
        """The host's clock is wrong by so many seconds, in everything its engine says."""
        self._forget(host)
        real = self.socket(host).with_name("engine.sock")
        self.socket(host).rename(real)
        words = [sys.executable, str(_SKEW), str(real), str(self.socket(host)), str(seconds)]
        proxy = subprocess.Popen(words)
        try:
            until(self.socket(host).exists, 10, "the skewed socket")
            yield
        finally:
            proxy.terminate()
            proxy.wait(10)
            self._forget(host)
            real.rename(self.socket(host))

    def _forget(self, host: str) -> None:
        if client := self._engines.pop(host, None):
            client.close()

    # --- on the hosts ---

    def run(self, host: str, *command: str, seconds: float = 30) -> Ran:
        """A command on the host: in its network, with its /run."""
        done = subprocess.run(
            [SCRIPT, "run", self.name, host, *command],
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def load(self, image: str, *hosts: str) -> None:
        """Give hosts (all of them) an image of this machine's engine, behind kctl's back."""
        saved = subprocess.run(["docker", "save", image], capture_output=True, check=True).stdout
        for host in hosts or self.hosts:
            list(self.engine(host).load_image(saved))  # type: ignore[no-untyped-call]

    def close(self) -> None:
        for host in list(self._engines):
            self._forget(host)
        self.script("down", self.name)
        assert not self.folder.exists()


class Kctl(Cluster):
    """A control plane in a home of its own over the hosts of a bed."""

    def __init__(self, home: Path, bed: Bed, **env: str) -> None:
        super().__init__(home, **bed.env, **env)
        self.bed = bed

    def kctl(self, *words: str, stdin: str = "", seconds: float = 240, **env: str) -> Ran:
        """A command; it has longer than on one host, since it may find one that is slow."""
        return super().kctl(*words, stdin=stdin, seconds=seconds, **env)

    def join(self, host: str, *flags: str) -> str:
        return self.do("join", self.bed.url(host), host, *flags)

    def node_status(self, host: str) -> str:
        """The status of a node's Ready condition: True, False or Unknown."""
        return str(condition(self.get("node", host), "Ready").get("status"))

    def on(self, host: str, app: str = "", *, stopped: bool = False) -> list[Object]:
        """The containers of one host that belong to pods of this control plane, of the pods
        whose names start so; sandboxes are not among them."""
        rows = self.bed.engine(host).containers(
            all=stopped, filters={"label": [f"{LABEL}={self.identity}"]}
        )
        return [row for row in rows if _pod_container(row["Labels"], app)]

    def left_behind(self, host: str) -> list[str]:
        """What this control plane has on a host: containers, networks, volumes."""
        engine, marks = self.bed.engine(host), {"label": [f"{LABEL}={self.identity}"]}
        found = [row["Names"][0] for row in engine.containers(all=True, filters=marks)]
        found += [network["Name"] for network in engine.networks(filters=marks)]
        return found + [each["Name"] for each in engine.volumes(filters=marks)["Volumes"] or ()]

    def drain(self, stream: IO[str]) -> list[str]:
        """The lines of a process's output as they come, so that it never waits for a reader."""
        lines: list[str] = []
        threading.Thread(target=lambda: lines.extend(stream), daemon=True).start()
        return lines

    def close(self) -> None:
        """Leave nothing; every host must be on and reachable again by now."""
        hosts = [] if not (self.home / "kctl.db").exists() else list(self.bed.hosts)
        identity = self.identity if hosts else ""
        super().close()
        assert identity or not hosts
        assert {host: left for host in hosts if (left := self.left_behind(host))} == {}


def _pod_container(labels: dict[str, Any], app: str) -> bool:
    name = labels.get("io.kubernetes.pod.name")
    kind = labels.get("io.kubernetes.container.name")
    return name is not None and kind != "POD" and name.startswith(app)
