"""`kctl rollout undo`: the template of an earlier revision, once more."""

from __future__ import annotations

import copy
from typing import Any

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.objects import Found
from kctl.commands.options import dry_run
from kctl.commands.output import Result
from kctl.commands.output import dry_run as dry_run_of
from kctl.commands.parse import Args
from kctl.commands.rollout.options import targets as target_options
from kctl.commands.rollout.shared import DEPLOYMENTS, is_deployment, revisions, targets

Object = dict[str, Any]

HASH = "pod-template-hash"


def run(ctx: Context, args: Args) -> int:
    if args["to-revision"] < 0:
        raise UsageError(f"revision must be a positive integer: {args['to-revision']}")
    findings = targets(ctx, args)
    dry = dry_run_of(ctx, args)
    result = Result(ctx, args, dry=dry)
    changed = False
    for found in findings:
        with findings.guard():
            if not is_deployment(found):
                raise UsageError(f'no rollbacker has been implemented for "{found.resource.kind}"')
            changed = _undo_one(ctx, args, found, result, dry) or changed
    if changed:
        ctx.settle()
    return findings.finish()


def _undo_one(ctx: Context, args: Args, found: Found, result: Result, dry: str) -> bool:
    if found.obj["spec"].get("paused"):
        raise UsageError(
            f'you cannot rollback a paused deployment; resume it first with "kctl rollout '
            f'resume {found.resource.type_name}/{found.name}" and try again'
        )
    revision, template = _template(ctx, found, args["to-revision"])
    if template == _plain(found.obj["spec"]["template"]):
        ctx.say(
            f"{found.label} skipped rollback (current template already matches revision {revision})"
        )
        return False
    obj = found.obj
    if dry != "client":
        patch = [{"op": "replace", "path": "/spec/template", "value": template}]
        obj = ctx.plane.api.patch(
            DEPLOYMENTS, found.name, found.namespace, patch, "json", dry_run=dry == "server"
        )
    result.show(obj, "rolled back")
    return dry == "none"


def _template(ctx: Context, found: Found, wanted: int) -> tuple[int, Object]:
    """The revision to go back to and its template; the one before the newest by default."""
    known = revisions(ctx, found.obj)
    if wanted:
        if wanted not in known:
            raise UsageError(f"unable to find specified revision {wanted} in history")
        return wanted, _plain(known[wanted]["spec"]["template"])
    if len(known) < 2:
        raise UsageError(f'no rollout history found for deployment "{found.name}"')
    previous = sorted(known)[-2]
    return previous, _plain(known[previous]["spec"]["template"])


def _plain(template: Object) -> Object:
    """A template without the hash that its replica set added."""
    plain = copy.deepcopy(template)
    labels = (plain.get("metadata") or {}).get("labels") or {}
    labels.pop(HASH, None)
    return plain


COMMAND = Command(
    name="undo",
    summary="Undo a previous rollout",
    usage="(TYPE NAME | TYPE/NAME) [flags]",
    examples="# Back to the revision before\nkctl rollout undo deployment/web\n"
    "# Back to revision 3\nkctl rollout undo deployment/web --to-revision=3",
    options=(
        Option("allow-missing-template-keys", "bool", True, "Ignore missing keys in templates."),
        dry_run(),
        *target_options("get from a server"),
        Option("output", short="o", help="Output format."),
        Option("show-managed-fields", "bool", help="If true, keep the managedFields."),
        Option("template", help="Template string or path to template file."),
        Option("to-revision", "int", 0, "The revision to rollback to. Default to 0 (last)."),
    ),
    arguments=("type", "name"),
    run=run,
)
