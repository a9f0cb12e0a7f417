"""Take a control plane off its nodes again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from kctl.reconcile.hosts import Hosts
from kctl.reconcile.lease import Asking, ReconcileLease, holder
from kctl.reconcile.plane import Plane
from kctl.runtime.operations import CleanNode
from kctl.runtime.threads import Threads
from kctl.runtime.types import HostUnreachable

Object = dict[str, Any]

PATIENCE = 30.0
"""Seconds to wait for another process's pass to end."""
AT_ONCE = 32
"""Hosts that are cleaned side by side."""
LEAVING = "1970-01-01T00:00:00Z"


def clean_nodes(plane: Plane) -> dict[str, str]:
    """Remove pods, load balancers, networks and images of this control plane from every
    node, side by side. Returns what went wrong, by node; a running watcher is a refusal of
    its own."""
    lease = ReconcileLease(plane.store, "pass")
    with Asking(plane.store, PATIENCE):
        refusal = _acquire(plane, lease)
    if refusal:
        return {"*": refusal}
    hosts = Hosts(plane.plugins, plane.settings, plane.store.memory().get)
    try:
        nodes = [_leaving(node) for node in plane.api.list("nodes").items]
        known = hosts.use(nodes)
        uids = {node["metadata"]["name"]: node["metadata"]["uid"] for node in nodes}
        names = sorted(known & uids.keys())
        with Threads(AT_ONCE) as pool:
            found = pool.map(lambda name: _clean(hosts, name, uids), names)
            return {name: why for name, why in zip(names, found, strict=True) if why}
    finally:
        hosts.close()
        lease.release()


def _leaving(node: Object) -> Object:
    """As a node that is being deleted, so that it is reached where it was in use."""
    return {**node, "metadata": {**node["metadata"], "deletionTimestamp": LEAVING}}


def _clean(hosts: Hosts, node: str, uids: Mapping[str, str]) -> str:
    """Why a node's host is not clean; "" if it is, if it is another node's to clean, and
    where nothing was ever put."""
    if hosts.unusable(node):
        return ""
    try:
        runtime = hosts.runtime(node)
        seen = runtime.observe()  # gives up sooner than the work would
        if not seen.reachable:
            return seen.error
        if seen.owner != uids[node] and seen.owner in uids.values():
            return ""
        outcome = runtime.execute(CleanNode(node))
    except HostUnreachable as error:
        return str(error)
    return "" if outcome.ok else outcome.message or outcome.reason


def _acquire(plane: Plane, lease: ReconcileLease) -> str:
    """Wait for the lease; why it cannot be had, "" once it is held."""
    deadline = time.time() + PATIENCE
    while not lease.acquire():
        other = holder(plane.store)
        if other is not None and other.detail == "watch":
            return f"process {other.pid} watches this control plane; stop it first"
        if time.time() > deadline:
            return "another process is running a pass"
        time.sleep(0.05)
    return ""
