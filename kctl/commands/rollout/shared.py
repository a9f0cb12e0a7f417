"""What the rollout verbs share: finding deployments, and their replica sets by revision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kctl.commands.command import UsageError
from kctl.commands.context import Context
from kctl.commands.objects import Findings, Found, find
from kctl.commands.options import manager_of
from kctl.commands.output import Result
from kctl.commands.parse import Args

Object = dict[str, Any]

DEPLOYMENTS = "deployments.apps"
REPLICA_SETS = "replicasets.apps"
REVISION = "deployment.kubernetes.io/revision"
CHANGE_CAUSE = "kubernetes.io/change-cause"


def targets(ctx: Context, args: Args) -> Findings:
    """The objects that the words, -f or -l name."""
    if not args.positional and not args["filename"] and not args["selector"]:
        raise UsageError("required resource not specified")
    return find(ctx, args, whole=True)


def is_deployment(found: Found) -> bool:
    return found.resource.resource == DEPLOYMENTS


def revisions(ctx: Context, deployment: Object) -> dict[int, Object]:
    """Its replica sets by revision."""
    found = {}
    meta = deployment["metadata"]
    for each in ctx.plane.api.list(REPLICA_SETS, meta["namespace"]).items:
        owners = each["metadata"].get("ownerReferences") or []
        if any(owner["uid"] == meta["uid"] and owner.get("controller") for owner in owners):
            found[revision_of(each)] = each
    return found


def revision_of(obj: Object) -> int:
    text = (obj["metadata"].get("annotations") or {}).get(REVISION, "0")
    return int(text) if text.isdigit() else 0


def change_each(
    ctx: Context, args: Args, verb: str, change: Callable[[Found], Object], done: str
) -> int:
    """Merge-patch each deployment with what `change` answers, and say `done`. `verb` is for
    the error on resources that have no rollouts."""
    findings = targets(ctx, args)
    result = Result(ctx, args)
    changed = False
    for found in findings:
        with findings.guard():
            if not is_deployment(found):
                raise UsageError(
                    f'{found.resource.resource} "{found.name}" {verb} is not supported'
                )
            patched = ctx.plane.api.patch(
                DEPLOYMENTS,
                found.name,
                found.namespace,
                change(found),
                "merge",
                manager=manager_of(args),
            )
            changed = True
            result.show(patched, done)
    if changed:
        ctx.settle()
    if not findings and not findings.errors:
        ctx.err.write(f"No resources found in {ctx.namespace} namespace.\n")
    return findings.finish()
