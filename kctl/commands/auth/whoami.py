"""kctl auth whoami."""

from __future__ import annotations

from typing import Any

from kctl.api.authorization.rules import go_list
from kctl.commands.auth.asker import asker, reviews
from kctl.commands.command import Command
from kctl.commands.context import Context
from kctl.commands.options import output
from kctl.commands.output import Result
from kctl.commands.parse import Args
from kctl.printing.table import table


def run(ctx: Context, args: Args) -> int:
    result = Result(ctx, args, typed=True)
    review = reviews(ctx).self_subject({}, asker(args))
    if result.format is not None:
        result.show(review, "")
        return 0
    ctx.out.write(table(_rows(review["status"]["userInfo"])))
    return 0


def _rows(info: dict[str, Any]) -> list[list[str]]:
    rows = [["ATTRIBUTE", "VALUE"]]
    for title, field in (("Username", "username"), ("UID", "uid")):
        if info.get(field):
            rows.append([title, info[field]])
    if info.get("groups"):
        rows.append(["Groups", go_list(info["groups"])])
    extra = info.get("extra") or {}
    return rows + [[f"Extra: {key}", go_list(extra[key])] for key in sorted(extra)]


COMMAND = Command(
    name="whoami",
    summary="Experimental: Check who you are and your attributes (groups, extra).",
    usage="whoami",
    examples="""
# Whom this command line acts as
kctl auth whoami

# What a service account would be
kctl auth whoami --as=system:serviceaccount:default:robot -o yaml
""",
    options=output(),
    run=run,
)
