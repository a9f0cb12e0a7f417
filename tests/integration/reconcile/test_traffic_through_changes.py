"""No request fails while pods are replaced, taken away, and their deployment is scaled."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.integration.reconcile.cluster import Cluster, free_port, until, workload

pytestmark = pytest.mark.docker
_LOAD = Path(__file__).parents[1] / "network" / "load.py"


class Load:
    """Requests to one address until it is ended; each mode keeps two clients busy."""

    def __init__(self, address: str, port: int, mode: str) -> None:
        words = [sys.executable, str(_LOAD), address, str(port), "2", mode]
        self.process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def end(self) -> dict[str, Any]:
        out, _ = self.process.communicate("end\n", timeout=30)
        return dict(json.loads(out))


def test_no_request_fails_through_a_rollout_and_scaling(cluster: Cluster, images: str) -> None:
    probe = {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 1}
    web = workload("web", f"{images}:v1", replicas=3, readinessProbe=probe)
    port = free_port()
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {
            "type": "NodePort",
            "selector": {"app": "web"},
            "ports": [{"port": 80, "nodePort": port}],
        },
    }
    cluster.apply(web, service)
    cluster.rolled_out("web")
    address = cluster.get("service", "web")["spec"]["clusterIP"]
    targets = [("127.0.0.1", port), (address, 80)]
    loads = [Load(*target, mode) for target in targets for mode in ("once", "keep")]
    try:
        cluster.do("set", "image", "deployment/web", f"web={images}:v2")
        cluster.rolled_out("web")
        cluster.do("scale", "deployment/web", "--replicas=1")
        until(lambda: len(cluster.pods("web")) == 1, 20)
        cluster.do("scale", "deployment/web", "--replicas=3")
        cluster.rolled_out("web")
        cluster.do("delete", "pod", cluster.pods("web")[0]["metadata"]["name"])
        cluster.rolled_out("web")
        time.sleep(0.5)  # the last pods get requests as well
    finally:
        results = [load.end() for load in loads]
    assert [each["errors"] for each in results] == [{}] * 4
    assert all(each["sent"] > 500 for each in results), results
    for each in results:
        versions = {answer.split()[0] for answer in each["answers"]}
        assert versions == {"v1", "v2"}
