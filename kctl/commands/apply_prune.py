"""apply --prune: delete what was applied once, is selected, and is in the files no more."""

from __future__ import annotations

from kctl.commands import objects
from kctl.commands.catalog import Resource
from kctl.commands.command import UsageError
from kctl.commands.context import Context
from kctl.commands.create.generator import LAST_APPLIED
from kctl.commands.delete import cascade
from kctl.commands.objects import Found
from kctl.commands.output import Result
from kctl.commands.parse import Args

ALLOWED = (
    ("", "ConfigMap"),
    ("", "Endpoints"),
    ("", "Namespace"),
    ("", "PersistentVolumeClaim"),
    ("", "PersistentVolume"),
    ("", "Pod"),
    ("", "ReplicationController"),
    ("", "Secret"),
    ("", "Service"),
    ("batch", "Job"),
    ("batch", "CronJob"),
    ("networking.k8s.io", "Ingress"),
    ("apps", "DaemonSet"),
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "StatefulSet"),
)
"""(group, kind) that may be pruned where --prune-allowlist names none: kubectl's list.
Those that the control plane does not serve are passed over."""


def check(args: Args) -> None:
    """Refuse what does not go together. Raises UsageError with kubectl's texts."""
    if args["all"] and args["selector"]:
        raise UsageError("cannot set --all and --selector at the same time")
    if args["prune"] and not args["all"] and not args["selector"]:
        raise UsageError(
            "all resources selected for prune without explicitly passing --all. To prune all "
            "resources, pass the --all flag. If you did not mean to prune all resources, "
            "specify a label selector"
        )
    for each in args["prune-allowlist"]:
        if each.count("/") != 2:
            raise UsageError(
                f"invalid GroupVersionKind format: {each}, please follow <group/version/kind>"
            )


def prune(
    ctx: Context, args: Args, result: Result, seen: set[str], visited: set[str]
) -> list[Found]:
    """Delete what is not among `seen` (uids), in the namespaces that the files named; what
    was deleted."""
    gone = []
    for resource in _resources(ctx, args):
        for namespace in sorted(visited) if resource.namespaced else [""]:
            gone += _prune_one(ctx, args, result, seen, resource, namespace)
    return gone


def _resources(ctx: Context, args: Args) -> list[Resource]:
    known = objects.catalog(ctx)
    if not args["prune-allowlist"]:
        return [r for r in known.resources if (r.group, r.kind) in ALLOWED]
    wanted = []
    for each in args["prune-allowlist"]:
        group, version, kind = each.split("/")
        group = "" if group == "core" else group
        found = known.of({"apiVersion": f"{group}/{version}" if group else version, "kind": kind})
        if found is None:
            raise UsageError(
                f'no matches for kind "{kind}" in version '
                f'"{f"{group}/{version}" if group else version}"'
            )
        wanted.append(found)
    return wanted


def _prune_one(
    ctx: Context, args: Args, result: Result, seen: set[str], resource: Resource, namespace: str
) -> list[Found]:
    keep = objects.selection(ctx, args, resource)
    gone = []
    for revision, value in ctx.reader.list(resource.resource, namespace or None):
        obj = objects.decode(revision, value)
        meta = obj["metadata"]
        applied = LAST_APPLIED in (meta.get("annotations") or {})
        if not applied or meta["uid"] in seen or not keep(obj):
            continue
        if result.dry != "client":
            grace = args["grace-period"]
            ctx.plane.api.delete(
                resource.resource,
                meta["name"],
                namespace,
                propagation=cascade(args["cascade"]),
                grace=grace if grace >= 0 else None,
                dry_run=result.dry == "server",
            )
        result.show(obj, "pruned")
        gone.append(Found(resource, namespace, meta["name"], obj))
    return gone
