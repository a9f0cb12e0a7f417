"""A service on real hosts: what becomes of requests when pods and hosts come and go."""

from __future__ import annotations

import http.client
import json
import sqlite3
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bench.bed import engine, hosts
from bench.lab import ROOT, Lab, docker

SAMPLES = 20
PORT = 30080
IMAGE = "kctl-bench/hosts:v1"
TOLERATION = 30.0
SLOW = 1.0
"""A request that takes longer has waited for a host that does not answer."""


def deployment(replicas: int) -> dict[str, Any]:
    container = {"name": "web", "image": IMAGE, "imagePullPolicy": "Never"}
    labels = {"app": "web"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


_SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web", "namespace": "default"},
    "spec": {"type": "NodePort", "selector": {"app": "web"}, "ports": [{"port": 80}]},
}


def spread() -> None:
    """The image, on every host."""
    subprocess.run([str(ROOT / "scripts/demo-image"), IMAGE], check=True, capture_output=True)
    with tempfile.NamedTemporaryFile(suffix=".tar") as file:
        docker("save", "-o", file.name, IMAGE)
        for node in ("w1", "w2", "w3"):
            engine(node, "load", "-q", "-i", file.name)
    docker("image", "rm", "-f", IMAGE)


@contextmanager
def watching(control: Lab) -> Iterator[None]:
    watcher = control.start("reconcile", "--watch")
    try:
        yield
    finally:
        watcher.terminate()
        watcher.wait(30)


def deploy(control: Lab) -> None:
    service = {**_SERVICE, "spec": {**_SERVICE["spec"], "ports": [{"port": 80, "nodePort": PORT}]}}  # type: ignore[dict-item]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"apiVersion": "v1", "kind": "List", "items": [deployment(6), service]}, file)
        file.flush()
        control.kctl("apply", "-f", file.name)
    control.kctl("rollout", "status", "deployment", "web", "--timeout=120s")


class _Store:
    """Reads of a control plane's database while others write it."""

    def __init__(self, control: Lab) -> None:
        self._file = f"file:{control.home}/kctl.db?mode=ro"

    def rows(self, query: str, *values: object) -> list[Any]:
        with sqlite3.connect(self._file, uri=True, timeout=10) as connection:
            return connection.execute(query, values).fetchall()

    def pods(self) -> list[dict[str, Any]]:
        found = self.rows(
            "select value from revisions where id in (select max(id) from revisions"
            " where resource = 'pods' group by namespace, name) and value is not null"
        )
        return [json.loads(value) for (value,) in found]

    def pod(self, name: str) -> dict[str, Any]:
        return next(each for each in self.pods() if each["metadata"]["name"] == name)

    def ready_at(self, name: str) -> float:
        """When a commit first said that the pod is ready, epoch seconds; 0 for not yet."""
        query = "select value, at from revisions where resource = 'pods' and name = ? order by id"
        for value, at in self.rows(query, name):
            if value and _condition(json.loads(value), "Ready") == "True":
                return float(at)
        return 0.0

    def ready(self, resource: str, name: str) -> str:
        query = (
            "select value from revisions where resource = ? and name = ? order by id desc limit 1"
        )
        rows = self.rows(query, resource, name)
        return _condition(json.loads(rows[0][0]), "Ready") if rows and rows[0][0] else ""

    def rotation(self, node: str) -> set[str]:
        """ "address:port" that connections through the node may reach."""
        rows = self.rows("select value from memory where key = ?", f"rotation/{node}")
        return set(json.loads(rows[0][0])) if rows else set()


def _condition(obj: dict[str, Any], type_: str) -> str:
    conditions = (obj.get("status") or {}).get("conditions") or ()
    return next((str(each["status"]) for each in conditions if each["type"] == type_), "")


def _ask(address: str, seconds: float = 10.0) -> str:
    """The name of the pod that answered, "" for none."""
    connection = http.client.HTTPConnection(address, PORT, timeout=seconds)
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        text = answer.read().decode().strip()
        return text.rpartition(" ")[2] if answer.status == 200 else ""
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()


def _until(condition: Callable[[], Any], seconds: float = 120.0, pause: float = 0.002) -> float:
    """The epoch second at which it first held."""
    deadline = time.time() + seconds
    while not condition():
        if time.time() > deadline:
            raise TimeoutError("what is measured did not come about")
        time.sleep(pause)
    return time.time()


# --- readiness and death -------------------------------------------------------------------


def soon(control: Lab, addresses: dict[str, str]) -> dict[str, Any]:
    store, firsts, removals = _Store(control), [], []
    for _ in range(SAMPLES):
        known = {each["metadata"]["name"] for each in store.pods()}
        control.kctl("scale", "deployment", "web", "--replicas=7")
        fresh: list[str] = []
        _until(lambda known=known, fresh=fresh: _new(store, known, fresh))  # type: ignore[misc]
        node = next(
            e["spec"]["nodeName"] for e in store.pods() if e["metadata"]["name"] == fresh[0]
        )
        other = next(each for each in sorted(addresses) if each != node)
        firsts.append(_birth(store, fresh[0], addresses[other]))
        removals.append(_death(store, fresh[0], node, other))
        control.kctl("scale", "deployment", "web", "--replicas=6")
        _until(lambda: len(store.pods()) == 6)
        time.sleep(0.5)
    return {"first_request": sorted(firsts), "removal": sorted(removals)}


def _new(store: _Store, known: set[str], fresh: list[str]) -> bool:
    fresh[:] = [
        each["metadata"]["name"]
        for each in store.pods()
        if each["metadata"]["name"] not in known and each["spec"].get("nodeName")
    ]
    return bool(fresh)


def _birth(store: _Store, name: str, address: str) -> float:
    """From the commit that says that a pod is ready to the first answer of it."""
    answered = _until(lambda: _ask(address) == name)
    _until(lambda: store.ready_at(name) > 0)
    return max(answered - store.ready_at(name), 0.0)


def _death(store: _Store, name: str, node: str, other: str) -> float:
    """From `docker kill` of a pod's container to another node's load balancer without it. The
    first time it is back at once, the second time there is a back-off."""
    pod = store.pod(name)
    where = f"{pod['status']['podIP']}:80"
    label = f"label=io.kubernetes.pod.uid={pod['metadata']['uid']}"
    engine(node, "kill", engine(node, "ps", "-q", "--filter", label))
    _until(lambda: _runs_again(store.pod(name)))
    time.sleep(2.0)
    _until(lambda: where in store.rotation(other))
    container = engine(node, "ps", "-q", "--filter", label)
    began = time.time()
    engine(node, "kill", container)
    return _until(lambda: where not in store.rotation(other)) - began


def _runs_again(pod: dict[str, Any]) -> bool:
    restarts = sum(each["restartCount"] for each in pod["status"]["containerStatuses"])
    return restarts > 0 and _condition(pod, "Ready") == "True"


# --- a host that is cut off ----------------------------------------------------------------


@dataclass
class _Requests:
    """One new connection after the other to each address, and how it went."""

    addresses: list[str]
    done: list[tuple[float, float, bool]] = field(default_factory=list)
    """(began, ended, answered)"""
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> _Requests:
        self._threads = [
            threading.Thread(target=self._send, args=(address,))
            for address in self.addresses
            for _ in range(4)
        ]
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        for each in self._threads:
            each.join()

    def _send(self, address: str) -> None:
        while not self._stop.is_set():
            began = time.time()
            answered = bool(_ask(address))
            self.done.append((began, time.time(), answered))
            self._stop.wait(0.05)


def cut(control: Lab, addresses: dict[str, str]) -> dict[str, float]:
    store, lost = _Store(control), "w3"
    left = [address for node, address in addresses.items() if node != lost]
    with _Requests(left) as requests:
        time.sleep(3)
        began = time.time()
        hosts("cut", "h3")
        try:
            noticed = _until(lambda: store.ready("nodes", lost) == "Unknown", pause=0.02)
            replaced = _until(lambda: _replaced(store, lost), pause=0.02)
            time.sleep(2)
        finally:
            hosts("mend", "h3")
    troubled = [e for e in requests.done if e[1] > began and (not e[2] or e[1] - e[0] > SLOW)]
    _until(lambda: store.ready("nodes", lost) == "True", pause=0.1)
    control.kctl("rollout", "restart", "deployment", "web")
    control.kctl("rollout", "status", "deployment", "web", "--timeout=180s")
    _until(lambda: len(store.pods()) == 6, pause=0.1)
    return {
        "answering": max((each[1] for each in troubled), default=began) - began,
        "failed": sum(not each[2] for each in troubled),
        "sent": len(requests.done),
        "lost": noticed - began,
        "replaced": replaced - noticed - TOLERATION,
    }


def _replaced(store: _Store, lost: str) -> bool:
    ready = [each for each in store.pods() if _condition(each, "Ready") == "True"]
    return sum(each["spec"]["nodeName"] != lost for each in ready) == 6
