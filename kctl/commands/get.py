"""kctl get: tables from stored cells, with nothing imported that a table does not need.

Other outputs, sorting and watching live in `get_objects` and `get_watch`, imported when
they are asked for.
"""

from __future__ import annotations

from kctl.commands import arguments, objects
from kctl.commands.command import Command, Option, UsageError
from kctl.commands.options import all_namespaces, field_selector, filename, output, selector
from kctl.light_json import loads
from kctl.printing.cells import cell_text
from kctl.printing.table import table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kctl.commands.catalog import Resource
    from kctl.commands.context import Context
    from kctl.commands.parse import Args

    Row = tuple[str, str, int, str, str]


def run(ctx: Context, args: Args) -> int:
    check(args)
    if args.positional[:1] and args.positional[0] in COMPONENT_STATUSES:
        from kctl.commands.component_statuses import show

        return show(ctx, args)
    if args["watch"] or args["watch-only"]:
        from kctl.commands.get_watch import watch

        return watch(ctx, args)
    if not is_table(args):
        from kctl.commands.get_objects import print_objects

        return print_objects(ctx, args)
    return print_tables(ctx, args)


COMPONENT_STATUSES = ("componentstatuses", "componentstatus", "cs")


def is_table(args: Args) -> bool:
    return args["output"] in ("", "wide") and not args["template"]


def check(args: Args) -> None:
    """Refuse what does not go together, as kubectl does before it asks a server."""
    if args["raw"]:
        raise UsageError("--raw is not supported: this control plane is a file, not a server")
    if args["subresource"] and args["subresource"] not in ("status", "scale"):
        raise UsageError(f'the server doesn\'t have a subresource "{args["subresource"]}"')
    if args["output-watch-events"] and not (args["watch"] or args["watch-only"]):
        raise UsageError(
            "--output-watch-events option can only be used with --watch or --watch-only"
        )
    if not args.positional and not args["filename"] and not args["kustomize"]:
        raise UsageError(
            'You must specify the type of resource to get. Use "kctl api-resources" for a '
            "complete list of supported resources.\n\nerror: Required resource not specified.\n"
            'Use "kctl explain <resource>" for a detailed description of that resource (e.g. '
            "kctl explain pods).",
            hint="See 'kctl get -h' for help and examples",
            prefix="",
        )


class Group:
    """Consecutive rows of one resource: one table."""

    __slots__ = ("resource", "rows")

    def __init__(self, resource: Resource, rows: list[Row]) -> None:
        self.resource, self.rows = resource, rows


def print_tables(ctx: Context, args: Args) -> int:
    """One table a type; errors about single objects come last."""
    groups, errors, single = collect(ctx, args)
    several = len({group.resource.resource for group in groups}) > 1
    texts = [
        layout(ctx, args, group, kinds=several or args["show-kind"])
        for group in groups
        if group.rows
    ]
    ctx.out.write("\n".join(texts))
    if not texts and not errors and not args["ignore-not-found"]:
        namespaced = ctx.scope is not None and all(g.resource.namespaced for g in groups)
        where = f" in {ctx.namespace} namespace." if namespaced else ""
        ctx.err.write(f"No resources found{where}\n")
    findings = objects.Findings()
    findings.errors, findings.single = errors, single
    return findings.finish()


def collect(ctx: Context, args: Args) -> tuple[list[Group], list[Exception], bool]:
    """The rows that the command line names, by table; errors; whether one object was meant."""
    if args["filename"] or args["sort-by"] or args["subresource"]:
        from kctl.commands.get_objects import collect_by_objects

        return collect_by_objects(ctx, args)
    asked = arguments.read(args.positional)
    arguments.check(
        asked,
        selecting=bool(args["selector"] or args["field-selector"]),
        everywhere=args["all-namespaces"],
        whole=True,
    )
    known = objects.catalog(ctx)
    pairs = [
        (resource, name)
        for word, name in asked.pairs
        for resource in arguments.resolve(known, word)
    ]
    ctx.refresh()
    groups: list[Group] = []
    errors: list[Exception] = []
    for resource, name in pairs:
        rows = _rows(ctx, args, resource, name)
        if not rows and name is not None and not args["ignore-not-found"]:
            from kctl.api.errors import not_found

            errors.append(not_found(resource.resource, name))
        if groups and groups[-1].resource is resource:
            groups[-1].rows += rows
        else:
            groups.append(Group(resource, rows))
    return groups, errors, asked.single


def _rows(ctx: Context, args: Args, resource: Resource, name: str | None) -> list[Row]:
    scope = ctx.scope if resource.namespaced else None
    rows: list[Row] = ctx.reader.rows(resource.resource, scope, name)
    if any(row[2] < resource.since for row in rows):
        from kctl.commands.get_objects import made_anew

        rows = made_anew(ctx, resource, rows)
    if args["selector"]:
        from kctl.commands.selecting import label_test

        test = label_test(args["selector"])
        rows = [row for row in rows if test(loads(row[3]))]
    if args["field-selector"]:
        from kctl.commands.selecting import field_keys

        keys = field_keys(ctx, args["field-selector"], resource)
        rows = [row for row in rows if (row[0], row[1]) in keys]
    return rows


def layout(ctx: Context, args: Args, group: Group, *, kinds: bool) -> str:
    """The text of one table."""
    lines = [] if args["no-headers"] else [headers(ctx, args, group.resource)]
    now = ctx.time()
    lines += [line(ctx, args, group.resource, row, now, kinds=kinds) for row in group.rows]
    return table(lines)


def headers(ctx: Context, args: Args, resource: Resource) -> list[str]:
    wide = args["output"] == "wide"
    names = [name.upper() for name, priority in resource.columns if wide or not priority]
    if resource.namespaced and ctx.scope is None:
        names.insert(0, "NAMESPACE")
    names += [label.rpartition("/")[2].upper() for label in args["label-columns"]]
    return [*names, "LABELS"] if args["show-labels"] else names


def line(
    ctx: Context, args: Args, resource: Resource, row: Row, now: float, *, kinds: bool
) -> list[str]:
    """The cells of one row as text. `kinds` puts the type before the name."""
    wide = args["output"] == "wide"
    cells = [
        cell_text(cell, now)
        for cell, (_, priority) in zip(loads(row[4]), resource.columns, strict=True)
        if wide or not priority
    ]
    if kinds:
        cells[0] = resource.named(cells[0])
    if resource.namespaced and ctx.scope is None:
        cells.insert(0, row[0])
    if args["label-columns"] or args["show-labels"]:
        labels = loads(row[3])
        cells += [labels.get(label, "") for label in args["label-columns"]]
        if args["show-labels"]:
            shown = ",".join(f"{key}={labels[key]}" for key in sorted(labels))
            cells.append(shown or "<none>")
    return cells


_OUTPUT = Option(
    "output",
    short="o",
    help="Output format. One of: (json, yaml, kyaml, name, go-template, go-template-file, "
    "template, templatefile, jsonpath, jsonpath-as-json, jsonpath-file, custom-columns, "
    "custom-columns-file, wide).",
)

COMMAND = Command(
    name="get",
    summary="Display one or many resources.",
    description="""Display one or many resources.

 Prints a table of the most important information about the specified resources. You can filter the list using a label selector and the --selector flag. If the desired resource type is namespaced you will only see results in the current namespace if you don't specify any namespace.

 By specifying the output as 'template' and providing a Go template as the value of the --template flag, you can filter the attributes of the fetched resources.

Use "kctl api-resources" for a complete list of supported resources.""",  # noqa: E501 - as printed
    usage="get [(-o|--output=)json|yaml|kyaml|name|go-template|go-template-file|template|"
    "templatefile|jsonpath|jsonpath-as-json|jsonpath-file|custom-columns|custom-columns-file|"
    "wide] (TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE[.VERSION][.GROUP]/NAME ...) [flags]",
    examples="""
# List all pods in ps output format
kctl get pods

# List all pods in ps output format with more information (such as node name)
kctl get pods -o wide

# List deployments in JSON output format, in the "v1" version of the "apps" API group
kctl get deployments.v1.apps -o json

# Return only the phase value of the specified pod
kctl get -o template pod/web-pod-13je7 --template={{.status.phase}}

# List resource information in custom columns
kctl get pod test-pod -o custom-columns=CONTAINER:.spec.containers[0].name

# List all deployments and services together in ps output format
kctl get deployments,services

# List one or more resources by their type and names
kctl get deploy/web service/frontend pods/web-pod-13je7

# List all pods existing in all namespaces
kctl get pods --all-namespaces
""",
    arguments=("TYPE", "NAME"),
    options=(
        _OUTPUT,
        *(each for each in output() if each.name != "output"),
        *filename("identifying the resource to get from a server."),
        all_namespaces(),
        selector(),
        field_selector(),
        Option("chunk-size", "int", 500, "Has no effect: lists are read at once."),
        Option(
            "ignore-not-found",
            "bool",
            help="If set to true, suppresses NotFound error for specific objects that do not "
            "exist.",
        ),
        Option(
            "label-columns",
            "slice",
            short="L",
            help="Accepts a comma separated list of labels that are going to be presented as "
            "columns.",
        ),
        Option("no-headers", "bool", help="Don't print headers (default print headers)."),
        Option("output-watch-events", "bool", help="Output watch event objects when watching."),
        Option("raw", help="Raw URI to request from the server."),
        Option("server-print", "bool", True, "Has no effect: tables are made as they are stored."),
        Option("show-kind", "bool", help="List the resource type for the requested object(s)."),
        Option("show-labels", "bool", help="When printing, show all labels as the last column"),
        Option("sort-by", help="Sort list types using this field specification (JSONPath)."),
        Option("subresource", help="Gets the subresource of the requested object."),
        Option(
            "watch",
            "bool",
            short="w",
            help="After listing/getting the requested object, watch for changes.",
        ),
        Option(
            "watch-only",
            "bool",
            help="Watch for changes to the requested object(s), without listing/getting first.",
        ),
    ),
    run=run,
)
