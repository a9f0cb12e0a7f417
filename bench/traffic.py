"""Requests that fail while everything moves on three hosts: none may.

Clients outside send to the node port of every node, with keep-alive and without, while a
watcher keeps the world in line and a deployment is updated, scaled and drained off a node
again and again, and other services make the load balancers reload. Bounded in time.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from typing import Any

from bench.bed import SERVER, nodes, spread_server
from bench.lab import Lab, say, wait_for

WANTED = 100_000
SECONDS = 120
REPLICAS = 6

_CONFIGURATION = """
    defaults
        mode http
        timeout connect 2s
        timeout client 60s
        timeout server 60s
    listen web
        bind :8080
        http-request return status 200 content-type text/plain string "hello"
"""
_MANIFEST = f"""
apiVersion: v1
kind: ConfigMap
metadata: {{name: web}}
data:
  haproxy.cfg: |{_CONFIGURATION}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: {REPLICAS}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      containers:
      - name: web
        image: {SERVER}:v1
        imagePullPolicy: Never
        command: [haproxy, -db, -f, /etc/web/haproxy.cfg]
        readinessProbe: {{tcpSocket: {{port: 8080}}, periodSeconds: 1}}
        volumeMounts: [{{name: web, mountPath: /etc/web}}]
      volumes: [{{name: web, configMap: {{name: web}}}}]
---
apiVersion: v1
kind: Service
metadata: {{name: web}}
spec:
  type: NodePort
  selector: {{app: web}}
  ports: [{{name: http, port: 80, targetPort: 8080}}]
"""


def deploy(control: Lab) -> int:
    """The web server on all nodes; its node port."""
    manifest = control.home.parent / "web.yaml"
    manifest.write_text(_MANIFEST)
    spread_server(control)
    control.kctl("apply", "-f", str(manifest))
    control.kctl("rollout", "status", "deployment", "web", "--timeout=120s")
    service = json.loads(control.kctl("get", "service", "web", "-o", "json"))
    return int(service["spec"]["ports"][0]["nodePort"])


def run() -> dict[str, Any]:
    """{"sent", "failed", "words": what wrk said of failures, "changes": by kind}"""
    with nodes(3) as (control, addresses):
        port = deploy(control)
        watcher = control.start("reconcile", "--watch")
        clients = []
        try:
            for address in addresses.values():
                wait_for(partial(_answers, address, port))
            for address in addresses.values():
                url = f"http://{address}:{port}/"
                clients += [_client(url, 2), _client(url, 1, "Connection: close")]
            changes = _churn(control, time.monotonic() + SECONDS - 10)
            said = [client.communicate(timeout=SECONDS)[0] for client in clients]
        finally:
            for client in clients:
                client.kill()
            watcher.terminate()
            watcher.wait()
    sent, failed, words = _total(said)
    if sent < WANTED:
        say(f"traffic: only {sent} requests were sent")
    return {"sent": sent, "failed": failed, "words": words, "changes": changes}


def _answers(address: str, port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{address}:{port}/", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _client(url: str, connections: int, *headers: str) -> subprocess.Popen[str]:
    extra = [word for header in headers for word in ("-H", header)]
    words = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--timeout", "10s", *extra, url]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def _churn(control: Lab, until: float) -> dict[str, int]:
    """Change one thing after another until the time is over; how often each."""
    steps: list[tuple[str, Callable[[int], None]]] = [
        ("updates", lambda turn: _update(control, turn)),
        ("scalings", lambda turn: _scale(control)),
        ("reloads for other services", lambda turn: _reload(control, turn)),
        ("drains", lambda turn: _drain(control, turn)),
    ]
    done = {name: 0 for name, _ in steps}
    turn = 0
    while time.monotonic() < until:
        for name, step in steps:
            step(turn)
            done[name] += 1
            say(f"traffic: {name} {done[name]}")
            if time.monotonic() > until:
                break
        turn += 1
    return done


def _settle(control: Lab) -> None:
    control.kctl("rollout", "status", "deployment", "web", "--timeout=120s")


def _update(control: Lab, turn: int) -> None:
    version = "v2" if turn % 2 == 0 else "v1"
    control.kctl("set", "image", "deployment/web", f"web={SERVER}:{version}")
    _settle(control)


def _scale(control: Lab) -> None:
    control.kctl("scale", "deployment", "web", f"--replicas={REPLICAS + 3}")
    _settle(control)
    control.kctl("scale", "deployment", "web", f"--replicas={REPLICAS}")
    _settle(control)


def _reload(control: Lab, turn: int) -> None:
    name = f"other-{turn}"
    control.kctl("expose", "deployment", "web", f"--name={name}", "--port=81", "--type=NodePort")
    time.sleep(0.5)
    control.kctl("delete", "service", name)


def _drain(control: Lab, turn: int) -> None:
    node = f"w{turn % 3 + 1}"
    control.kctl("drain", node, "--force", "--ignore-daemonsets", "--delete-emptydir-data")
    control.kctl("uncordon", node)
    _settle(control)


def _total(said: list[str]) -> tuple[int, int, list[str]]:
    """(requests, failures, the lines about failures) of all clients."""
    text = "\n".join(said)
    sent = sum(int(each) for each in re.findall(r"(\d+) requests in", text))
    lines = re.findall(r"(?:Socket errors|Non-2xx).*", text)
    failed = sum(int(number) for line in lines for number in re.findall(r"(\d+)(?!xx)\b", line))
    return sent, failed, lines


def rows(result: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    changes = ", ".join(f"{count} {name}" for name, count in result["changes"].items())
    return [
        (
            f"requests failed on three hosts during {changes}",
            f"{result['failed']} of {result['sent']}",
            "nothing: none may fail",
            f"{result['failed'] / max(result['sent'], 1):.6f}",
            f"0 of at least {WANTED:,}",
        )
    ]
