"""Random sequences of faults: the world always ends as it was asked to be.

While they go on, no container runs twice at once, nothing that is done runs again, and
no restart count ever falls.
"""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kctl.runtime.simulated import Program
from tests.unit.pod.world import World, pod_object

PROBE = {"exec": {"command": ["x"]}, "periodSeconds": 3, "failureThreshold": 2}
SHAPES: dict[str, dict[str, Any]] = {
    "plain": {},
    "pair": {"containers": [{"name": "c", "image": "img"}, {"name": "d", "image": "img"}]},
    "probed": {
        "containers": [
            {"name": "c", "image": "img", "livenessProbe": PROBE, "readinessProbe": PROBE}
        ]
    },
    "staged": {
        "initContainers": [
            {"name": "i", "image": "short"},
            {"name": "s", "image": "img", "restartPolicy": "Always"},
        ]
    },
    "once": {"restartPolicy": "Never"},
    "job": {"restartPolicy": "OnFailure", "containers": [{"name": "c", "image": "short"}]},
}
shapes = st.sampled_from(sorted(SHAPES))
containers = st.sampled_from(["c", "c", "c", "d", "i", "s", "POD"])


class Faulty(RuleBasedStateMachine):
    @initialize(chosen=st.lists(shapes, min_size=1, max_size=3))
    def begin(self, chosen: list[str]) -> None:
        self.world = World()
        self.world.faults.images["short"] = Program(runs=2.0)
        self.numbers = 0
        self.restarts: dict[tuple[str, str], int] = {}
        self.finished: dict[str, str] = {}
        for shape in chosen:
            self.create(shape)

    @rule(shape=shapes)
    def create(self, shape: str) -> None:
        if len(self.world.list("pods")) < 3:
            self.numbers += 1
            pod = pod_object(f"{shape}-{self.numbers}", **SHAPES[shape])
            self.world.put(pod)
            self.world.settle()

    def _pod(self, number: int) -> str:
        pods = self.world.list("pods")
        return pods[number % len(pods)]["metadata"]["name"] if pods else ""

    @rule(number=st.integers(0, 2), container=containers)
    def kill(self, number: int, container: str) -> None:
        self.world.runtime.kill(self._pod(number), container)

    @rule(number=st.integers(0, 2), container=containers)
    def remove(self, number: int, container: str) -> None:
        self.world.runtime.remove(self._pod(number), container)

    @rule(number=st.integers(0, 2), container=containers, oom=st.booleans())
    def crash(self, number: int, container: str, oom: bool) -> None:
        self.world.runtime.crash(self._pod(number), container, oom=oom)

    @rule()
    def restart_engine(self) -> None:
        self.world.runtime.restart_engine()

    @rule()
    def lose_or_find_the_node(self) -> None:
        faults = self.world.faults
        faults.unreachable = "" if faults.unreachable else "no route to host"

    @rule()
    def lose_or_find_the_image(self) -> None:
        self.world.faults.missing_images ^= {"img"}

    @rule(number=st.integers(0, 2), probe=st.sampled_from(["liveness", "readiness"]))
    def fail_or_pass_a_probe(self, number: int, probe: str) -> None:
        self.world.faults.failing_probes ^= {(self._pod(number), "c", probe)}

    @rule(number=st.integers(0, 2), image=st.sampled_from(["img", "img:2"]))
    def change_the_image(self, number: int, image: str) -> None:
        name = self._pod(number)
        if name and not name.startswith(("once", "job")):
            pod = copy.deepcopy(self.world.pod(name))
            pod["spec"]["containers"][0]["image"] = image
            self.world.put(pod)

    @rule(number=st.integers(0, 2))
    def break_or_mend_a_command(self, number: int) -> None:
        self.world.faults.unstartable ^= {(self._pod(number), "c")}

    @rule(number=st.integers(0, 2))
    def stick_or_loosen(self, number: int) -> None:
        self.world.faults.stuck ^= {self._pod(number)}

    @rule(number=st.integers(0, 2), grace=st.integers(1, 40))
    def delete(self, number: int, grace: int) -> None:
        name = self._pod(number)
        if name and "deletionTimestamp" not in self.world.pod(name)["metadata"]:
            self.world.delete(name, grace)

    @rule(number=st.integers(0, 2))
    def delete_by_force(self, number: int) -> None:
        name = self._pod(number)
        self.world.objects = {
            key: obj for key, obj in self.world.objects.items() if key.name != name
        }

    @rule(seconds=st.sampled_from([0.05, 1.0, 4.0, 15.0, 120.0]))
    def wait(self, seconds: float) -> None:
        self.world.sleep(seconds, most=30)

    @invariant()
    def no_container_runs_twice(self) -> None:
        running = Counter(
            (container.uid, container.state.name)
            for container in self.world.runtime.engine.containers.values()
            if container.running
        )
        assert not [each for each, count in running.items() if count > 1]

    @invariant()
    def restart_counts_never_fall(self) -> None:
        for pod in self.world.list("pods"):
            for listed in ("initContainerStatuses", "containerStatuses"):
                for entry in pod["status"].get(listed, ()):
                    key = (pod["metadata"]["uid"], entry["name"])
                    assert entry["restartCount"] >= self.restarts.get(key, 0)
                    self.restarts[key] = entry["restartCount"]

    @invariant()
    def what_is_finished_stays_so(self) -> None:
        for pod in self.world.list("pods"):
            uid, phase = pod["metadata"]["uid"], pod["status"]["phase"]
            assert phase == self.finished.get(uid, phase)
            if phase in ("Succeeded", "Failed"):
                self.finished[uid] = phase

    @invariant()
    def with_never_nothing_starts_twice(self) -> None:
        again = [each for each, count in self.world.started.items() if count > 1]
        assert not [each for each in again if each.startswith("uid-once")]

    @invariant()
    def addresses_differ(self) -> None:
        held = Counter(
            pod["status"].get("podIP")
            for pod in self.world.list("pods")
            if pod["status"]["phase"] not in ("Succeeded", "Failed") and "podIP" in pod["status"]
        )
        assert all(count == 1 for count in held.values())

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        self._mend()
        world = self.world
        world.sleep(700, most=30)
        asked = {pod["metadata"]["uid"] for pod in world.list("pods")}
        for pod in world.list("pods"):
            assert "deletionTimestamp" not in pod["metadata"]
            self._as_asked(pod)
        assert set(world.runtime.observe().pods) <= asked
        before = (world.writes, len(world.operations))
        world.time += 0.001
        world.settle()
        assert (world.writes, len(world.operations)) == before

    def _mend(self) -> None:
        faults = self.world.faults
        faults.unreachable = ""
        faults.missing_images.clear()
        faults.failing_probes.clear()
        faults.unstartable.clear()
        faults.stuck.clear()

    def _as_asked(self, pod: dict[str, Any]) -> None:
        status = pod["status"]
        policy = pod["spec"]["restartPolicy"]
        name = pod["metadata"]["name"]
        for entry, asked in zip(
            status["containerStatuses"], pod["spec"]["containers"], strict=True
        ):
            assert entry["image"] == asked["image"]
        if policy == "Always" or (policy == "Never" and status["phase"] == "Running"):
            assert self.world.condition("Ready", name)["status"] == "True", status
            assert status["phase"] == "Running"
        else:
            assert status["phase"] == "Succeeded" or policy == "Never", status
            alive = self.world.runtime.observe().pods.get(pod["metadata"]["uid"])
            states = {each.state for each in alive.containers} if alive else set()
            assert policy == "OnFailure" or "running" not in states


Faulty.TestCase.settings = settings(
    max_examples=50,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestFaults = Faulty.TestCase
