"""The service path: requests a second and latency through kctl's load balancer, beside a
HAProxy with a configuration written by hand in front of the very same pods. Both run in a
container of the same image: on a busy machine the kernel shares the processors by container.

The pods are HAProxy too, answering from memory, so that what is measured is the path and
not the server behind it. Rounds alternate. Swarm's routing mesh needs IPVS in the kernel;
where that is missing it carries nothing, and the row says so.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.lab import Lab, docker, lab, median, say, wait_for

ROUNDS = 5
SECONDS = 4
CONNECTIONS = 16
PORT = 28080
PODS = 3

_SERVER = """
global
    maxconn 1000
defaults
    mode http
    timeout connect 2s
    timeout client 60s
    timeout server 60s
listen web
    bind :8080
    http-request return status 200 content-type text/plain string "hello"
"""
_BY_HAND = """
global
    maxconn 8000
defaults
    mode http
    option redispatch 1
    timeout connect 2s
    timeout client 24h
    timeout server 24h
    timeout http-keep-alive 60s
listen web
    bind 127.0.0.1:{port}
{servers}
"""
_MANIFEST = """
apiVersion: v1
kind: ConfigMap
metadata: {{name: web}}
data:
  haproxy.cfg: |
{configuration}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: {pods}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      containers:
      - name: web
        image: {image}
        imagePullPolicy: Never
        command: [haproxy, -db, -f, /etc/web/haproxy.cfg]
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


def run() -> dict[str, Any]:
    """{"kctl" and "by_hand": {"rps": …, "p99": seconds}, "ratio": …, "mesh": why not}"""
    rates: dict[str, list[tuple[float, float]]] = {"kctl": [], "by_hand": []}
    with lab() as control:
        url, image = _deploy(control)
        with _by_hand(control, image) as other:
            for number in range(ROUNDS):
                say(f"path: round {number + 1} of {ROUNDS}")
                rates["kctl"].append(_load(url))
                rates["by_hand"].append(_load(other))
    found: dict[str, Any] = {
        who: {"rps": median([r for r, _ in all_]), "p99": median([p for _, p in all_])}
        for who, all_ in rates.items()
    }
    found["ratio"] = found["kctl"]["rps"] / found["by_hand"]["rps"]
    found["mesh"] = "" if Path("/proc/net/ip_vs").exists() else "the kernel has no IPVS"
    return found


def _deploy(control: Lab) -> tuple[str, str]:
    """(URL of the service, the image that is made of this machine's HAProxy)"""
    control.kctl("create", "deployment", "first", "--image=none:none", "--replicas=0")
    control.kctl("expose", "deployment", "first", "--port=80")
    wait_for(lambda: bool(docker("images", "-q", "kctl-lb")))
    image = docker("images", "--format", "{{.Repository}}:{{.Tag}}", "kctl-lb").split()[0]
    indented = "\n".join(f"    {line}" for line in _SERVER.splitlines())
    text = _MANIFEST.format(configuration=indented, pods=PODS, image=image)
    manifest = control.home.parent / "web.yaml"
    manifest.write_text(text)
    control.kctl("apply", "-f", str(manifest))
    control.kctl("rollout", "status", "deployment", "web", "--timeout=60s")
    return control.kctl("service", "web", "--url").strip(), image


@contextmanager
def _by_hand(control: Lab, image: str) -> Iterator[str]:
    """A HAProxy in the host's network in front of the pods' own addresses."""
    pods = json.loads(control.kctl("get", "pods", "-l", "app=web", "-o", "json"))["items"]
    servers = [f"    server s{at} {pod['status']['podIP']}:8080" for at, pod in enumerate(pods, 1)]
    file = control.home.parent / "by-hand.cfg"
    file.write_text(_BY_HAND.format(port=PORT, servers="\n".join(servers)))
    mount = f"{file}:/by-hand.cfg:ro"
    command = ["haproxy", "-db", "-f", "/by-hand.cfg"]
    name = "kctl-bench-by-hand"
    docker("run", "-d", "--name", name, "--network", "host", "-v", mount, image, *command)
    try:
        time.sleep(0.5)
        yield f"http://127.0.0.1:{PORT}"
    finally:
        docker("rm", "-f", name)


def _load(url: str) -> tuple[float, float]:
    """(requests a second, p99 in seconds); RuntimeError when a request failed."""
    words = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", f"{url}/"]
    text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(f"requests failed: {text}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    late = re.search(r"99%\s+([\d.]+)(us|ms|s)", text)
    if rate is None or late is None:
        raise RuntimeError(f"wrk said: {text}")
    return float(rate[1]), float(late[1]) * {"us": 1e-6, "ms": 1e-3, "s": 1.0}[late[2]]


def rows(result: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    own, other = result["kctl"], result["by_hand"]
    found = [
        (
            f"requests a second through a service, {CONNECTIONS} connections",
            f"{own['rps']:.0f}",
            f"HAProxy by hand, same pods {other['rps']:.0f}",
            f"{result['ratio']:.2f}",
            "at least 0.95",
        ),
        (
            "p99 of these requests",
            f"{own['p99'] * 1000:.2f} ms",
            f"HAProxy by hand {other['p99'] * 1000:.2f} ms",
            f"{own['p99'] / other['p99']:.2f}",
            "near 1",
        ),
    ]
    if result["mesh"]:
        found.append(("the same through a routing mesh", "-", f"Swarm: {result['mesh']}", "-", "-"))
    return found
