"""`kctl top pod`."""

from __future__ import annotations

from typing import Any

from kctl.api.errors import not_found
from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.options import selector
from kctl.commands.parse import Args
from kctl.commands.top.shared import OPTIONS, Amount, check, measured, meta_of, total, write
from kctl.printing.go_duration import text_of

Object = dict[str, Any]
_AMOUNTS = ("CPU(cores)", "MEMORY(bytes)")
_LINE = "________"
_YOUNG = 120.0
"""Seconds in which a pod without metrics is nothing to wonder about."""

Used = dict[str, Amount]
"""container -> what it uses"""


def run(ctx: Context, args: Args) -> int:
    check(args, "pod", "selector")
    ctx.refresh()
    pods = _pods(ctx, args)
    used = _used(ctx, pods)
    if args.positional and not used:
        raise not_found("podmetrics.metrics.k8s.io", "/".join(meta_of(pods[0])))
    if not used:
        return _nothing(ctx, args, pods)
    write(ctx, _table(args, used))
    return 0


def _pods(ctx: Context, args: Args) -> list[Object]:
    api = ctx.plane.api
    if args.positional:
        return [api.get("pods", args.positional[0], ctx.namespace)]
    found: list[Object] = api.list(
        "pods",
        ctx.scope,
        label_selector=args["selector"],
        field_selector=args["field-selector"],
    ).items
    return found


def _used(ctx: Context, pods: list[Object]) -> dict[tuple[str, str], Used]:
    """(namespace, name) -> what the containers use."""
    bound = {pod["metadata"]["uid"]: pod for pod in pods if pod["spec"].get("nodeName")}
    if not bound:
        return {}
    nodes = {pod["spec"]["nodeName"] for pod in bound.values()}
    found = {}
    for rates in measured(ctx, nodes, bound.keys()).values():
        for uid, containers in rates.pods.items():
            found[meta_of(bound[uid])] = {
                name: Amount(rate.cpu, rate.memory) for name, rate in containers.items()
            }
    return found


def _nothing(ctx: Context, args: Args, pods: list[Object]) -> int:
    """No pod, or none that runs for long enough."""
    from kctl.controllers.common import epoch

    for pod in pods:
        age = ctx.time() - epoch(pod["metadata"]["creationTimestamp"])
        if age > _YOUNG:
            where = "/".join(meta_of(pod))
            raise UsageError(f"Metrics not available for pod {where}, age: {text_of(age)}")
    if pods:
        raise UsageError("metrics not available yet")
    place = "" if args["all-namespaces"] else f" in {ctx.namespace} namespace."
    ctx.err.write(f"No resources found{place}\n")
    return 0


def _table(args: Args, used: dict[tuple[str, str], Used]) -> list[tuple[str, ...]]:
    everywhere, parts = args["all-namespaces"], args["containers"]
    swap = ("SWAP(bytes)",) if args["show-swap"] else ()
    lead = (*(("NAMESPACE",) if everywhere else ()), *(("POD",) if parts else ()), "NAME")
    rows: list[tuple[str, ...]] = []
    if not args["no-headers"]:
        rows.append((*lead, *_AMOUNTS, *swap))
    none = tuple("0Mi" for _ in swap)
    for where in _ordered(used, args["sort-by"]):
        head = where if everywhere else where[1:]
        if parts:
            for name in _containers(used[where], args["sort-by"]):
                rows.append((*head, name, *used[where][name].cells(), *none))
        else:
            rows.append((*head, *total(used[where].values()).cells(), *none))
    if args["sum"]:
        everything = total(each for found in used.values() for each in found.values())
        before = ("",) * len(lead)
        rows.append((*before, _LINE, _LINE, *(_LINE for _ in swap)))
        rows.append((*before, *everything.cells(), *none))
    return rows


def _ordered(used: dict[tuple[str, str], Used], sort_by: str) -> list[tuple[str, str]]:
    places = sorted(used)
    if not sort_by:
        return places
    return sorted(places, key=lambda where: total(used[where].values()).by(sort_by))


def _containers(used: Used, sort_by: str) -> list[str]:
    names = sorted(used)
    return sorted(names, key=lambda name: used[name].by(sort_by)) if sort_by else names


COMMAND = Command(
    name="pod",
    summary="Display resource (CPU/memory) usage of pods",
    usage="pod [NAME | -l label]",
    examples="# Show what the pods of the namespace use\nkctl top pod\n\n"
    "# Show what each container of a pod uses\nkctl top pod POD_NAME --containers\n\n"
    "# Show what the pods with a label use\nkctl top pod -l name=myLabel",
    options=(
        *OPTIONS,
        selector(),
        Option("all-namespaces", "bool", short="A", help="Across all namespaces."),
        Option("containers", "bool", help="Print what each container of a pod uses."),
        Option("field-selector", help="Selector (field query) to filter on."),
        Option("sum", "bool", help="Print the sum of what is used."),
    ),
    arguments=("pod",),
    run=run,
)
