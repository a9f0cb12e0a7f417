"""Durable creates against etcd, and lists against the bare fetch of their rows.

Creates go through the API library, defaulting, validation and admission included, one
after the other by one client; etcd (its own process, a data directory on the same disk)
gets the same number of values of the same size through its HTTP gateway on a connection
that is kept alive. Rounds of both alternate, so that a busy machine slows both, and the
ratio is the median over the rounds. Both sync every write to the disk.
"""

from __future__ import annotations

import base64
import copy
import http.client
import json
import shutil
import socket
import sqlite3
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from kctl.reconcile.plane import Plane, database_path
from kctl.store.types import Key

ROUNDS = 8
WRITES = 200
"""Creates of one round."""

LISTED = 10_000
LIST_ROUNDS = 15

POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "", "namespace": "default", "labels": {"app": "web"}},
    "spec": {
        "containers": [
            {
                "name": "web",
                "image": "nginx:1.27",
                "ports": [{"containerPort": 80}],
                "env": [{"name": "MODE", "value": "production"}],
                "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
                "readinessProbe": {"httpGet": {"path": "/", "port": 80}},
            }
        ]
    },
}

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "", "namespace": "default"},
    "spec": {
        "replicas": 3,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": POD["spec"]},
    },
}

CONFIG_MAP: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "", "namespace": "default"},
    "data": {"settings.ini": "colour = blue\n" * 20},
}

CREATED = {"pod": POD, "deployment": DEPLOYMENT, "configmap": CONFIG_MAP}


class Etcd:
    """A private etcd on the loopback interface, stopped and removed in the end."""

    def __enter__(self) -> Etcd:
        self._folder = tempfile.mkdtemp(prefix="kctl-bench-etcd-")
        client, peer = (f"http://127.0.0.1:{_free_port()}" for _ in range(2))
        self.url = client
        self._process = subprocess.Popen(
            [
                "etcd",
                *("--data-dir", f"{self._folder}/data"),
                *("--listen-client-urls", client, "--advertise-client-urls", client),
                *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
                *("--initial-cluster", f"default={peer}"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._connection = http.client.HTTPConnection(client.removeprefix("http://"), timeout=10)
        try:
            self._await()
        except BaseException:
            self._stop()
            raise
        return self

    def put(self, key: str, value: bytes) -> None:
        body = json.dumps(
            {
                "key": base64.b64encode(key.encode()).decode(),
                "value": base64.b64encode(value).decode(),
            }
        )
        self._connection.request("POST", "/v3/kv/put", body)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise RuntimeError(f"etcd answered {response.status}: {answer!r}")

    def _await(self) -> None:
        deadline = time.monotonic() + 20
        while True:
            try:
                self._connection.request("GET", "/health")
                if b"true" in self._connection.getresponse().read():
                    return
            except (OSError, http.client.HTTPException):
                self._connection.close()
            if time.monotonic() > deadline:
                raise RuntimeError("etcd did not become healthy within 20 s")
            time.sleep(0.1)

    def _stop(self) -> None:
        self._connection.close()
        self._process.terminate()
        self._process.wait(timeout=20)
        shutil.rmtree(self._folder)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def run() -> dict[str, Any]:
    """{"creates": {kind: {"kctl_per_second", "etcd_per_second", "ratio", "bytes"}},
    "list": {"rows", "raw_ms", "api_ms", "ratio", "json_ms", "json_ratio"}}.

    Wanted are ratios of at least 1 for creates and of at most 2 for lists."""
    with tempfile.TemporaryDirectory(prefix="kctl-bench-store-") as folder:
        home = Path(folder) / "home"
        with Plane.open(home) as plane:
            _prepare(plane)
            with Etcd() as etcd:
                creates = {name: _creates(plane, etcd, obj) for name, obj in CREATED.items()}
            return {"creates": creates, "list": _lists(plane, database_path(home))}


def _prepare(plane: Plane) -> None:
    """What admission asks for, where a new control plane does not have it yet."""
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}}
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "default", "namespace": "default"},
    }
    if plane.store.get(Key("namespaces", "", "default")) is None:
        plane.api.create(namespace)
    if plane.store.get(Key("serviceaccounts", "default", "default")) is None:
        plane.api.create(account)


def _creates(plane: Plane, etcd: Etcd, obj: dict[str, Any]) -> dict[str, Any]:
    serial = iter(range(10**9))

    def create() -> dict[str, Any]:
        wanted = copy.deepcopy(obj)
        wanted["metadata"]["name"] = f"bench-{next(serial)}"
        created: dict[str, Any] = plane.api.create(wanted)
        return created

    value = json.dumps(create()).encode()

    def put() -> None:
        etcd.put(f"/registry/{obj['kind']}/default/bench-{next(serial)}", value)

    for _ in range(100):
        create()
        put()
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(_timed(create))
        theirs.append(_timed(put))
    return {
        "kctl_per_second": WRITES / statistics.median(ours),
        "etcd_per_second": WRITES / statistics.median(theirs),
        "ratio": statistics.median(t / o for o, t in zip(ours, theirs, strict=True)),
        "bytes": len(value),
    }


def _timed(once: Callable[[], object], times: int = WRITES) -> float:
    started = time.perf_counter()
    for _ in range(times):
        once()
    return time.perf_counter() - started


def _lists(plane: Plane, path: Path) -> dict[str, Any]:
    """The list is measured as kctl itself reads it (objects are decoded when they are
    looked at) and as a client of the server gets it (the JSON of all items). The bare
    fetch is the same columns of the same rows in the same order."""
    have = len(plane.store.list("pods").records)
    for number in range(have, LISTED):
        pod = copy.deepcopy(POD)
        pod["metadata"]["name"] = f"listed-{number}"
        plane.api.create(pod)
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)

    def raw() -> int:
        return len(
            connection.execute(
                "SELECT current.namespace, current.name, revision, current.uid, value "
                "FROM current JOIN revisions ON id = revision "
                "WHERE current.resource = 'pods' ORDER BY current.namespace, current.name"
            ).fetchall()
        )

    def api() -> int:
        return len(plane.api.list("pods"))

    def api_json() -> int:
        return len(plane.api.list("pods").json())

    times: dict[str, list[float]] = {"raw": [], "api": [], "json": []}
    fetches: dict[str, Callable[[], int]] = {"raw": raw, "api": api, "json": api_json}
    for number in range(LIST_ROUNDS + 1):
        for name, once in fetches.items():
            taken = _timed(once, 1)
            if number:  # the first round fills the caches
                times[name].append(taken)
    connection.close()
    medians = {name: statistics.median(taken) * 1000 for name, taken in times.items()}
    return {
        "rows": LISTED,
        **{f"{name}_ms": taken for name, taken in medians.items()},
        "ratio": medians["api"] / medians["raw"],
        "json_ratio": medians["json"] / medians["raw"],
    }


def rows(result: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    """The lines of the table of all benchmarks."""
    lines = [
        (
            f"durable creates of a {name} ({got['bytes']} bytes)",
            f"{got['kctl_per_second']:.0f}/s",
            f"etcd put {got['etcd_per_second']:.0f}/s",
            f"{got['ratio']:.2f}",
            "at least 1.0",
        )
        for name, got in result["creates"].items()
    ]
    got = result["list"]
    for label, name, ratio in (
        ("through the API", "api_ms", "ratio"),
        ("through the API, as JSON", "json_ms", "json_ratio"),
    ):
        lines.append(
            (
                f"list of {got['rows']} pods {label}",
                f"{got[name]:.1f} ms",
                f"fetch of the rows {got['raw_ms']:.1f} ms",
                f"{got[ratio]:.2f}",
                "at most 2",
            )
        )
    return lines
