"""kctl api-resources."""

from __future__ import annotations

from kctl.commands import objects
from kctl.commands.command import Command, Option, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kctl.commands.catalog import Resource
    from kctl.commands.context import Context
    from kctl.commands.parse import Args

_VERBS = "create,delete,deletecollection,get,list,patch,update,watch"


def run(ctx: Context, args: Args) -> int:
    from kctl.printing.table import table

    _check(args)
    preferred: dict[str, Resource] = {}
    for each in objects.catalog(ctx).resources:
        preferred.setdefault(each.resource, each)
    resources = [each for each in preferred.values() if _wanted(args, each)]
    by_name = args["sort-by"] in ("", "name")
    resources.sort(
        key=(lambda each: (each.group, each.plural))
        if not args["sort-by"]
        else (lambda each: each.plural if by_name else each.kind)
    )
    if args["output"] == "name":
        for each in resources:
            ctx.say(each.resource)
        return 0
    wide = args["output"] == "wide"
    rows = [] if args["no-headers"] else [_headers(wide)]
    rows += [_row(each, wide) for each in resources]
    ctx.out.write(table(rows))
    return 0


def _check(args: Args) -> None:
    if args.positional:
        raise UsageError(
            f"unexpected arguments: [{' '.join(args.positional)}]",
            hint="See 'kctl api-resources -h' for help and examples",
        )
    if args["output"] not in ("", "wide", "name"):
        raise UsageError(f"--output {args['output']} is not available")
    if args["sort-by"] not in ("", "name", "kind"):
        raise UsageError("--sort-by accepts only name or kind")


def _wanted(args: Args, resource: Resource) -> bool:
    if args.given("namespaced") and resource.namespaced != args["namespaced"]:
        return False
    if args.given("api-group") and resource.group != args["api-group"]:
        return False
    return set(args["categories"]) <= set(resource.categories)


def _headers(wide: bool) -> list[str]:
    names = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"]
    return [*names, "VERBS", "CATEGORIES"] if wide else names


def _row(resource: Resource, wide: bool) -> list[str]:
    cells = [
        resource.plural,
        ",".join(resource.short_names),
        resource.api_version,
        "true" if resource.namespaced else "false",
        resource.kind,
    ]
    return [*cells, _VERBS, ",".join(resource.categories)] if wide else cells


COMMAND = Command(
    name="api-resources",
    summary="Print the supported API resources on the server.",
    usage="api-resources [flags]",
    examples="""
# Print the supported API resources
kctl api-resources

# Print the supported namespaced resources
kctl api-resources --namespaced=true
""",
    options=(
        Option("api-group", help="Limit to resources in the specified API group."),
        Option("cached", "bool", help="Has no effect: nothing is asked of a server."),
        Option("categories", "slice", help="Limit to resources of these categories."),
        Option("namespaced", "bool", True, "Only namespaced resources, or only the others."),
        Option("no-headers", "bool", help="Don't print headers."),
        Option("output", short="o", help="Output format. One of: (wide, name)."),
        Option("sort-by", help="Sort by name or kind."),
    ),
    run=run,
)
