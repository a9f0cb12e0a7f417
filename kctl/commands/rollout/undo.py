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
from kctl.commands.rollout.shared import (
    group_kind,
    is_daemon_set,
    is_deployment,
    revisions,
    targets,
)

Object = dict[str, Any]

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
HASH = "pod-template-hash"


def run(ctx: Context, args: Args) -> int:
    findings = targets(ctx, args)
    dry = dry_run_of(ctx, args)
    result = Result(ctx, args, dry=dry)
    changed = False
    for found in findings:
        with findings.guard():
            _warn_of_apply(ctx, found)
            if not is_deployment(found) and not is_daemon_set(found):
                raise UsageError(f'no rollbacker has been implemented for "{group_kind(found)}"')
            changed = _undo_one(ctx, args, found, result, dry) or changed
    if changed:
        ctx.settle()
    return findings.finish()


def _undo_one(ctx: Context, args: Args, found: Found, result: Result, dry: str) -> bool:
    wanted = args["to-revision"]
    template = _template(ctx, found, wanted)
    if dry == "client":
        result.show(found.obj, _shown(template))
        return False
    if found.obj["spec"].get("paused"):
        raise UsageError(
            "you cannot rollback a paused deployment; resume it first with 'kctl rollout "
            "resume' and try again"
        )
    template = _plain(template)
    if template == _plain(found.obj["spec"]["template"]):
        same = f"skipped rollback (current template already matches revision {wanted})"
        result.show(found.obj, same)
        return False
    patch = [{"op": "replace", "path": "/spec/template", "value": template}]
    obj = ctx.plane.api.patch(
        found.resource.resource,
        found.name,
        found.namespace,
        patch,
        "json",
        dry_run=dry == "server",
        manager="kubectl",
    )
    result.show(obj, "rolled back")
    return dry == "none"


def _warn_of_apply(ctx: Context, found: Found) -> None:
    if LAST_APPLIED not in (found.obj["metadata"].get("annotations") or {}):
        return
    plural = found.resource.resource.partition(".")[0]
    ctx.warn(
        f"resource {plural}/{found.name} was previously managed with 'kctl apply'. Rolling "
        f"back will not update the {LAST_APPLIED} annotation, which may cause unexpected "
        "behavior on future 'kctl apply' operations. Consider using 'kctl apply' with your "
        "previous configuration file instead."
    )


def _shown(template: Object) -> str:
    from kctl.printing.describe.template import template_lines
    from kctl.printing.describe.writer import Writer

    out = Writer()
    template_lines(out, template)
    return out.raw()


def _template(ctx: Context, found: Found, wanted: int) -> Object:
    """The template of the revision to go back to; the one before the newest by default."""
    known = revisions(ctx, found.obj)
    if wanted:
        if wanted not in known:
            raise UsageError(f"unable to find specified revision {wanted} in history")
        chosen: Object = known[wanted]["spec"]["template"]
        return chosen
    if len(known) < 2 and is_daemon_set(found):
        raise UsageError("no last revision to roll back to")
    if len(known) < 2:
        raise UsageError(f'no rollout history found for deployment "{found.name}"')
    previous: Object = known[sorted(known)[-2]]["spec"]["template"]
    return previous


def _plain(template: Object) -> Object:
    """A template without the hash that its replica set added."""
    plain = copy.deepcopy(template)
    labels = (plain.get("metadata") or {}).get("labels") or {}
    labels.pop(HASH, None)
    return plain


COMMAND = Command(
    name="undo",
    summary="Undo a previous rollout",
    usage="undo (TYPE NAME | TYPE/NAME) [flags]",
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
