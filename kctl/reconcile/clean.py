"""Take a control plane off its nodes again."""

from __future__ import annotations

import time

from kctl.reconcile.hosts import Hosts
from kctl.reconcile.lease import Asking, ReconcileLease, holder
from kctl.reconcile.plane import Plane
from kctl.runtime.types import CleanNode, HostUnreachable

PATIENCE = 30.0
"""Seconds to wait for another process's pass to end."""


def clean_nodes(plane: Plane) -> dict[str, str]:
    """Remove pods, load balancers, networks and images of this control plane from every
    node. Returns what went wrong, by node; a running watcher is a refusal of its own."""
    lease = ReconcileLease(plane.store, "pass")
    with Asking(plane.store, PATIENCE):
        refusal = _acquire(plane, lease)
    if refusal:
        return {"*": refusal}
    hosts = Hosts(plane.plugins, plane.settings)
    failures = {}
    try:
        for node in sorted(hosts.use(plane.api.list("nodes").items)):
            try:
                outcome = hosts.runtime(node).execute(CleanNode(node))
            except HostUnreachable as error:
                failures[node] = str(error)
                continue
            if not outcome.ok:
                failures[node] = outcome.message
    finally:
        hosts.close()
        lease.release()
    return failures


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
