"""Jobs under the whole pass while hosts, pods and the pass itself come to grief: no pod
counts twice, and what was asked for is reached in the end."""

from __future__ import annotations

import random
from typing import Any

import pytest

from kctl.controllers.common import controller_of
from kctl.runtime.simulated import Program
from kctl.testing.cluster import Cluster
from tests.unit.controllers.jobs import JOBS, job
from tests.unit.controllers.objects import Object

TASKS = 8


class Bed:
    """A cluster with a job, and a note of every pod that the job ever had."""

    def __init__(self, seed: int, **spec: Any) -> None:
        self.chance = random.Random(seed)
        self.cluster = Cluster(3, seed=seed)
        for host in self.cluster.hosts.values():
            host.faults.images["app:1"] = Program(runs=4.0)
        self.pods: set[str] = set()
        self.succeeded: set[str] = set()
        self.numbers = (0, 0)
        self.cluster.create(job(completions=TASKS, parallelism=3, backoffLimit=1000, **spec))
        self.cluster.after_turn = self.look

    @property
    def status(self) -> Object:
        found = self.cluster.get(JOBS, "work")
        assert found is not None
        return dict(found["status"])

    def look(self) -> None:
        for pod in self.cluster.objects("pods"):
            owner = controller_of(pod)
            if owner is None or owner["kind"] != "Job":
                continue
            uid = pod["metadata"]["uid"]
            self.pods.add(uid)
            if pod.get("status", {}).get("phase") == "Succeeded":
                self.succeeded.add(uid)
        status = self.status
        now = status.get("succeeded", 0), status.get("failed", 0)
        assert now[0] >= self.numbers[0] and now[1] >= self.numbers[1], "a count fell"
        assert now[0] <= len(self.succeeded), "more successes than pods that succeeded"
        assert sum(now) <= len(self.pods), "a pod counts twice"
        self.numbers = now

    def trouble(self) -> None:
        node = self.chance.choice(sorted(self.cluster.hosts))
        match self.chance.randrange(6):
            case 0:
                self.cluster.cut(node)
            case 1:
                self.cluster.off(node)
            case 2:
                self.cluster.mend(node)
            case 3:
                self.cluster.restart()
            case 4:
                self._delete_a_pod()
            case _:
                self._suspend_or_resume()

    def _delete_a_pod(self) -> None:
        pods = self.cluster.objects("pods")
        if pods:
            meta = self.chance.choice(pods)["metadata"]
            self.cluster.api.delete("pods", meta["name"], meta["namespace"])

    def _suspend_or_resume(self, suspend: bool | None = None) -> None:
        found = self.cluster.get(JOBS, "work")
        assert found is not None
        if suspend is None:
            suspend = self.chance.random() < 0.3
        found["spec"]["suspend"] = suspend
        ended = {each["type"] for each in found["status"].get("conditions") or ()}
        if "Complete" not in ended:
            self.cluster.api.update(found)

    def calm(self) -> None:
        for node in self.cluster.hosts:
            self.cluster.mend(node)
        self._suspend_or_resume(False)
        self.cluster.advance(900)


@pytest.mark.parametrize("mode", ["NonIndexed", "Indexed"])
@pytest.mark.parametrize("seed", range(4))
def test_a_job_reaches_its_number_whatever_happens(seed: int, mode: str) -> None:
    bed = Bed(seed, completionMode=mode)
    for _ in range(12):
        bed.trouble()
        bed.cluster.advance(bed.chance.choice((0.5, 2, 7, 20)))
    bed.calm()
    status = bed.status
    types = [each["type"] for each in status["conditions"] if each["status"] == "True"]
    assert "Complete" in types and "Failed" not in types
    assert status["succeeded"] >= TASKS and status["uncountedTerminatedPods"] == {}
    if mode == "Indexed":
        assert (status["succeeded"], status["completedIndexes"]) == (TASKS, f"0-{TASKS - 1}")
    left = [each for each in bed.cluster.objects("pods") if each["metadata"].get("finalizers")]
    assert not left
