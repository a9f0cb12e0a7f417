"""Requests that fail while pods come and go under steady load through HAProxy: 0 wanted.

Clients on loopback and in this process send to the node port and to the cluster address,
with keep-alive and without, while the deployment is updated, scaled and restarted again
and again. Bounded in count and in time.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from bench.lab import IMAGE, IMAGE2, Lab, images, lab, say

WANTED = 24_000
CLIENTS = 4
LONGEST = 150.0
"""Seconds after which the load ends, however much was sent."""


@dataclass
class Load:
    """Counts over all clients."""

    sent: int = 0
    failed: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    stop: threading.Event = field(default_factory=threading.Event)

    def note(self, sent: int, failures: list[str]) -> None:
        with self.lock:
            self.sent += sent
            self.failed += len(failures)
            for each in failures:
                self.kinds[each] = self.kinds.get(each, 0) + 1


def run() -> dict[str, Any]:
    load = Load()
    with images(), lab() as control:
        control.kctl("create", "deployment", "web", f"--image={IMAGE}", "--replicas=3")
        control.kctl("expose", "deployment", "web", "--port=80", "--type=NodePort")
        control.kctl("rollout", "status", "deployment", "web", "--timeout=60s")
        threads = [
            threading.Thread(target=_client, args=(load, address, keep_alive))
            for address in _addresses(control)
            for keep_alive in (True, False)
            for _ in range(CLIENTS // 4)
        ]
        for thread in threads:
            thread.start()
        try:
            changes = _churn(control, load)
        finally:
            load.stop.set()
            for thread in threads:
                thread.join()
    return {"sent": load.sent, "failed": load.failed, "kinds": load.kinds, "changes": changes}


def _addresses(control: Lab) -> list[tuple[str, int]]:
    service = json.loads(control.kctl("get", "service", "web", "-o", "json"))
    url = control.kctl("service", "web", "--url").strip()
    host, _, port = url.removeprefix("http://").partition(":")
    return [(host, int(port)), (service["spec"]["clusterIP"], 80)]


def _churn(control: Lab, load: Load) -> int:
    """Update, scale and restart until enough was sent; how many changes there were."""
    changes = 0
    began = time.monotonic()
    while load.sent < WANTED and time.monotonic() - began < LONGEST:
        image = IMAGE2 if changes % 2 == 0 else IMAGE
        control.kctl("set", "image", "deployment/web", f"web={image}")
        control.kctl("rollout", "status", "deployment", "web", "--timeout=60s")
        control.kctl("scale", "deployment", "web", "--replicas=5")
        control.kctl("scale", "deployment", "web", "--replicas=3")
        changes += 3
        say(f"requests: {load.sent} sent, {load.failed} failed")
    return changes


def _client(load: Load, address: tuple[str, int], keep_alive: bool) -> None:
    connection: http.client.HTTPConnection | None = None
    while not load.stop.is_set():
        failures: list[str] = []
        for _ in range(20):
            try:
                if connection is None:
                    connection = http.client.HTTPConnection(*address, timeout=10)
                connection.request("GET", "/")
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    failures.append(str(answer.status))
                if not keep_alive or answer.will_close:
                    connection.close()
                    connection = None
            except (OSError, http.client.HTTPException) as error:
                failures.append(type(error).__name__)
                if connection is not None:
                    connection.close()
                connection = None
            time.sleep(0.002)
        load.note(20, failures)
    if connection is not None:
        connection.close()


def rows(result: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    return [
        (
            f"requests failed during {result['changes']} updates and scalings",
            f"{result['failed']} of {result['sent']}",
            "nothing: none may fail",
            f"{result['failed'] / max(result['sent'], 1):.5f}",
            "0 of at least 20,000",
        )
    ]
