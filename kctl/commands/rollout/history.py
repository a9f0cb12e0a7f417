"""`kctl rollout history`."""

from __future__ import annotations

from typing import Any

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.objects import Found
from kctl.commands.options import output
from kctl.commands.output import Result
from kctl.commands.parse import Args
from kctl.commands.rollout.options import targets as target_options
from kctl.commands.rollout.shared import (
    CHANGE_CAUSE,
    group_kind,
    is_daemon_set,
    is_deployment,
    revisions,
    targets,
)

Object = dict[str, Any]


def run(ctx: Context, args: Args) -> int:
    if args["revision"] < 0:
        raise UsageError(f"revision must be a positive integer: {args['revision']}")
    findings = targets(ctx, args)
    for found in findings:
        with findings.guard():
            if not is_deployment(found) and not is_daemon_set(found):
                raise UsageError(
                    f'no history viewer has been implemented for "{group_kind(found)}"'
                )
            _show(ctx, args, found)
    return findings.finish()


def _show(ctx: Context, args: Args, found: Found) -> None:
    known = revisions(ctx, found.obj)
    wanted = args["revision"]
    if wanted and wanted not in known:
        raise UsageError("unable to find the specified revision")
    if args["output"]:
        result = Result(ctx, args)
        for number in [wanted] if wanted else sorted(known):
            result.show(known[number], "")
        return
    if wanted:
        ctx.out.write(f"{found.label} with revision #{wanted}\n{_template(known[wanted])}\n")
        return
    ctx.out.write(f"{found.label} \n{_table(known)}\n")


def _table(known: dict[int, Object]) -> str:
    from kctl.printing.describe.writer import Writer

    out = Writer()
    out.line(0, "REVISION\tCHANGE-CAUSE")
    for number in sorted(known):
        cause = (known[number]["metadata"].get("annotations") or {}).get(CHANGE_CAUSE)
        out.line(0, f"{number}\t{cause or '<none>'}")
    return out.text() if known else "No rollout history found."


def _template(revision: Object) -> str:
    from kctl.printing.describe.template import template_lines
    from kctl.printing.describe.writer import Writer

    template = revision["spec"]["template"]
    cause = (revision["metadata"].get("annotations") or {}).get(CHANGE_CAUSE)
    if cause and revision["kind"] == "ReplicaSet":
        meta = dict(template.get("metadata") or {})
        meta["annotations"] = {**(meta.get("annotations") or {}), CHANGE_CAUSE: cause}
        template = {**template, "metadata": meta}
    out = Writer()
    template_lines(out, template)
    return out.raw()


COMMAND = Command(
    name="history",
    summary="View rollout history",
    usage="history (TYPE NAME | TYPE/NAME) [flags]",
    examples="# The revisions of 'web'\nkctl rollout history deployment/web\n"
    "# What revision 3 looked like\nkctl rollout history deployment/web --revision=3",
    options=(
        *target_options("get from a server"),
        *output(),
        Option("revision", "int", 0, "See the details of the revision specified"),
    ),
    arguments=("type", "name"),
    run=run,
)
