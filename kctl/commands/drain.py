"""`kctl drain`: take every pod from a node, as budgets and grace allow."""

from __future__ import annotations

import time
from typing import Any

from kctl.commands.command import Command, Option, Several, UsageError
from kctl.commands.context import Context
from kctl.commands.cordon import nodes, schedule
from kctl.commands.drain_pods import Failed, choose
from kctl.commands.evicting import Evictions
from kctl.commands.objects import Found
from kctl.commands.options import dry_run, selector
from kctl.commands.output import DRY_RUN
from kctl.commands.output import dry_run as dry_run_of
from kctl.commands.parse import Args

Object = dict[str, Any]

_TICK = 0.05


def run(ctx: Context, args: Args) -> int:
    found = _nodes(ctx, args)
    dry = dry_run_of(ctx, args)
    _check_pod_selector(args["pod-selector"])
    for node in found:
        schedule(ctx, node, wanted=True, dry=dry)
    failures: list[Failed] = []
    pending: list[str] = []
    for node in found:
        try:
            _drain(ctx, args, node, dry)
        except Failed as failed:
            ctx.out.flush()
            ctx.err.write(
                f'error: unable to drain node "{node.name}" due to error: {failed}, '
                "continuing command...\n"
            )
            failures.append(failed)
            pending.append(node.name)
    if pending:
        ctx.err.write("There are pending nodes to be drained:\n")
        ctx.err.writelines(f" {name}\n" for name in pending)
        _raise(failures)
    return 0


def _raise(failures: list[Failed]) -> None:
    if len(failures) == 1 and not failures[0].joined:
        raise failures[0].errors[0]
    raise Several([error for each in failures for error in each.errors])


def _nodes(ctx: Context, args: Args) -> list[Found]:
    """Raises the first error alone, as kubectl does: nothing is cordoned then."""
    found = nodes(ctx, args, "drain")
    for node in found:
        if node.resource.resource != "nodes":
            resource = node.resource
            got = f"{resource.group}/{resource.version}, Resource={resource.plural}"
            raise UsageError(f'expected resource of type node, got "{got}"')
    for error in found.errors:
        raise error
    return found


def _check_pod_selector(text: str) -> None:
    from kctl.api.selectors import SelectorError, parse_labels

    try:
        parse_labels(text)
    except SelectorError:
        message = "--pod-selector=<pod_selector> must be a valid label selector"
        raise UsageError(message) from None


def _drain(ctx: Context, args: Args, node: Found, dry: str) -> None:
    """Raises Failed."""
    chosen = choose(ctx, args, node.name)
    if chosen.refusals:
        raise chosen.failed()
    if chosen.warnings:
        ctx.out.flush()
        ctx.err.write(f"Warning: {chosen.warning()}\n")
    if dry == "client":
        for pod in chosen.pods:
            meta = pod["metadata"]
            ctx.say(f"evicting pod {meta['namespace']}/{meta['name']} (dry run)")
    else:
        _take(ctx, args, node, chosen.pods, dry)
    ctx.say(f"node/{node.name} drained{DRY_RUN[dry]}")


def _take(ctx: Context, args: Args, node: Found, pods: list[Object], dry: str) -> None:
    """Evict them all, and wait. Raises Failed."""
    evictions = Evictions(ctx, args, pods, dry)
    if dry == "server":
        while not evictions.work():
            time.sleep(_TICK)
    else:
        from kctl.reconcile.attend import attend

        attend(ctx.plane, evictions.work)
    if evictions.errors:
        failed = Failed(evictions.errors, joined=evictions.evict)
        _tell_left(ctx, args, node.name, failed)
        raise failed


def _tell_left(ctx: Context, args: Args, node: str, failed: Failed) -> None:
    """Which pods are still there that were to go."""
    left = choose(ctx, args, node)
    ctx.out.flush()
    if left.pods:
        ctx.err.write(f'There are pending pods in node "{node}" when an error occurred: {failed}\n')
        ctx.err.writelines(f"pod/{pod['metadata']['name']}\n" for pod in left.pods)
    if left.refusals:
        ctx.err.write(
            f"Following errors occurred while getting the list of pods to delete:\n{left.failed()}"
        )


COMMAND = Command(
    name="drain",
    summary="Drain node in preparation for maintenance",
    description="Drain node in preparation for maintenance.\n\n"
    " The node is marked unschedulable, and its pods are evicted as far as their disruption "
    "budgets allow; an eviction that a budget forbids is tried again every five seconds. A pod "
    "leaves the rotation of its services before it is told to stop, and what its controller "
    "makes in its place starts on other nodes.\n\n"
    " Pods of daemon sets are left (--ignore-daemonsets must agree to it). Pods that nothing "
    "would make again go with --force only, pods with emptyDir volumes with "
    "--delete-emptydir-data only.",
    usage="drain NODE",
    examples="""
# Drain node "foo", even if there are pods that no controller manages
kctl drain foo --force

# Refuse where there are such pods, and give each pod 15 minutes to end
kctl drain foo --grace-period=900
""",
    arguments=("node",),
    options=(
        Option("chunk-size", "int64", 500, "Has no effect: nothing is listed in chunks."),
        Option(
            "delete-emptydir-data", "bool", help="Delete pods with emptyDir volumes and their data."
        ),
        Option(
            "disable-eviction", "bool", help="Delete instead of evicting: budgets are not asked."
        ),
        dry_run(),
        Option("force", "bool", help="Delete pods that do not declare a controller, too."),
        Option(
            "grace-period",
            "int",
            -1,
            "Seconds given to each pod to end gracefully; negative: as the pod says.",
        ),
        Option("ignore-daemonsets", "bool", help="Ignore DaemonSet-managed pods."),
        Option("pod-selector", help="Label selector to filter pods on the node"),
        selector(),
        Option(
            "skip-wait-for-delete-timeout",
            "int",
            0,
            "Do not wait for a pod whose DeletionTimestamp is older than so many seconds.",
        ),
        Option(
            "timeout",
            "duration",
            0.0,
            "The length of time to wait before giving up, zero means infinite",
            shown="0s",
        ),
    ),
    run=run,
)
