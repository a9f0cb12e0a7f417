"""`kctl rollout status`: wait for a rollout and tell how far it is."""

from __future__ import annotations

from typing import Any

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.follow import follow
from kctl.commands.objects import Found, get
from kctl.commands.parse import Args
from kctl.commands.rollout.options import targets as target_options
from kctl.commands.rollout.shared import (
    group_kind,
    is_daemon_set,
    is_deployment,
    revision_of,
    targets,
)

Object = dict[str, Any]


def progress(deployment: Object, revision: int = 0) -> tuple[str, bool]:
    """The line that says how far the rollout is, and whether it is complete. Raises
    UsageError for one that failed."""
    meta, status = deployment["metadata"], deployment.get("status") or {}
    name, wanted = meta["name"], deployment["spec"].get("replicas", 1)
    if revision and revision_of(deployment) != revision:
        raise UsageError(
            f"desired revision ({revision}) is different from the running revision "
            f"({revision_of(deployment)})"
        )
    if meta.get("generation", 0) > status.get("observedGeneration", 0):
        return "Waiting for deployment spec update to be observed...", False
    for each in status.get("conditions") or []:
        if each["type"] == "Progressing" and each.get("reason") == "ProgressDeadlineExceeded":
            raise UsageError(f'deployment "{name}" exceeded its progress deadline')
    waiting = f'Waiting for deployment "{name}" rollout to finish: '
    updated = status.get("updatedReplicas", 0)
    if updated < wanted:
        return f"{waiting}{updated} out of {wanted} new replicas have been updated...", False
    old = status.get("replicas", 0) - updated
    if old > 0:
        return f"{waiting}{old} old replicas are pending termination...", False
    available = status.get("availableReplicas", 0)
    if available < updated:
        return f"{waiting}{available} of {updated} updated replicas are available...", False
    return f'deployment "{name}" successfully rolled out', True


def daemon_progress(daemon_set: Object) -> tuple[str, bool]:
    """The same for a daemon set."""
    meta, status = daemon_set["metadata"], daemon_set.get("status") or {}
    if daemon_set["spec"]["updateStrategy"]["type"] != "RollingUpdate":
        raise UsageError("rollout status is only available for RollingUpdate strategy type")
    if meta.get("generation", 0) > status.get("observedGeneration", 0):
        return "Waiting for daemon set spec update to be observed...", False
    waiting = f'Waiting for daemon set "{meta["name"]}" rollout to finish: '
    desired, updated = (
        status.get(name, 0) for name in ("desiredNumberScheduled", "updatedNumberScheduled")
    )
    if updated < desired:
        return f"{waiting}{updated} out of {desired} new pods have been updated...", False
    available = status.get("numberAvailable", 0)
    if available < desired:
        return f"{waiting}{available} of {desired} updated pods are available...", False
    return f'daemon set "{meta["name"]}" successfully rolled out', True


def run(ctx: Context, args: Args) -> int:
    findings = targets(ctx, args)
    deadline = ctx.time() + args["timeout"] if args["timeout"] else None
    for found in findings:
        with findings.guard():
            if not is_deployment(found) and not is_daemon_set(found):
                raise UsageError(f"no status viewer has been implemented for {group_kind(found)}")
            _follow_one(ctx, args, found, deadline)
    if not findings and not findings.errors:
        ctx.err.write(f"No resources found in {ctx.namespace} namespace.\n")
    return findings.finish()


def _follow_one(ctx: Context, args: Args, found: Found, deadline: float | None) -> None:
    said = ""
    while True:
        obj = get(ctx, found.resource, found.namespace, found.name)
        if obj is None:
            raise UsageError("object has been deleted")
        line, complete = (
            daemon_progress(obj) if is_daemon_set(found) else progress(obj, args["revision"])
        )
        if line != said:
            said = line
            ctx.say(line)
            ctx.out.flush()
        if complete or not args["watch"]:
            return
        if deadline is not None and ctx.time() >= deadline:
            raise UsageError("timed out waiting for the condition")
        version = obj["metadata"]["resourceVersion"]
        follow(ctx, lambda version=version: _moved(ctx, found, version), deadline)  # type: ignore[misc]


def _moved(ctx: Context, found: Found, version: str) -> bool:
    obj = get(ctx, found.resource, found.namespace, found.name)
    return obj is None or obj["metadata"]["resourceVersion"] != version


COMMAND = Command(
    name="status",
    summary="Show the status of the rollout",
    usage="status (TYPE NAME | TYPE/NAME) [flags]",
    examples="# Wait for the newest rollout of 'web'\nkctl rollout status deployment/web",
    options=(
        *target_options("get from a server"),
        Option("revision", "int", 0, "Pin to a specific revision for showing its status."),
        Option(
            "timeout",
            "duration",
            0.0,
            "The length of time to wait before ending watch, zero means never.",
            shown="0s",
        ),
        Option(
            "watch", "bool", True, "Watch the status of the rollout until it's done.", short="w"
        ),
    ),
    arguments=("type", "name"),
    run=run,
)
