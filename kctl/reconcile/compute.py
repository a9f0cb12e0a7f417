"""From a view to a plan: every controller, over and over, until nothing changes.

Pure but for the mirror's reads: the same mirror, observations, memory, time and
randomness give the same plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from kctl.api.admission.dynamic import DynamicAdmission
from kctl.api.api import Api
from kctl.api.errors import ApiError
from kctl.api.kind import Admission
from kctl.api.registry import Kinds
from kctl.controllers.common import controller_of, propagation
from kctl.controllers.events import record as record_events
from kctl.controllers.types import REFUSED, Changes, Controller, Event
from kctl.reconcile.clock import Randomness
from kctl.reconcile.mirror import Mirror
from kctl.reconcile.observed import Observed
from kctl.reconcile.overlay import Overlay
from kctl.reconcile.plan import Plan
from kctl.reconcile.view import PassView
from kctl.store.types import Change, Key, Memo, StoreError

Object = dict[str, Any]

ROUNDS = 500
"""A compute that is not settled after so many controller calls is a controller's
defect: two of them undo each other's work. It is cut off and named."""


class Compute:
    """One compute. Feed it triggers, then `run` once."""

    def __init__(
        self,
        mirror: Mirror,
        observed: Observed,
        memory: Mapping[str, Memo],
        *,
        controllers: Sequence[Controller],
        kinds: Kinds,
        admission: Sequence[Admission],
        settings: Mapping[str, str],
        now: datetime,
        randomness: Randomness,
    ) -> None:
        self.overlay = Overlay(mirror)
        self.view = PassView(self.overlay, observed, memory, settings, kinds)
        self.observed = observed
        self.plan = Plan()
        self._controllers = {controller.name: controller for controller in controllers}
        self._queues: dict[str, dict[Key, None]] = {name: {} for name in self._controllers}
        self._watchers: dict[str, list[Controller]] = {}
        for controller in controllers:
            for resource in controller.watches:
                self._watchers.setdefault(resource, []).append(controller)
        self._kinds = kinds
        self._now = now
        self._randomness = randomness
        self._events: list[tuple[str, Event]] = []
        self._api = Api(
            self.overlay,
            kinds,
            now=lambda: now,
            new_uid=randomness.uid,
            suffix=randomness.suffix,
            admission=admission,
            settings=settings,
            dynamic=DynamicAdmission(None, randomness.uid),
        )

    # --- triggers ---

    def touch(self, resource: str, obj: Object) -> None:
        """An object changed: queue what the controllers say it concerns."""
        observed = resource.startswith("observed/")
        for watched in (resource,) if observed else (resource, "*"):
            for controller in self._watchers.get(watched, ()):
                self._map(controller, watched, obj)

    def _map(self, controller: Controller, watched: str, obj: Object) -> None:
        try:
            keys = list(controller.watches[watched](obj, self.view))
        except Exception as error:  # noqa: BLE001 - a plugin's defect is named, not fatal
            self._broken(controller, error)
            return
        self._queues[controller.name].update(dict.fromkeys(keys))

    def touch_changes(self, changes: Sequence[Change]) -> None:
        for change in changes:
            for value in (change.previous, change.value):
                if value is not None:
                    self.touch(change.key.resource, _with_revision(value, change.revision))

    def touch_observed(self) -> None:
        """Everything that the runtimes showed anew."""
        for uid, (namespace, name) in self.observed.changed_pods.items():
            pod = self.view.get("pods", namespace, name)
            if pod is not None and pod["metadata"]["uid"] == uid:
                self.touch("observed/pods", pod)
                continue
            self.observed.changed_nodes.update(
                node for node, seen in self.observed.nodes.items() if uid in seen.pods
            )
        for uid, results in self.observed.probes.items():
            self._touch_pod_of(uid, results[0].operation.node)
        self.touch_usage()
        for name in self.observed.changed_nodes:
            node = self.view.get("nodes", "", name)
            if node is not None:
                self.touch("observed/nodes", node)

    def touch_usage(self) -> None:
        """A new sample of what pods use."""
        for node in self.view.list("nodes") if self.observed.changed_usage else ():
            self.touch("observed/usage", node)

    def _touch_pod_of(self, uid: str, node: str) -> None:
        seen = self.view.observed(node, uid)
        if seen is None:
            return
        pod = self.view.get("pods", seen.namespace, seen.name)
        if pod is not None:
            self.touch("observed/pods", pod)

    def touch_everything(self) -> None:
        """After a restart without a usable log, and for the first pass."""
        for kind in self._kinds.resources():
            for obj in self.view.list(kind.resource):
                self.touch(kind.resource, obj)
        for node in self.view.list("nodes"):
            self.touch("observed/nodes", node)

    def wake(self, controller: str, key: Key) -> None:
        """A timer of a controller is due."""
        if controller in self._queues:
            self._queues[controller][key] = None

    # --- the run ---

    def run(self) -> Plan:
        rounds = 0
        while (controller := self._next()) is not None:
            rounds += 1
            if rounds > ROUNDS:
                self.plan.problems.append(
                    f"{controller.name}: not settled after {ROUNDS} rounds; left for later"
                )
                break
            keys = list(self._queues[controller.name])
            self._queues[controller.name].clear()
            self._sync(controller, keys)
        self._record_events()
        self.plan.writes = list(self.overlay.writes())
        self.plan.memos = self.view.changed_memos()
        return self.plan

    def _next(self) -> Controller | None:
        for name, queue in self._queues.items():
            if queue:
                return self._controllers[name]
        return None

    def _sync(self, controller: Controller, keys: list[Key]) -> None:
        for key in keys:
            self.plan.timers[timer_name(controller.name, key)] = None
        try:
            changes = controller.sync(keys, self.view, self._now)
        except Exception as error:  # noqa: BLE001 - a plugin's defect is named, not fatal
            self._broken(controller, error)
            return
        self._apply(controller, changes)
        for key, at in changes.requeues:
            name = timer_name(controller.name, key)
            earlier = self.plan.timers.get(name)
            self.plan.timers[name] = at if earlier is None else min(at, earlier)
        self.view.memos.update(changes.memos)
        self.plan.operations.extend(changes.operations)
        source = controller.name.partition(":")[0]
        self._events.extend((source, event) for event in changes.events)

    def _broken(self, controller: Controller, error: Exception) -> None:
        self.plan.problems.append(f"{controller.name}: {type(error).__name__}: {error}")

    def _apply(self, controller: Controller, changes: Changes) -> None:
        for obj in changes.creates:
            refusal = self._attempt(controller, self._create, obj)
            if refusal:
                self._tell_owner(controller, obj, refusal)
        for obj, subresource in changes.updates:
            self._attempt(controller, self._update, obj, subresource)
        for key, uid, grace in changes.deletes:
            self._attempt(controller, self._delete, key, uid, grace)

    def _attempt(self, controller: Controller, write: Callable[..., None], *args: Any) -> str:
        """A write that is refused is an answer to the controller, not a failure of the
        pass: someone else's change is what it will read next time. Why it was refused,
        "" where it was not, or where that is nobody's fault."""
        try:
            write(*args)
        except ApiError as error:
            if error.reason in ("Conflict", "NotFound", "AlreadyExists"):
                return ""
            self.plan.problems.append(f"{controller.name}: {error.message}")
            return error.message
        except StoreError as error:
            self.plan.problems.append(f"{controller.name}: {error}")
            return str(error)
        return ""

    def _tell_owner(self, controller: Controller, obj: Object, refusal: str) -> None:
        """Leave word for the owner of what could not be made, and sync it again."""
        owner = controller_of(obj)
        if owner is None:
            return
        self.view.memos[REFUSED + owner["uid"]] = Memo(refusal)
        for kind in self._kinds:
            if (kind.kind, kind.api_version) == (owner["kind"], owner["apiVersion"]):
                namespace = obj["metadata"].get("namespace", "")
                self.wake(controller.name, Key(kind.resource, namespace, owner["name"]))

    def _create(self, obj: Object) -> None:
        kind = self._kinds.of(obj)
        namespace = obj["metadata"].get("namespace", "")
        created = self._api.create(obj, namespace=namespace or None)
        self.touch(kind.resource, created)

    def _update(self, obj: Object, subresource: str) -> None:
        kind = self._kinds.of(obj)
        key = kind.key(obj)
        old = self.view.get(*key)
        before = self.overlay.revision()
        new = self._api.update(obj, subresource=subresource)
        if self.overlay.revision() != before:
            if old is not None:
                self.touch(kind.resource, old)
            self.touch(kind.resource, new)

    def _delete(self, key: Key, uid: str, grace: int | None) -> None:
        old = self.view.get(*key)
        how = propagation(self._kinds.by_resource(key.resource), old)
        self._api.delete(
            key.resource, key.name, key.namespace, uid=uid or None, grace=grace, propagation=how
        )
        new = self.view.get(*key) or old
        if new is not None:
            self.touch(key.resource, new)

    def _record_events(self) -> None:
        if not self._events:
            return
        events = [
            event if event.component else _from(event, source) for source, event in self._events
        ]
        changes = record_events(events, self.view, self._now, self._randomness.suffix)
        recorder = next(iter(self._controllers.values()))
        self._apply(recorder, changes)


def _from(event: Event, component: str) -> Event:
    return Event(
        event.regarding, event.type, event.reason, event.message, event.field_path, component
    )


def _with_revision(value: bytes, revision: int) -> Object:
    obj: Object = orjson.loads(value)
    obj["metadata"]["resourceVersion"] = str(revision)
    return obj


def timer_name(controller: str, key: Key) -> str:
    """The memory key of a timer."""
    return f"timer/{controller}/{key.resource}/{key.namespace}/{key.name}"


def timer_parts(name: str) -> tuple[str, Key]:
    """The controller and the key of a timer's memory key. Names of objects hold no slash."""
    _, controller, resource, namespace, name = name.split("/", 4)
    return controller, Key(resource, namespace, name)
