"""drain and disruption budgets beside the real kubectl: one script a test, on a fresh copy of
the store on each side, so that every line meets what the lines before it left."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.verbs.sides import Sides

USAGE = [
    "drain",
    "drain plain -l a=b",
    "drain nope",
    "drain nope nope2",
    "drain plain nope",
    "drain pod/web-1",
    "drain plain --dry-run=bogus",
    "drain plain --pod-selector='=x'",
    "drain plain --grace-period=x",
    "drain plain --delete-local-data",
    "get nodes",
]

DRY_RUNS = [
    "drain node/plain --dry-run=client",
    "drain plain --dry-run=server",
    "drain plain --pod-selector=app=none --dry-run=client",
    "drain bare --dry-run=client",
    "drain bare --force --dry-run=client",
    "drain twice --disable-eviction --dry-run=server",
    "get pods",
    "get nodes",
]

PLAIN = [
    "drain plain --grace-period=0",
    "drain plain --grace-period=0",
    "drain -l name=empty",
    "drain -l name=none",
    "drain -l 'name in (empty,done)' --grace-period=0 --chunk-size=0",
    "get pods",
    "get nodes",
]

REFUSED = [
    "drain bare",
    "drain data",
    "drain data --force",
    "drain data --delete-emptydir-data",
    "drain data bare empty",
    "drain daemon",
    "drain daemon --ignore-daemonsets",
    "drain twice",
    "get pods",
    "get nodes",
]

FORCED = [
    "drain bare --force --grace-period=0",
    "drain data --delete-emptydir-data --force --pod-selector=app=data --grace-period=0",
    "drain daemon --force --grace-period=0",
    "drain twice --disable-eviction --grace-period=0",
    "get pods",
]

TIMED_OUT = [
    "drain plain --timeout=1s",
    "drain guarded --timeout=1500ms",
    "drain guarded --disable-eviction --timeout=1s",
]

BUDGETS = [
    "get pdb",
    "get poddisruptionbudgets.policy -o wide",
    "get pdb one -o yaml",
    "describe pdb",
    "describe pdb two",
    "delete pdb three",
    "delete pdb nope",
    'patch pdb one -p \'{"spec":{"minAvailable":"half"}}\'',
    'patch pdb one -p \'{"spec":{"maxUnavailable":1}}\'',
]

SCRIPTS = {
    "usage": USAGE,
    "dry runs": DRY_RUNS,
    "plain": PLAIN,
    "refused": REFUSED,
    "forced": FORCED,
    "timed out": TIMED_OUT,
}


def lines(text: str) -> list[str]:
    """In any order: kubectl asks for all pods of a node at once."""
    return sorted(text.split("\n"))


@pytest.mark.parametrize("name", SCRIPTS)
def test_drain_says_what_kubectl_says(beside: Callable[[], Sides], name: str) -> None:
    pair = beside()
    for line in SCRIPTS[name]:
        ours, theirs = pair.both(line)
        assert ours.code == theirs.code, line
        assert ours.err == theirs.err, line
        assert lines(ours.out) == lines(theirs.out), line


def _without_what_differs(text: str) -> str:
    kept = ("creationTimestamp:", "resourceVersion:", "uid:")
    return "\n".join(each for each in text.split("\n") if not each.strip().startswith(kept))


def test_budgets_are_shown_and_made_as_kubectl_does(beside: Callable[[], Sides]) -> None:
    pair = beside()
    for line in BUDGETS:
        ours, theirs = pair.both(line)
        assert (ours.code, ours.err) == (theirs.code, theirs.err), line
        assert _without_what_differs(ours.out) == _without_what_differs(theirs.out), line
