"""The horizontal pod autoscaler: as many replicas as what they use asks for.

https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/. What pods
use is measured only while somebody `measures` it, by processes that stay or that cron starts;
a command's own pass does not, and leaves the number of replicas to them. Each new sample counts
once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kctl.api.encode import copy
from kctl.api.errors import ApiError
from kctl.api.kind import Kind
from kctl.api.quantity import parse
from kctl.api.selectors import Selector, parse_labels
from kctl.api.times import now_text
from kctl.api.verbs.scale import scale_of, with_replicas
from kctl.controllers.common import deleting, key_of, labels_of, name_of, namespace_of, uid_of
from kctl.controllers.horizontalpodautoscaler_limits import Bounds, Condition, History, limited
from kctl.controllers.horizontalpodautoscaler_metrics import (
    Proposal,
    Situation,
    Tolerance,
    Unable,
    propose,
)
from kctl.controllers.types import Changes, Mapper, Object, View
from kctl.store.types import Key, Memo

RESOURCE = "horizontalpodautoscalers.autoscaling"
TOLERANCE = 0.1
_TARGETS = ("deployments.apps", "replicasets.apps")
"""Whose changes are followed; of other targets the samples are."""
_UNABLE = "the HPA was unable to compute the replica count: {}"
_FOUND = "the HPA was able to successfully calculate a replica count from {}"


class NoTarget(Exception):
    """There is nothing to scale; the message says why."""


def history_key(key: Key) -> str:
    """The memory key of what an autoscaler did lately."""
    return f"hpa/{key.namespace}/{key.name}"


def _own_key(obj: Object, view: View) -> Iterable[Key]:
    return [key_of(RESOURCE, obj)]


def _of_target(obj: Object, view: View) -> Iterable[Key]:
    for each in view.list(RESOURCE, namespace_of(obj)):
        ref = each["spec"]["scaleTargetRef"]
        if (ref["kind"], ref["name"]) == (obj["kind"], name_of(obj)):
            yield key_of(RESOURCE, each)


def _all(obj: Object, view: View) -> Iterable[Key]:
    return [key_of(RESOURCE, each) for each in view.list(RESOURCE)]


class HorizontalPodAutoscalerController:
    """`kctl_controllers`: horizontalpodautoscalers.autoscaling."""

    name = "horizontal-pod-autoscaler"
    watches: Mapping[str, Mapper] = {
        RESOURCE: _own_key,
        "observed/usage": _all,
        **dict.fromkeys(_TARGETS, _of_target),
    }

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes = Changes()
        for key in keys:
            autoscaler = view.get(*key)
            if autoscaler is None:
                if view.recall(history_key(key)) is not None:
                    changes.remember(history_key(key), None)
            elif not deleting(autoscaler):
                _Sync(autoscaler, view, now, changes).run()
        return changes

    def measures(self, view: View) -> Iterable[tuple[str, str]]:
        """(node, pod uid) of the pods whose use decides anything."""
        for autoscaler in view.list(RESOURCE):
            if not any(m["type"].endswith("Resource") for m in autoscaler["spec"]["metrics"]):
                continue
            try:
                _, scale, _ = target_of(autoscaler, view)
                pods = selected(autoscaler, scale, view)
            except (NoTarget, ApiError):
                continue
            for pod in pods:
                if pod["spec"].get("nodeName"):
                    yield pod["spec"]["nodeName"], uid_of(pod)


def target_of(autoscaler: Object, view: View) -> tuple[Object, Object, Kind]:
    """What is scaled, its Scale and its kind. Raises NoTarget."""
    ref = autoscaler["spec"]["scaleTargetRef"]
    group = ref.get("apiVersion", "").rpartition("/")[0]
    for kind in view.kinds():
        if (kind.group, kind.kind) != (group, ref["kind"]):
            continue
        found = view.get(kind.resource, namespace_of(autoscaler), ref["name"])
        if found is None:
            raise NoTarget(f'{kind.resource} "{ref["name"]}" not found')
        if kind.scale is None:
            raise NoTarget("the server could not find the requested resource")
        return found, scale_of(kind.scale, found), kind
    why = f'no matches for kind "{ref["kind"]}" in group "{group}"'
    raise NoTarget(f"unable to determine resource for scale target reference: {why}")


def selected(autoscaler: Object, scale: Object, view: View) -> list[Object]:
    """The pods of a target; none of one without a selector. Raises ApiError for one that
    cannot be read."""
    text = scale["status"].get("selector", "")
    if not text:
        return []
    selector: Selector = parse_labels(text)
    pods = view.list("pods", namespace_of(autoscaler))
    return [pod for pod in pods if selector.matches(labels_of(pod))]


class _Sync:
    """One autoscaler in one compute."""

    def __init__(self, autoscaler: Object, view: View, now: datetime, changes: Changes) -> None:
        self.autoscaler, self.view, self.now, self.changes = autoscaler, view, now, changes
        self.spec = autoscaler["spec"]
        self.status: Object = copy(autoscaler.get("status") or {})
        memo = view.recall(history_key(key_of(RESOURCE, autoscaler)))
        text = memo.value if memo is not None else ""
        self.history = History.of(text, uid_of(autoscaler))

    def run(self) -> None:
        try:
            target, scale, kind = target_of(self.autoscaler, self.view)
        except NoTarget as error:
            self._fail("AbleToScale", "FailedGetScale", str(error), _NO_SCALE.format(error))
            self._write()
            return
        able = self._condition("AbleToScale")
        if able is None or able["status"] != "True":
            self._set("AbleToScale", True, "SucceededGetScale", _GOT_SCALE)
        current = scale["spec"]["replicas"]
        wanted, why = self._wanted(current, scale)
        if wanted is not None:
            self._finish(current, wanted)
            if wanted != current:
                self._scale(target, kind, current, wanted, why)
        self._write()

    # --- how many ---

    def _wanted(self, current: int, scale: Object) -> tuple[int | None, str]:
        """(replicas, why); None where nothing new is known."""
        least, most = self.spec["minReplicas"], self.spec["maxReplicas"]
        if current == 0 and least != 0:
            self._set("ScalingActive", False, "ScalingDisabled", _AT_NOUGHT)
            return 0, ""
        if current > most:
            self.status["currentMetrics"] = None
            return most, "Current number of replicas above Spec.MaxReplicas"
        if current < least:
            self.status["currentMetrics"] = None
            return least, "Current number of replicas below Spec.MinReplicas"
        sampled = self.view.sampled()
        if sampled <= self.history.seen:
            return None, ""
        self.history.seen = sampled
        found = self._proposed(current, scale)
        if found is None:
            self.status["currentReplicas"] = current
            self._keep()
            return None, ""
        why = f"{found.name} above target"
        if found.replicas < current:
            why = "All metrics below target"
        return self._limited(current, found.replicas), why

    def _limited(self, current: int, wanted: int) -> int:
        now, behavior = self.now.timestamp(), self.spec.get("behavior")
        if not self.history.recommended:
            self.history.recommend(now, current, behavior)
        bounds = Bounds(self.spec["minReplicas"], self.spec["maxReplicas"], behavior)
        replicas, conditions = limited(current, wanted, bounds, self.history, now)
        for each in conditions:
            self._set(*each)
        self._keep()
        return replicas

    def _proposed(self, current: int, scale: Object) -> Proposal | None:
        """The largest proposal of the metrics. None where none can be made, or one less than
        all of them says that there are too many replicas."""
        specs = self.spec["metrics"]
        best: Proposal | None = None
        statuses: list[Object] = []
        failures: list[tuple[Object, Unable]] = []
        situation = self._situation(current, scale)
        for metric in specs:
            try:
                if not scale["status"].get("selector"):
                    raise Unable("selector is required", "InvalidSelector")
                found = propose(metric, situation)
            except Unable as error:
                failures.append((metric, error))
                statuses.append({"type": ""})
                self.changes.event(self.autoscaler, "Warning", error.reason, str(error))
                continue
            statuses.append(found.status)
            if best is None or found.replicas > best.replicas:
                best = found
        self.status["currentMetrics"] = statuses
        if best is None or (failures and best.replicas < current):
            self._tell_failures(failures)
            return None
        self._set("ScalingActive", True, "ValidMetricFound", _FOUND.format(best.name))
        return best

    def _tell_failures(self, failures: Sequence[tuple[Object, Unable]]) -> None:
        metric, error = failures[0]
        self._set("ScalingActive", False, error.reason, _UNABLE.format(error))
        first = f"failed to get {_name_of(metric)} metric value: {error}"
        message = (
            f"invalid metrics ({len(failures)} invalid out of {len(self.spec['metrics'])}), "
            f"first error is: {first}"
        )
        self.changes.event(self.autoscaler, "Warning", "FailedComputeMetricsReplicas", message)

    def _situation(self, current: int, scale: Object) -> Situation:
        behavior = self.spec.get("behavior") or {}
        try:
            pods = selected(self.autoscaler, scale, self.view)
        except ApiError:
            pods = []
        tolerance = Tolerance(_tolerance(behavior, "scaleDown"), _tolerance(behavior, "scaleUp"))
        return Situation(current, pods, self.view, tolerance, self.now)

    # --- what follows ---

    def _scale(self, target: Object, kind: Kind, current: int, wanted: int, why: str) -> None:
        assert kind.scale is not None  # it has a Scale
        changed = with_replicas(kind.scale, copy(target), name_of(target), wanted)
        self.changes.update(changed)
        message = f"New size: {wanted}; reason: {why}"
        self.changes.event(self.autoscaler, "Normal", "SuccessfulRescale", message)
        self.history.changed(self.now.timestamp(), wanted - current, self.spec.get("behavior"))
        self._keep()
        self.status["lastScaleTime"] = now_text(self.now)
        self._set("AbleToScale", True, "SucceededRescale", _SCALED.format(wanted))

    def _finish(self, current: int, wanted: int) -> None:
        self.status |= {"currentReplicas": current, "desiredReplicas": wanted}

    def _keep(self) -> None:
        key = history_key(key_of(RESOURCE, self.autoscaler))
        self.changes.remember(key, Memo(self.history.text()))

    def _fail(self, type_: str, reason: str, message: str, shown: str) -> None:
        """Say it once: the event comes with the change of the condition."""
        before = self._condition(type_)
        if before is None or (before["reason"], before["message"]) != (reason, shown):
            self.changes.event(self.autoscaler, "Warning", reason, message)
        self._set(type_, False, reason, shown)

    def _condition(self, type_: str) -> Mapping[str, Any] | None:
        found = self.status.get("conditions") or ()
        return next((each for each in found if each["type"] == type_), None)

    def _set(self, type_: str, holds: bool, reason: str, message: str) -> None:
        wanted: Condition = (type_, holds, reason, message)
        status = "True" if holds else "False"
        before = self._condition(type_)
        since = now_text(self.now)
        if before is not None and before["status"] == status:
            since = before.get("lastTransitionTime", since)
        made = {
            "type": type_,
            "status": status,
            "lastTransitionTime": since,
            "reason": wanted[2],
            "message": wanted[3],
        }
        conditions = list(self.status.get("conditions") or ())
        if before is None:
            conditions.append(made)
        else:
            conditions[conditions.index(before)] = made
        self.status["conditions"] = conditions

    def _write(self) -> None:
        if self.status != self.autoscaler.get("status"):
            self.changes.update_status({**self.autoscaler, "status": self.status})


_NO_SCALE = "the HPA controller was unable to get the target's current scale: {}"
_GOT_SCALE = "the HPA controller was able to get the target's current scale"
_AT_NOUGHT = "scaling is disabled since the replica count of the target is zero"
_SCALED = "the HPA controller was able to update the target scale to {}"


def _tolerance(behavior: Mapping[str, Any], name: str) -> float:
    given = (behavior.get(name) or {}).get("tolerance")
    return TOLERANCE if given is None else float(parse(given))


def _name_of(metric: Object) -> str:
    """What a failure calls a metric."""
    if metric["type"] == "Resource":
        return f"{metric['resource']['name']} resource"
    if metric["type"] == "ContainerResource":
        return f"{metric['containerResource']['name']} container"
    return str(metric["type"]).lower()
