"""Hosts in memory under the real pass: every controller, simulated engines, a virtual clock.

    cluster = Cluster(nodes=3)
    cluster.create(deployment("web", replicas=6))
    cluster.advance(10)
    cluster.cut("n1")
    cluster.advance(60)
    assert len(cluster.running()) == 6 + 2   # two still run on n1, out of reach

The pass is the one of `kctl reconcile --watch` (compute, commit, what an observation and an
outcome set off), but for its threads: operations take effect when their time is over.
Everything follows from the seed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from kctl.api.api import Api
from kctl.api.crd.served import ServedKinds
from kctl.api.settings import DEFAULTS
from kctl.controllers.namespace import DEFAULTS as DEFAULT_NAMESPACES
from kctl.controllers.namespace import new_namespace
from kctl.controllers.node_network import network_of
from kctl.controllers.nodelifecycle import silent_memo
from kctl.network.types import Front, Model
from kctl.reconcile.clock import Randomness
from kctl.reconcile.compute import Compute, timer_parts
from kctl.reconcile.mirror import Mirror
from kctl.reconcile.observed import Observed
from kctl.reconcile.plan import Plan
from kctl.runtime.observations import NodeObservation
from kctl.runtime.operations import PrepareNode
from kctl.runtime.simulated import SimulatedRuntime
from kctl.runtime.simulated_faults import Latency
from kctl.store.store import Store
from kctl.store.types import Change, Key, Memo
from kctl.testing.clock import FakeClock
from kctl.testing.flights import Flights
from kctl.testing.memory_backend import MemoryBackend
from kctl.testing.world import ADDRESSES, builtin_admission, builtin_kinds

Object = dict[str, Any]
TICK = 0.25
"""Seconds from one turn of the loop to the next."""
LOOK_EVERY, SILENT_EVERY, FACTS_EVERY = 10.0, 1.0, 60.0
LATENCY = Latency(start=0.4, stop=0.5, probe=0.1, front=0.3)


class PlainLoadBalancer:
    """A back end whose only file is the list of what it sends to."""

    name = "plain"

    def fronts(self, model: Model) -> list[Front]:
        served = frozenset(
            f"{each.address}:{each.port}"
            for port in model.ports
            for each in port.endpoints
            if each.ready
        )
        files = {"/served": "\n".join(sorted(served)).encode()}
        return [Front("lb", "plain:1", ("serve",), "pod", files=files, endpoints=served)]


class Cluster:
    """`after_turn` is called after every turn, `plans` are told of every plan."""

    def __init__(
        self,
        nodes: int = 3,
        *,
        seed: int = 0,
        settings: Mapping[str, str] | None = None,
        latency: Latency = LATENCY,
    ) -> None:
        self.clock, self.chance = FakeClock(), random.Random(seed)
        chosen = {"load-balancer": "plain", **(settings or {})}
        self.settings = {**DEFAULTS, **ADDRESSES, **chosen}
        self.backend = MemoryBackend()
        self.kinds = ServedKinds(builtin_kinds(), self.backend)
        self.randomness = Randomness(random.Random(seed + 1))
        self.api = Api(
            self.backend,
            self.kinds,
            now=self.clock.now,
            new_uid=self.randomness.uid,
            suffix=self.randomness.suffix,
            admission=builtin_admission(),
            settings=self.settings,
        )
        self.hosts: dict[str, SimulatedRuntime] = {}
        self.flights = Flights(self.hosts, self.clock.time, self.chance, latency)
        self.memory: dict[str, Memo] = {}
        self.problems: list[str] = []
        self.after_turn: Callable[[], None] | None = None
        self.on_plan: Callable[[Plan], None] | None = None
        self._controllers = _controllers()
        for name in DEFAULT_NAMESPACES:
            self.create(new_namespace(name))
        for number in range(nodes):
            self.add_host(f"n{number}")
        self._begin()
        self.advance(1.0)

    # --- what people do ---

    def add_host(self, name: str) -> None:
        self.hosts[name] = SimulatedRuntime(name, now=self.clock.time)
        meta = {"name": name, "annotations": {"kctl.io/host": f"simulated://{name}"}}
        self.create({"apiVersion": "v1", "kind": "Node", "metadata": meta})

    def create(self, obj: Object) -> Object:
        kind = self.kinds.of(obj)
        scope = obj["metadata"].get("namespace") or ("default" if kind.namespaced else "")
        created: Object = self.api.create(obj, namespace=scope or None)
        return created

    def objects(self, resource: str) -> list[Object]:
        return list(self.api.list(resource).items)

    def get(self, resource: str, name: str) -> Object | None:
        return next((e for e in self.objects(resource) if e["metadata"]["name"] == name), None)

    def cut(self, name: str) -> None:
        """Nobody reaches the host; what runs there runs on."""
        self.hosts[name].faults.unreachable = "connection timed out"

    def off(self, name: str) -> None:
        """The host loses its power."""
        self.cut(name)
        self.hosts[name].power_off()

    def mend(self, name: str) -> None:
        """The host is well again, whatever was wrong; it boots where it was off."""
        host = self.hosts[name]
        if not host.faults.running:
            host.reboot()
        host.faults.heal()

    # --- the loop ---

    def _begin(self) -> None:
        """A process that knows nothing but the store."""
        self.mirror = Mirror(cast(Store, self.backend))
        self.observed = Observed()
        self._pending: list[Change] = []
        self._everything = True
        self._looked: dict[str, tuple[float, float, int]] = {}
        """node -> when, when with facts, the engine's version"""

    def restart(self) -> None:
        """The process is killed, with every timer that it had not stored."""
        self.flights.abandon()
        self.memory = {k: memo for k, memo in self.memory.items() if not k.startswith("timer/")}
        self._begin()

    def advance(self, seconds: float) -> None:
        end = self.clock.time() + seconds
        while self.clock.time() < end:
            self.clock.advance(TICK)
            self.turn()

    def turn(self) -> None:
        for outcome in self.flights.land():
            self.observed.take(outcome)
        self._look()
        self._give_up()
        for _ in range(100):
            if not self.one_pass():
                break
        else:
            raise AssertionError("passes without end")
        if self.after_turn is not None:
            self.after_turn()

    def one_pass(self) -> bool:
        """True where something was written or asked for."""
        self._pending += self.mirror.advance()
        now, seen = self.clock.time(), self.observed
        due = [
            name
            for name, memo in self.memory.items()
            if name.startswith("timer/") and memo.due is not None and memo.due <= now
        ]
        news = (self._pending, self._everything, due, seen.changed_pods, seen.changed_nodes)
        if not any((*news, seen.probes, seen.outcomes)):
            return False
        plan = self._compute(due)
        self.problems += plan.problems
        self.backend.write(plan.writes)
        self._remember(plan, due)
        self._pending, self._everything = [], False
        self.observed.seen()
        if self.on_plan is not None:
            self.on_plan(plan)
        for operation in plan.operations:
            self.flights.submit(operation)
        return bool(plan.writes or plan.operations)

    def _compute(self, due: Sequence[str]) -> Plan:
        self.observed.in_flight = self.flights.in_flight
        compute = Compute(
            self.mirror,
            self.observed,
            self.memory,
            controllers=self._controllers,
            kinds=self.kinds.current(),
            admission=builtin_admission(),
            settings=self.settings,
            now=self.clock.now(),
            randomness=self.randomness,
        )
        if self._everything:
            compute.touch_everything()
        compute.touch_changes(self._pending)
        compute.touch_observed()
        for name in due:
            compute.wake(*timer_parts(name))
        return compute.run()

    def _remember(self, plan: Plan, due: Sequence[str]) -> None:
        """As a commit does; what the log tells of it is no news."""
        memos: dict[str, Memo | None] = dict.fromkeys(due)
        memos |= {k: None if at is None else Memo("", at) for k, at in plan.timers.items()}
        for name, memo in {**memos, **plan.memos}.items():
            if memo is None:
                self.memory.pop(name, None)
            else:
                self.memory[name] = memo
        self.mirror.advance()

    # --- hosts ---

    def _look(self) -> None:
        now = self.clock.time()
        for name, host in self.hosts.items():
            at, facts_at, version = self._looked.get(name, (0.0, 0.0, -1))
            seen = self.observed.nodes.get(name)
            answers = seen is not None and seen.reachable
            host.play()
            moved = answers and not host.faults.silent and host.engine.version != version
            if now < at + (LOOK_EVERY if answers else SILENT_EVERY) and not moved:
                continue
            facts = not answers or now > facts_at + FACTS_EVERY
            self._looked[name] = (now, now if facts else facts_at, host.engine.version)
            self._take(host.observe(facts=facts))

    def _take(self, seen: NodeObservation) -> None:
        record = self.mirror.get(Key("nodes", "", seen.node))
        if record is None:
            return
        node = self.mirror.object(record)
        if seen.reachable and not seen.network and node["spec"].get("podCIDR"):
            network = network_of(node, self.settings.__getitem__)
            self.hosts[seen.node].execute(PrepareNode(seen.node, network))
            seen = self.hosts[seen.node].observe(facts=True)
        if seen.reachable and not seen.network:
            del self._looked[seen.node]  # it gets its range in a moment
        self.observed.look(seen)

    def _give_up(self) -> None:
        grace = float(self.settings["node-monitor-grace-period"])
        for node in self.flights.nodes():
            silent, seen = self.memory.get(silent_memo(node)), self.observed.nodes.get(node)
            if silent is None or seen is None or seen.reachable:
                continue
            if float(silent.value) + grace <= self.clock.time():
                for outcome in self.flights.give_up(node, seen.error):
                    self.observed.take(outcome)

    # --- the truth ---

    def running(self) -> list[tuple[str, str, str]]:
        """(node, namespace/name, uid) of every pod with a container that runs, wherever that
        is and whoever knows of it."""
        found = []
        for name, host in sorted(self.hosts.items()):
            if host.faults.running:
                host.play()
                alive = {each.uid for each in host.engine.containers.values() if each.running}
                for uid in sorted(alive):
                    pod = host.engine.pods[uid]
                    found.append((name, f"{pod.namespace}/{pod.name}", uid))
        return found

    def served(self, node: str) -> set[str]:
        """What the load balancer of a node sends to, by the last configuration it took."""
        front = self.hosts[node].served.get("lb", frozenset())
        return set(front)


def _controllers() -> list[Any]:
    from kctl.controllers.plugin import kctl_controllers
    from kctl.scheduler.plugin import kctl_filters, kctl_schedulers, kctl_scores

    schedulers = kctl_schedulers(kctl_filters(), kctl_scores())
    return kctl_controllers(schedulers, [PlainLoadBalancer()])
