"""What pods and machines use: samples of counters, and the rates between two of them.

An engine counts the CPU time that a container has used since its start; what is used *now* is
the growth between two samples. Memory needs no second sample, but is reported with the rate, as
metrics-server does: a container is known once both are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Usage:
    """Counters of one container, or of a whole machine."""

    at: float
    """epoch seconds, by the clock of the host"""
    cpu: int
    """nanoseconds of CPU time since it began"""
    memory: int
    """bytes in use without what can be dropped at once (the working set: usage less inactive
    pages of files)"""
    id: str = ""
    """of the container: another one counts from nought again"""


@dataclass(frozen=True, slots=True)
class NodeUsage:
    """One sample of one node."""

    node: str
    at: float
    """epoch seconds by our clock"""
    machine: Usage | None = None
    """None where the host does not say"""
    pods: Mapping[str, Mapping[str, Usage]] = field(default_factory=dict)
    """pod uid -> container -> counters; running containers alone, the sandbox left out"""


@dataclass(frozen=True, slots=True)
class Rate:
    """What is used at a time."""

    at: float
    """epoch seconds: of the newer sample"""
    window: float
    """seconds between the samples"""
    cpu: float
    """cores"""
    memory: int
    """bytes"""


@dataclass(frozen=True, slots=True)
class NodeRates:
    """What a node and its pods use."""

    machine: Rate | None = None
    pods: Mapping[str, Mapping[str, Rate]] = field(default_factory=dict)
    """pod uid -> container -> rate; only pods of which every container is known"""


def rates(before: NodeUsage, after: NodeUsage) -> NodeRates:
    """Between two samples of one node, the older first."""
    machine = None
    if before.machine is not None and after.machine is not None:
        machine = rate(before.machine, after.machine)
    pods = {}
    for uid, containers in after.pods.items():
        known = before.pods.get(uid, {})
        found = {
            name: between
            for name, usage in containers.items()
            if name in known and (between := rate(known[name], usage)) is not None
        }
        if found and len(found) == len(containers):
            pods[uid] = found
    return NodeRates(machine, pods)


def known_since(older: NodeUsage, newer: NodeUsage) -> NodeUsage:
    """The counters to compare a third sample with: the older ones, and the newer ones of what
    began in between."""
    pods = {
        uid: {name: _same(older.pods.get(uid, {}).get(name), usage) for name, usage in each.items()}
        for uid, each in newer.pods.items()
    }
    return NodeUsage(newer.node, newer.at, older.machine or newer.machine, pods)


def _same(older: Usage | None, newer: Usage) -> Usage:
    comparable = older is not None and rate(older, newer) is not None
    return older if older is not None and comparable else newer


def rate(before: Usage, after: Usage) -> Rate | None:
    """None where the two cannot be compared: another container, a counter that began anew, or
    no time between them."""
    window, used = after.at - before.at, after.cpu - before.cpu
    if before.id != after.id or window <= 0 or used < 0:
        return None
    return Rate(after.at, window, used / 1e9 / window, after.memory)
