"""Random trouble for a cluster in memory, and what must hold whatever happens.

One number decides everything: `Trouble(seed).run()` is the same each time.
"""

from __future__ import annotations

import random
from typing import Any

from kctl.api.errors import ApiError
from kctl.controllers.common import condition, deleting
from kctl.reconcile.plan import Plan
from kctl.testing.cluster import Cluster
from tests.unit.controllers.objects import deployment, pod, service

Object = dict[str, Any]
HEALING = 400.0
"""Seconds after the last fault by which everything is as it was asked for: the longest
back-off that such short trouble can lead to, and some."""


def is_ready(obj: Object) -> bool:
    found = condition(obj, "Ready")
    return found is not None and found["status"] == "True"


class Trouble:
    """A cluster with two deployments, a service and a pod of its own."""

    def __init__(self, seed: int, steps: int = 14) -> None:
        self.chance = random.Random(seed)
        self.seed, self.steps = seed, steps
        self.cluster = Cluster(nodes=self.chance.choice((2, 3, 4, 6)), seed=seed)
        self.cluster.after_turn = self._after_turn
        self.cluster.on_plan = self._on_plan
        self.forced: set[str] = set()
        """names of pods that were deleted by force: they may run twice until their host is
        back, as the user was told"""
        self.log: list[str] = []
        self._ready: dict[str, Object] = {}
        self._images = 1

    # --- the story ---

    def run(self) -> None:
        cluster = self.cluster
        cluster.create(deployment("web", 6, surge=1, unavailable=1))
        cluster.create(deployment("api", 3, "api:1", surge=2, unavailable=0))
        cluster.create(service("web"))
        cluster.create(pod("db"))
        cluster.advance(20)
        assert self._unsettled() == ""
        for _ in range(self.steps):
            self._one()
            cluster.advance(self.chance.choice((0.5, 2, 5, 12, 30, 60)))
        for name in cluster.hosts:
            cluster.mend(name)
        self.log.append("all hosts are well")
        self._converge()
        self._second_compute_is_empty()

    def _one(self) -> None:
        deeds = (self._fault, self._fault, self._mend, self._deed, self._deed)
        what = self.chance.choice(deeds)()
        self.log.append(f"{self.cluster.clock.now():%H:%M:%S} {what}")
        self._note_ready()

    def _fault(self) -> str:
        name = self.chance.choice(sorted(self.cluster.hosts))
        host, cluster = self.cluster.hosts[name], self.cluster
        match self.chance.choice(
            ("cut", "cut", "off", "hang", "slow", "lost", "skew", "engine", "boot", "wipe", "kctl")
        ):
            case "cut":
                cluster.cut(name)
                return f"{name} is cut off"
            case "off":
                cluster.off(name)
                return f"{name} is off"
            case "hang":
                host.faults.hang = self.chance.choice((3.0, 30.0))
                return f"{name} hangs"
            case "slow":
                host.faults.slow = 10.0
                return f"{name} is slow"
            case "lost":
                host.faults.answers_lost = True
                return f"answers of {name} are lost"
            case "skew":
                host.faults.skew = self.chance.choice((-600.0, 300.0))
                return f"the clock of {name} is off by {host.faults.skew:.0f} s"
            case "engine" if host.faults.running:
                host.restart_engine()
                return f"the engine of {name} restarts"
            case "boot" if host.faults.running:
                host.reboot()
                return f"{name} boots"
            case "wipe" if host.faults.running:
                host.reboot(wiped=True)
                return f"{name} comes up with nothing"
            case "kctl":
                cluster.restart()
                return "the watcher is killed"
        return "nothing"

    def _mend(self) -> str:
        name = self.chance.choice(sorted(self.cluster.hosts))
        self.cluster.mend(name)
        return f"{name} is well"

    def _deed(self) -> str:
        api = self.cluster.api
        name = self.chance.choice(("web", "api"))
        match self.chance.choice(("scale", "image", "image", "delete", "force", "db", "flap")):
            case "scale":
                count = self.chance.randint(1, 7)
                api.patch(
                    "deployments.apps", name, "default", {"spec": {"replicas": count}}, "merge"
                )
                return f"{name} is scaled to {count}"
            case "image":
                self._images += 1
                found = self.cluster.get("deployments.apps", name)
                assert found is not None
                containers = found["spec"]["template"]["spec"]["containers"]
                containers = [{**containers[0], "image": f"{name}:{self._images}"}]
                change = {"spec": {"template": {"spec": {"containers": containers}}}}
                api.patch("deployments.apps", name, "default", change, "merge")
                return f"{name} is updated to image {self._images}"
            case "delete":
                victim = self._some_pod()
                api.delete("pods", victim, "default")
                return f"{victim} is deleted"
            case "force":
                victim = self._some_pod()
                self.forced.add(f"default/{victim}")
                api.delete("pods", victim, "default", grace=0)
                return f"{victim} is deleted by force"
            case "db":
                try:
                    self.cluster.create(pod("db"))
                except ApiError as error:
                    return f"db cannot be made: {error.message}"
                return "db is made"
        name = self.chance.choice(sorted(self.cluster.hosts))
        for _ in range(3):
            self.cluster.cut(name)
            self.cluster.advance(3)
            self.cluster.mend(name)
            self.cluster.advance(1)
        return f"{name} flapped"

    def _some_pod(self) -> str:
        return str(self.chance.choice(self.cluster.objects("pods"))["metadata"]["name"])

    # --- what must hold at every moment ---

    def _after_turn(self) -> None:
        self._no_name_runs_twice()
        self._note_ready()

    def _note_ready(self) -> None:
        self._ready = {each["metadata"]["uid"]: each for each in self._replicas() if is_ready(each)}

    def _no_name_runs_twice(self) -> None:
        holders: dict[str, set[str]] = {}
        for _, name, uid in self.cluster.running():
            holders.setdefault(name, set()).add(uid)
        twice = {name for name, uids in holders.items() if len(uids) > 1} - self.forced
        assert not twice, self._told(f"{twice} run twice")

    def _on_plan(self, plan: Plan) -> None:
        """kctl itself takes no ready pod away below what its deployment must keep."""
        pods = {each["metadata"]["uid"]: each for each in self._replicas()}
        for name in ("web", "api"):
            taken = [
                uid
                for uid, before in self._ready.items()
                if before["metadata"]["labels"]["app"] == name
                and not deleting(before)
                and uid in pods
                and deleting(pods[uid])
                and is_ready(pods[uid])
            ]
            left = [
                each
                for each in pods.values()
                if each["metadata"]["labels"]["app"] == name
                and is_ready(each)
                and not deleting(each)
            ]
            wanted = self.cluster.get("deployments.apps", name)
            assert wanted is not None
            kept = wanted["spec"]["replicas"] - (1 if name == "web" else 0)
            if taken:
                assert len(left) >= kept, self._told(f"{name}: {len(left)} left of {kept}")
        self._note_ready()

    def _replicas(self) -> list[Object]:
        return [
            e for e in self.cluster.objects("pods") if "app" in (e["metadata"].get("labels") or {})
        ]

    # --- what must hold in the end ---

    def _converge(self) -> None:
        cluster, waited = self.cluster, 0.0
        while (why := self._unsettled()) and waited < HEALING:
            cluster.advance(5)
            waited += 5
        assert not why, self._told(why)
        assert not cluster.problems, self._told(str(cluster.problems))

    def _unsettled(self) -> str:
        """What is not as it was asked for, "" where all is."""
        cluster = self.cluster
        pods = cluster.objects("pods")
        for name in ("web", "api"):
            wanted = cluster.get("deployments.apps", name)
            assert wanted is not None
            image = wanted["spec"]["template"]["spec"]["containers"][0]["image"]
            mine = [e for e in pods if (e["metadata"].get("labels") or {}).get("app") == name]
            good = [e for e in mine if is_ready(e) and e["spec"]["containers"][0]["image"] == image]
            if not len(mine) == len(good) == wanted["spec"]["replicas"]:
                return f"{name}: {len(good)} good of {len(mine)}, not {wanted['spec']['replicas']}"
        stored = {(e["spec"].get("nodeName"), e["metadata"]["uid"]) for e in pods}
        running = {(node, uid) for node, _, uid in cluster.running()}
        if stored != running:
            return f"only in the store {stored - running}, only running {running - stored}"
        serving = {f"{e['status']['podIP']}:80" for e in pods if e["metadata"].get("labels")}
        serving &= {
            f"{e['status']['podIP']}:80" for e in pods if e["metadata"]["name"][:3] == "web"
        }
        for name in cluster.hosts:
            if cluster.served(name) != serving:
                return f"{name} sends to {cluster.served(name)}, not to {serving}"
        if cluster.flights.busy:
            return "something is still in flight"
        return ""

    def _second_compute_is_empty(self) -> None:
        self.cluster.on_plan = None
        self.cluster.advance(15)
        revision = self.cluster.backend.revision()
        executed = {name: len(host.executed) for name, host in self.cluster.hosts.items()}
        self.cluster._everything = True
        self.cluster.one_pass()
        told = [str(e.key) for e in self.cluster.backend.changes(revision)]
        assert not told, self._told(f"written again: {told}")
        assert executed == {name: len(host.executed) for name, host in self.cluster.hosts.items()}

    def _told(self, why: str) -> str:
        return "\n".join([f"seed {self.seed}: {why}", *self.log])
