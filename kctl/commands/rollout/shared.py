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
DAEMON_SETS = "daemonsets.apps"
REPLICA_SETS = "replicasets.apps"
CONTROLLER_REVISIONS = "controllerrevisions.apps"
REVISION = "deployment.kubernetes.io/revision"
CHANGE_CAUSE = "kubernetes.io/change-cause"


def targets(ctx: Context, args: Args) -> Findings:
    """The objects that the words, -f or -l name."""
    if not args.positional and not args["filename"] and not args["selector"]:
        raise UsageError("required resource not specified")
    return find(ctx, args, whole=True)


def is_deployment(found: Found) -> bool:
    return found.resource.resource == DEPLOYMENTS


def group_kind(found: Found) -> str:
    """ "Job.batch", "Pod": as errors name what has no rollouts."""
    group = found.resource.group
    return f"{found.resource.kind}.{group}" if group else str(found.resource.kind)


def is_daemon_set(found: Found) -> bool:
    return found.resource.resource == DAEMON_SETS


def revisions(ctx: Context, obj: Object) -> dict[int, Object]:
    """The replica sets of a deployment by revision; of a daemon set what it was then."""
    if obj["kind"] == "DaemonSet":
        listed = _controlled(ctx, obj, CONTROLLER_REVISIONS)
        return {int(each.get("revision", 0)): _as_it_was(obj, each) for each in listed}
    return {revision_of(each): each for each in _controlled(ctx, obj, REPLICA_SETS)}


def _controlled(ctx: Context, obj: Object, resource: str) -> list[Object]:
    meta = obj["metadata"]
    return [
        each
        for each in ctx.plane.api.list(resource, meta["namespace"]).items
        if any(
            owner["uid"] == meta["uid"] and owner.get("controller")
            for owner in each["metadata"].get("ownerReferences") or []
        )
    ]


def _as_it_was(daemon_set: Object, revision: Object) -> Object:
    """The daemon set with the template of a revision, and why it was changed then."""
    template = dict(revision["data"]["spec"]["template"])
    template.pop("$patch", None)
    meta = dict(daemon_set["metadata"])
    annotations = dict(meta.get("annotations") or {})
    annotations.pop(CHANGE_CAUSE, None)
    cause = (revision["metadata"].get("annotations") or {}).get(CHANGE_CAUSE)
    if cause:
        annotations[CHANGE_CAUSE] = cause
    meta["annotations"] = annotations
    return {**daemon_set, "metadata": meta, "spec": {**daemon_set["spec"], "template": template}}


def revision_of(obj: Object) -> int:
    text = (obj["metadata"].get("annotations") or {}).get(REVISION, "0")
    return int(text) if text.isdigit() else 0


def change_each(
    ctx: Context,
    args: Args,
    verb: str,
    change: Callable[[Found], Object],
    done: str,
    resources: tuple[str, ...] = (DEPLOYMENTS,),
) -> int:
    """Merge-patch each object of `resources` with what `change` answers, and say `done`.
    `verb` is for the error on others."""
    findings = targets(ctx, args)
    result = Result(ctx, args)
    changed = False
    for found in findings:
        with findings.guard():
            if found.resource.resource not in resources:
                raise UsageError(
                    f'{found.resource.resource} "{found.name}" {verb} is not supported'
                )
            patched = ctx.plane.api.patch(
                found.resource.resource,
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
