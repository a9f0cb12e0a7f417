"""A control plane in a home of its own, driven as people drive it: by command lines."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import docker

from kctl.reconcile.lease import holder
from kctl.store.store import Store

Object = dict[str, Any]
KCTL = (sys.executable, "-m", "kctl")
ENGINE = "unix:///var/run/docker.sock"
LABEL = "io.kctl.cluster"


class Ran(NamedTuple):
    code: int
    out: str
    err: str


def until(condition: Callable[[], Any], seconds: float = 30.0, what: str = "") -> Any:
    """What the condition gives once it is true; an assertion when the time is over."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)
    return found


def free_port() -> int:
    """A port of the node port range that nobody listens on now."""
    for port in range(32767, 30000, -1):
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind(("", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")


def workload(name: str, image: str, *, replicas: int = 1, **container: Any) -> Object:
    """A Deployment of one container; `container` overrides its fields, `pod` the pod's."""
    pod = container.pop("pod", {})
    spec = {"containers": [{"name": name, "image": image, **container}], **pod}
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"terminationGracePeriodSeconds": 2, **spec},
            },
        },
    }


def pod(name: str, image: str, command: str = "sleep 1000 & wait", **container: Any) -> Object:
    """A Pod of one container "c" that runs a shell command and leaves when it is told."""
    more = container.pop("spec", {})
    shell = ["sh", "-c", f"trap 'exit 0' TERM; {command}"]
    main = {"name": "c", "image": image, "command": shell, **container}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"terminationGracePeriodSeconds": 2, "containers": [main], **more},
    }


class Cluster:
    """One KCTL_HOME. `env` is added to every command's environment."""

    def __init__(self, home: Path, **env: str) -> None:
        self.home = home
        self.env = {**os.environ, "KCTL_HOME": str(home), **env}
        self.docker = docker.APIClient(base_url=ENGINE, version="auto")
        self.processes: list[subprocess.Popen[str]] = []

    # --- commands ---

    def kctl(self, *words: str, stdin: str = "", seconds: float = 60, **env: str) -> Ran:
        done = subprocess.run(
            [*KCTL, *words],
            input=stdin,
            capture_output=True,
            text=True,
            env={**self.env, **env},
            timeout=seconds,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    def do(self, *words: str, stdin: str = "", **env: str) -> str:
        """Run a command that must succeed; its output."""
        ran = self.kctl(*words, stdin=stdin, **env)
        assert ran.code == 0, (words, ran)
        return ran.out

    def apply(self, *objects: Object) -> str:
        items = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        return self.do("apply", "-f", "-", stdin=json.dumps(items))

    def start(self, *words: str, **env: str) -> subprocess.Popen[str]:
        """A command that goes on by itself; ended with the cluster at the latest."""
        process = subprocess.Popen(
            [*KCTL, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**self.env, **env},
        )
        self.processes.append(process)
        return process

    # --- state ---

    def get(self, *words: str) -> Object:
        return dict(json.loads(self.do("get", *words, "-o", "json")))

    def items(self, *words: str) -> list[Object]:
        return list(self.get(*words)["items"])

    def pods(self, app: str) -> list[Object]:
        return self.items("pods", "-l", f"app={app}")

    def status(self, pod_name: str, container: str = "c") -> Object:
        status = self.get("pod", pod_name)["status"]
        listed = [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]
        return next((dict(each) for each in listed if each["name"] == container), {})

    def waiting(self, pod_name: str, container: str = "c") -> str:
        state = self.status(pod_name, container).get("state") or {}
        return str((state.get("waiting") or {}).get("reason", ""))

    def ready(self, name: str) -> bool:
        return condition(self.get("pod", name), "Ready").get("status") == "True"

    def messages(self, reason: str) -> list[str]:
        return [each["message"] for each in self.items("events") if each["reason"] == reason]

    def rolled_out(self, name: str, seconds: int = 60) -> None:
        self.do("rollout", "status", f"deployment/{name}", f"--timeout={seconds}s")

    def containers(self, app: str = "", *, stopped: bool = False) -> list[Object]:
        """The engine's containers of this control plane, of one pod name prefix if given."""
        marks = {"label": [f"{LABEL}={self.identity}"]}
        rows = self.docker.containers(all=stopped, filters=marks)
        pods = [row for row in rows if "io.kubernetes.pod.name" in row["Labels"]]
        return [each for each in pods if each["Labels"]["io.kubernetes.pod.name"].startswith(app)]

    @cached_property
    def identity(self) -> str:
        return self.do("settings", "cluster-id").strip()

    @property
    def revision(self) -> str:
        return str(self.get("configmaps")["metadata"]["resourceVersion"])

    def watch(self, **env: str) -> subprocess.Popen[str]:
        """A watcher that holds the lease."""
        process = self.start("reconcile", "--watch", **env)
        assert process.stderr is not None
        for line in process.stderr:
            if "msg=watching" in line:
                return process
        raise AssertionError(f"the watcher ended: {process.wait()}")

    def settled(self, seconds: float = 30.0) -> None:
        """Wait until nobody waits for the world to settle any more. Whoever does so works with
        the environment of the command that left it behind."""
        with Store.open(self.home / "kctl.db") as store:
            until(lambda: holder(store) is None, seconds, "the world is settled")

    # --- the end ---

    def close(self) -> None:
        """Leave nothing: no process, container, network, or file."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.communicate(timeout=30)
        if not (self.home / "kctl.db").exists():
            return
        identity = self.identity
        ran = self.kctl("reset", "--yes", seconds=90)
        assert ran.code == 0, ran
        marks = {"label": f"{LABEL}={identity}"}
        left = [*self.docker.containers(all=True, filters=marks)]
        left += self.docker.networks(filters=marks)
        left += self.docker.volumes(filters=marks)["Volumes"] or []
        assert left == []
        assert not (self.home / "kctl.db").exists()
        self.docker.close()


def condition(obj: Object, name: str) -> Object:
    found = (obj.get("status") or {}).get("conditions") or []
    return next((dict(each) for each in found if each["type"] == name), {})
