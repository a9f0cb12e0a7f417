"""kctl create quota."""

from __future__ import annotations

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.create.generator import PRINTING, Object, create, meta, name_of
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    name = name_of(args)
    spec: Object = {}
    hard = _amounts(args["hard"])
    if hard:
        spec["hard"] = hard
    scopes = [each for each in args["scopes"].split(",") if each] if args["scopes"] else []
    if scopes:
        spec["scopes"] = scopes
    obj = {
        "kind": "ResourceQuota",
        "apiVersion": "v1",
        "metadata": meta(ctx, name),
        "spec": spec,
        "status": {},
    }
    return create(ctx, args, obj, failure="failed to create quota: ")


def _amounts(text: str) -> dict[str, str]:
    """ "cpu=1,memory=1Gi" by name, sorted. Raises UsageError."""
    from kctl.api import quantity

    found: dict[str, str] = {}
    for word in text.split(",") if text else ():
        name, equals, amount = word.partition("=")
        if not equals or "=" in amount:
            raise UsageError(f"Invalid argument syntax {word}, expected <resource>=<value>")
        try:
            found[name] = quantity.canonical(amount)
        except ValueError as error:
            raise UsageError(str(error)) from None
    return dict(sorted(found.items()))


COMMAND = Command(
    name="quota",
    summary="Create a quota with the specified name.",
    description="Create a resource quota with the specified name, hard limits, and optional "
    "scopes.",
    usage="quota NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2] "
    "[--dry-run=server|client|none]",
    examples="""
# A quota named my-quota
kctl create quota my-quota --hard=cpu=1,memory=1G,pods=2,services=3,secrets=5

# A quota that speaks of best-effort pods alone
kctl create quota best-effort --hard=pods=100 --scopes=BestEffort
""",
    arguments=("NAME",),
    options=(
        *PRINTING,
        Option("hard", help="A comma-delimited set of resource=quantity pairs."),
        Option("scopes", help="A comma-delimited set of scopes that all must match each object."),
    ),
    run=run,
)
