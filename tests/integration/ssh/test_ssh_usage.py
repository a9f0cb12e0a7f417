"""What a host and its containers use, over its connection."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from kctl.runtime.docker import labels
from kctl.runtime.docker.runtime import DockerRuntime
from kctl.runtime.stats import rates
from tests.integration.hosts.bed import Bed

pytestmark = pytest.mark.docker
CLUSTER = "kctl-test-ssh"


def test_usage_of_a_host_and_of_a_container(
    bed: Bed, runtime: Callable[[str], DockerRuntime], images: str
) -> None:
    bed.load(f"{images}:v1", "h1")
    engine = bed.engine("h1")
    meta = {"name": "p", "namespace": "default", "uid": "u1"}
    marks = {**labels.pod_labels(CLUSTER, meta), labels.CONTAINER: "c"}
    loop = ["sh", "-c", "while :; do :; done"]
    made = engine.create_container(
        f"{images}:v1", loop, labels=marks, host_config=engine.create_host_config(cpu_quota=10_000)
    )["Id"]
    host = runtime(bed.url("h1"))
    try:
        engine.start(made)
        before = host.usage()
        time.sleep(1.0)  # the kernel counts the time of a machine in hundredths of seconds
        after = host.usage({"u1"})
        assert set(after.pods) == {"u1"} and set(after.pods["u1"]) == {"c"}
        found = rates(before, after)
        rate = found.pods["u1"]["c"]
        assert 0.0 < rate.cpu < 0.5 and rate.window > 0.0 and 0 < rate.memory < 2**30
        assert found.machine is not None and found.machine.memory > 2**20
        assert found.machine.cpu > 0.0
        assert host.usage(frozenset()).pods == {}
        engine.kill(made)
        assert host.usage().pods == {}, "one that does not run uses nothing"
    finally:
        engine.remove_container(made, force=True)
        host.close()
