"""kctl create role."""

from __future__ import annotations

from kctl.commands.command import Command, UsageError
from kctl.commands.context import Context
from kctl.commands.create import rules
from kctl.commands.create.generator import PRINTING, create, meta, name_of
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    name = name_of(args)
    verbs, named = rules.verbs(args), rules.resources(args)
    if not verbs:
        raise UsageError("at least one verb must be specified")
    if not named:
        raise UsageError("at least one resource must be specified")
    rules.check(ctx, named, verbs)
    names = list(dict.fromkeys(args["resource-name"]))
    obj = {
        "kind": "Role",
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "metadata": meta(ctx, name),
        "rules": rules.build(ctx, named, verbs, names, []),
    }
    return create(ctx, args, obj)


COMMAND = Command(
    name="role",
    summary="Create a role with single rule.",
    usage="role NAME --verb=verb --resource=resource.group/subresource "
    "[--resource-name=resourcename] [--dry-run=server|client|none]",
    examples="""
# Whoever has this role may read pods
kctl create role pod-reader --verb=get,list,watch --resource=pods

# ... and this one may read one of them
kctl create role pod-reader --verb=get --resource=pods --resource-name=readablepod

# Another API group, and a subresource
kctl create role foo --verb=get,list,watch --resource=rs.apps,pods/status
""",
    arguments=("NAME",),
    options=(*PRINTING, *rules.OPTIONS),
    run=run,
)
