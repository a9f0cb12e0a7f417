"""A control plane in memory, for the tests of controllers and of plugins.

    world = World()
    world.add_node("a")
    world.create(deployment("web", replicas=3))
    world.settle()
    assert len(world.list("pods")) == 3

Objects go through the same Api as everywhere; controllers are asked as a pass asks them.
What a runtime would do is left to `InstantPods`, or to the test.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

from kctl.api.api import Api
from kctl.api.errors import ApiError
from kctl.api.kind import Admission, Kind
from kctl.api.registry import Kinds
from kctl.api.safe_names import SAFE_ALPHABET
from kctl.api.settings import DEFAULTS
from kctl.controllers.common import controller_of, propagation
from kctl.controllers.namespace import DEFAULTS as DEFAULT_NAMESPACES
from kctl.controllers.namespace import new_namespace
from kctl.controllers.types import REFUSED, Changes, Controller, Event, Object
from kctl.runtime.observations import NodeFacts, NodeObservation
from kctl.runtime.operations import Operation
from kctl.runtime.stats import Rate
from kctl.store.types import Key, Memo, StoreError
from kctl.testing.clock import FakeClock
from kctl.testing.instant_pods import InstantPods
from kctl.testing.memory_backend import MemoryBackend
from kctl.testing.recorder import Recorder
from kctl.testing.world_view import WorldView

ROUNDS = 2000
"""Controller calls after which a world that is not settled is taken for one that never
will be."""

ADDRESSES = MappingProxyType(
    {
        "cluster-id": "world",
        "cluster-cidr": "10.98.0.0/16",
        "service-cidr": "10.98.0.0/20",
        "dns-address": "10.98.0.10",
    }
)
"""What a control plane chooses at its birth."""

_HARMLESS = frozenset({"Conflict", "NotFound", "AlreadyExists"})
"""Answers to a write that a controller has to live with: it is asked again anyway."""


class NotSettled(AssertionError):
    """Controllers undo each other's work for ever, or ask for what is refused."""


class World:
    """Objects, a clock, and the controllers that look after them.

    `operations` are those that controllers asked for and nobody executed; `events` are the
    events as controllers worded them, each with its source.
    """

    def __init__(
        self,
        controllers: Sequence[Controller] | None = None,
        *,
        kinds: Iterable[Kind] | None = None,
        admission: Sequence[Admission] | None = None,
        settings: Mapping[str, str] | None = None,
        seed: int = 0,
    ) -> None:
        self.clock = FakeClock()
        self.settings = {**DEFAULTS, **ADDRESSES, **(settings or {})}
        self.kinds = Kinds(builtin_kinds() if kinds is None else kinds)
        self.operations: list[Operation] = []
        self.events: list[tuple[str, Event]] = []
        self._backend = Recorder(MemoryBackend())
        self._random = random.Random(seed)
        self.api = Api(
            self._backend,
            self.kinds,
            now=self.clock.now,
            new_uid=self._new_uid,
            suffix=self._suffix,
            admission=builtin_admission() if admission is None else admission,
            settings=self.settings,
        )
        self.view = WorldView(self._backend, self.kinds, self.settings)
        self.controllers = list(builtin_controllers() if controllers is None else controllers)
        for name in DEFAULT_NAMESPACES:
            self.create(new_namespace(name))
        self._queues: dict[str, dict[Key, None]] = {each.name: {} for each in self.controllers}
        self._timers: dict[tuple[str, Key], float] = {}
        self.problems: list[str] = []
        self.after_step: Callable[[], None] | None = None
        """Called after every sync of a controller: the place for what must never happen."""

    def _new_uid(self) -> str:
        digits = f"{self._random.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def _suffix(self) -> str:
        return "".join(self._random.choices(SAFE_ALPHABET, k=5))

    # --- what a client does ---

    def create(self, obj: Object, namespace: str = "default") -> Object:
        """As the Api has it afterwards. A namespaced object without a namespace goes to
        `namespace`."""
        scope = namespace if self.kinds.of(obj).namespaced else ""
        scope = obj["metadata"].get("namespace") or scope
        created: Object = self.api.create(obj, namespace=scope or None)
        return created

    def get(self, resource: str, name: str, namespace: str = "default") -> Object | None:
        kind = self.kinds.resolve(resource)
        scope = namespace if kind is not None and kind.namespaced else ""
        return self.view.get(resource, scope, name)

    def list(self, resource: str, namespace: str | None = None) -> Sequence[Object]:
        return self.view.list(resource, namespace)

    def change(
        self,
        resource: str,
        name: str,
        edit: Callable[[Object], None],
        namespace: str = "default",
        subresource: str = "",
    ) -> Object:
        """Read, let `edit` change the copy in place, write it back."""
        kind = self.kinds.resolve(resource)
        scope = namespace if kind is not None and kind.namespaced else ""
        obj: Object = self.api.get(resource, name, scope)
        edit(obj)
        changed: Object = self.api.update(obj, subresource=subresource)
        return changed

    def delete(self, resource: str, name: str, namespace: str = "default", **how: Any) -> None:
        """`how` is handed to the Api: propagation, grace."""
        kind = self.kinds.resolve(resource)
        self.api.delete(
            resource, name, namespace if kind is not None and kind.namespaced else "", **how
        )

    # --- what the hosts do ---

    def add_node(
        self,
        name: str,
        cpus: float = 4,
        memory: int = 8 * 2**30,
        *,
        labels: Mapping[str, str] | None = None,
    ) -> Object:
        """A node whose host answers."""
        node = self.create(
            {
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": {
                    "name": name,
                    "labels": {"kubernetes.io/hostname": name, **(labels or {})},
                },
            }
        )
        facts = NodeFacts(
            hostname=name,
            addresses=(("InternalIP", f"192.168.0.{len(self.view.nodes) + 1}"), ("Hostname", name)),
            cpus=cpus,
            memory=memory,
            storage=100 * 2**30,
            info={"operatingSystem": "linux", "architecture": "amd64"},
        )
        self.observe(NodeObservation(name, True, at=self.clock.time(), facts=facts, network=True))
        return node

    def observe(self, seen: NodeObservation) -> None:
        """Take in a look at a node."""
        self.view.nodes[seen.node] = seen
        node = self.view.get("nodes", "", seen.node)
        if node is not None:
            self._touch("observed/nodes", node)

    def measure(self, use: Mapping[str, tuple[float, int]], window: float = 15.0) -> None:
        """A new sample: what the pods use now, as (cores, bytes) by their names; others are
        not measured."""
        now = self.clock.time()
        self.view.sampled_at = now
        self.view.rates = {
            pod["metadata"]["uid"]: {"app": Rate(now, window, *use[pod["metadata"]["name"]])}
            for pod in self.view.list("pods")
            if pod["metadata"]["name"] in use
        }
        for node in self.view.list("nodes"):
            self._touch("observed/usage", node)

    def silence(self, name: str) -> None:
        """The host of a node stops answering."""
        seen = self.view.nodes[name]
        self.observe(NodeObservation(name, False, "timed out", self.clock.time(), seen.facts))

    def answer(self, name: str) -> None:
        """The host of a node answers again."""
        seen = self.view.nodes[name]
        self.observe(NodeObservation(name, True, "", self.clock.time(), seen.facts, network=True))

    # --- running ---

    def settle(self) -> None:
        """Ask controllers until nothing changes. Raises NotSettled where that never comes,
        or where the Api refuses what a controller wants."""
        for _ in range(ROUNDS):
            self._take_changes()
            controller = next((c for c in self.controllers if self._queues[c.name]), None)
            if controller is None:
                if self.problems:
                    problems, self.problems = self.problems, []
                    raise NotSettled("; ".join(problems))
                return
            self.step(controller)
        busy = {name: list(queue) for name, queue in self._queues.items() if queue}
        raise NotSettled(f"not settled after {ROUNDS} rounds: {busy}")

    def step(self, controller: Controller) -> Changes:
        """One sync of one controller with everything that waits for it."""
        self._take_changes()
        keys = list(self._queues[controller.name])
        self._queues[controller.name].clear()
        for key in keys:
            self._timers.pop((controller.name, key), None)
        changes = controller.sync(keys, self.view, self.clock.now())
        for key, at in changes.requeues:
            timer = (controller.name, key)
            self._timers[timer] = min(at, self._timers.get(timer, at))
        self.view.remember(changes.memos)
        self.operations.extend(changes.operations)
        self.events.extend((controller.name, each) for each in changes.events)
        self._apply(controller, changes)
        if self.after_step is not None:
            self.after_step()
        return changes

    def advance(self, seconds: float) -> None:
        """Let time pass, waking every timer at its time, and settle after each."""
        self.settle()
        end = self.clock.time() + seconds
        while self._timers and (due := min(self._timers.values())) <= end:
            self.clock.advance(max(0.0, due - self.clock.time()))
            for name, key in [timer for timer, at in self._timers.items() if at <= due]:
                del self._timers[name, key]
                self._queues[name][key] = None
            self.settle()
        self.clock.advance(max(0.0, end - self.clock.time()))
        self.settle()

    @property
    def revision(self) -> int:
        """Rises with every write."""
        return self._backend.revision()

    def touch_everything(self) -> None:
        """What a pass does that knows nothing of the last one: every object is looked at."""
        for kind in self.kinds:
            for obj in self.view.list(kind.resource):
                self._touch(kind.resource, obj)
        for node in self.view.list("nodes"):
            self._touch("observed/nodes", node)

    def messages(self, reason: str = "") -> Sequence[str]:
        """What controllers told as events, of one reason or of all."""
        return [each.message for _, each in self.events if reason in ("", each.reason)]

    # --- inside ---

    def _take_changes(self) -> None:
        for key, values in self._backend.take():
            for value in values:
                self._touch(key.resource, value)

    def _touch(self, resource: str, obj: Object) -> None:
        observed = resource.startswith("observed/")
        for controller in self.controllers:
            for watched in (resource,) if observed else (resource, "*"):
                if watched in controller.watches:
                    keys = controller.watches[watched](obj, self.view)
                    self._queues[controller.name].update(dict.fromkeys(keys))

    def _apply(self, controller: Controller, changes: Changes) -> None:
        for obj in changes.creates:
            namespace = obj["metadata"].get("namespace") or None
            write = partial(self.api.create, obj, namespace=namespace)
            self._refused(controller, obj, self._attempt(controller, write))
        for obj, subresource in changes.updates:
            self._attempt(controller, partial(self.api.update, obj, subresource=subresource))
        for key, uid, grace in changes.deletes:
            where = (key.resource, key.name, key.namespace)
            kind = self.kinds.by_resource(key.resource)
            how = propagation(kind, self.view.get(*key))
            write = partial(self.api.delete, *where, uid=uid or None, grace=grace, propagation=how)
            self._attempt(controller, write)
        self._take_changes()

    def _attempt(self, controller: Controller, write: Callable[[], object]) -> str:
        """Why the Api refused, "" where it did not."""
        try:
            write()
        except ApiError as error:
            if error.reason in _HARMLESS:
                return ""
            self.problems.append(f"{controller.name}: {error.message}")
            return error.message
        except StoreError as error:
            self.problems.append(f"{controller.name}: {error}")
            return str(error)
        return ""

    def _refused(self, controller: Controller, obj: Object, message: str) -> None:
        """Leave word for the owner of what could not be made, and sync it again."""
        owner = controller_of(obj)
        if not message or owner is None:
            return
        self.view.remember({REFUSED + owner["uid"]: Memo(message)})
        for kind in self.kinds:
            if kind.kind == owner["kind"] and kind.api_version == owner["apiVersion"]:
                key = Key(kind.resource, obj["metadata"].get("namespace", ""), owner["name"])
                self._queues[controller.name][key] = None


def builtin_kinds() -> Sequence[Kind]:
    from kctl.api.kinds.plugin import kctl_kinds

    return kctl_kinds()


def builtin_admission() -> Sequence[Admission]:
    from kctl.api.admission.plugin import kctl_admission

    return sorted(kctl_admission(), key=lambda step: step.name)


def builtin_controllers() -> Sequence[Controller]:
    """All of kctl's own but those that drive a runtime, with pods that start at once."""
    from kctl.controllers.plugin import endpoint_controllers, object_controllers
    from kctl.scheduler.plugin import kctl_filters, kctl_schedulers, kctl_scores

    schedulers = kctl_schedulers(kctl_filters(), kctl_scores())
    return [*object_controllers(schedulers), InstantPods(), *endpoint_controllers()]
