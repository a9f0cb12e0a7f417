"""Events: what controllers have to say, counted rather than repeated, and forgotten in time.

An event alike (object, type, reason, message, source) within the hour raises the count of
the one that exists. Its name follows from what makes it alike, so finding it is one read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kctl.api.times import now_text
from kctl.controllers.common import deleting, epoch, key_of, name_of, namespace_of, uid_of
from kctl.controllers.types import Changes, Event, Mapper, Object, View
from kctl.store.types import Key, Memo

RESOURCE = "events"
WINDOW = 3600
"""Seconds within which an event alike is counted."""
_SWEEP = Key(RESOURCE, "", "sweep")
_SWEEP_MEMO = "events/sweep"
_SWEEP_EVERY = 300.0


def record(
    events: Sequence[Event], view: View, now: datetime, new_suffix: Callable[[], str]
) -> Changes:
    """Event objects for what controllers asked for. `new_suffix` sets a name apart that
    something else carries already."""
    changes = Changes()
    counts: dict[tuple[str, ...], int] = {}
    firsts: dict[tuple[str, ...], Event] = {}
    for event in events:
        if event.provided is not None and view.get(*event.provided) is None:
            continue
        identity = _identity(event)
        firsts.setdefault(identity, event)
        counts[identity] = counts.get(identity, 0) + 1
    for identity, event in firsts.items():
        _record_one(event, identity, counts[identity], view, now, new_suffix, changes)
    return changes


def _record_one(
    event: Event,
    identity: tuple[str, ...],
    count: int,
    view: View,
    now: datetime,
    new_suffix: Callable[[], str],
    changes: Changes,
) -> None:
    namespace = namespace_of(event.regarding) or "default"
    place = view.get("namespaces", "", namespace)
    if place is not None and deleting(place):
        return  # nothing new is taken there
    digest = hashlib.sha256("\0".join(identity).encode()).hexdigest()[:16]
    name = f"{_stem(name_of(event.regarding))}.{digest}"
    current = view.get(RESOURCE, namespace, name)
    if current is not None and not _alike(current, event):
        name, current = f"{name}{new_suffix()}", None
    if current is None:
        changes.create(_new(event, namespace, name, count, now))
        return
    fresh = epoch(current.get("lastTimestamp")) + WINDOW > now.timestamp()
    at = now_text(now)
    changes.update(
        {
            **current,
            "count": int(current.get("count") or 1) + count if fresh else count,
            "firstTimestamp": current.get("firstTimestamp") if fresh else at,
            "lastTimestamp": at,
        }
    )


def _stem(name: str) -> str:
    """What the name of an event begins with: that of its object, cut and cleaned so that
    16 digits and a suffix behind it still make a valid name."""
    return re.sub(r"[^a-z0-9.-]|\.(?=[.-])|(?<=-)\.", "-", name.lower())[:230].strip("-.")


def _identity(event: Event) -> tuple[str, ...]:
    return (
        uid_of(event.regarding),
        event.regarding["kind"],
        name_of(event.regarding),
        event.type,
        event.reason,
        event.message,
        event.field_path,
        event.component,
    )


def _alike(current: Object, event: Event) -> bool:
    involved = current.get("involvedObject") or {}
    return (involved.get("uid", ""), current.get("reason"), current.get("message")) == (
        uid_of(event.regarding),
        event.reason,
        event.message,
    )


def _new(event: Event, namespace: str, name: str, count: int, now: datetime) -> Object:
    at = now_text(now)
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": namespace},
        "involvedObject": _reference(event),
        "reason": event.reason,
        "message": event.message,
        "source": _source(event),
        "firstTimestamp": at,
        "lastTimestamp": at,
        "count": count,
        "type": event.type,
        "eventTime": None,
        "reportingComponent": event.component,
        "reportingInstance": _source(event).get("host", ""),
    }


def _reference(event: Event) -> dict[str, Any]:
    obj = event.regarding
    metadata = obj["metadata"]
    reference = {
        "kind": obj["kind"],
        "namespace": metadata.get("namespace", ""),
        "name": metadata["name"],
        "uid": metadata.get("uid", ""),
        "apiVersion": obj["apiVersion"],
        "resourceVersion": metadata.get("resourceVersion", ""),
        "fieldPath": event.field_path,
    }
    return {name: value for name, value in reference.items() if value}


def _source(event: Event) -> dict[str, str]:
    """Who says it; what the kubelet would say, it says as the one of that node."""
    source = {"component": event.component} if event.component else {}
    if event.component == "kubelet":
        node = event.regarding.get("spec", {}).get("nodeName")
        if event.regarding["kind"] == "Node":
            node = name_of(event.regarding)
        if node:
            source["host"] = node
    return source


def _sweep_once(obj: Object, view: View) -> Iterable[Key]:
    """A sweep is asked for once; then it looks after itself. Nodes ask for it as well, with
    every heartbeat: a pass writes its own events last, when no controller is asked any
    more."""
    return [_SWEEP] if view.recall(_SWEEP_MEMO) is None else []


class EventTtlController:
    """`kctl_controllers`: removes events whose time (setting "event-ttl") is over. One
    sweep looks at all of them, at most every five minutes."""

    name = "event-ttl-controller"
    watches: Mapping[str, Mapper] = {RESOURCE: _sweep_once, "nodes": _sweep_once}

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes = Changes()
        ttl = float(view.setting("event-ttl"))
        left = []
        for event in view.list(RESOURCE):
            at = epoch(event.get("lastTimestamp") or event["metadata"].get("creationTimestamp"))
            if at + ttl <= now.timestamp():
                changes.delete(key_of(RESOURCE, event), uid_of(event))
            else:
                left.append(at + ttl)
        if not left:
            changes.remember(_SWEEP_MEMO, None)
            return changes
        due = max(min(left), now.timestamp() + min(_SWEEP_EVERY, ttl))
        changes.remember(_SWEEP_MEMO, Memo(f"{due:.0f}"))
        changes.requeue(_SWEEP, due)
        return changes
