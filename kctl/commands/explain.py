"""kctl explain."""

from __future__ import annotations

from kctl.commands.command import Command, Exit, Option, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kctl.api.kind import Kind
    from kctl.commands.context import Context
    from kctl.commands.parse import Args
    from kctl.printing.jsonpath.parse import Node

FIRST = "invalid jsonpath syntax, first node must be field node"
ALL = "invalid jsonpath syntax, all nodes must be field nodes"


def run(ctx: Context, args: Args) -> int:
    _check(args)
    kinds = list(ctx.plane.kinds)
    word = args.positional[0]
    if args["api-version"]:
        kind, path = _whole(kinds, word)
        group, version = _group_version(args["api-version"])
    else:
        kind, path = _matching(kinds, word)
        group, version = kind.group, kind.version
    if args["output"] == "plaintext":
        _explain(ctx, args, kinds, (group, version, kind.plural), path)
    elif args["output"] == "plaintext-openapiv2":
        _explain_v2(ctx, args, kinds, (group, version, kind.kind), path)
    else:
        raise UsageError(f"unrecognized format: {args['output']}")
    return 0


def _explain(
    ctx: Context,
    args: Args,
    kinds: list[Kind],
    resource: tuple[str, str, str],
    path: list[str],
) -> None:
    from kctl.api.openapi import Documents
    from kctl.printing.explain import Depth, ExplainError, Resource, explain

    group, version, plural = resource
    about = [each for each in kinds if (each.group, each.version) == (group, version)]
    if not about:
        named = f"{group}/{version}" if group else version
        raise UsageError(f'couldn\'t find resource for "{named}, Resource={plural}"')
    name = f"apis/{group}/{version}" if group else f"api/{version}"
    document = Documents(about).v3(name)
    depth = Depth(args["recursive"], args["max-depth"])
    try:
        ctx.out.write(explain(document, Resource(group, version, plural), path, depth))
    except ExplainError as error:
        ctx.out.write(error.printed)
        ctx.out.flush()
        ctx.err.write(f"error: {error.message}\n")
        raise Exit(1) from None


def _explain_v2(
    ctx: Context, args: Args, kinds: list[Kind], kind: tuple[str, str, str], path: list[str]
) -> None:
    from kctl.api.openapi import v2_json
    from kctl.printing.explain import Depth, ExplainError
    from kctl.printing.explain_v2 import explain

    about = [each for each in kinds if (each.group, each.version, each.kind) == kind]
    gvk = dict(zip(("group", "version", "kind"), kind, strict=True))
    try:
        depth = Depth(args["recursive"], args["max-depth"])
        ctx.out.write(explain(v2_json(about), gvk, path, depth))
    except ExplainError as error:
        raise UsageError(error.message) from None


def _check(args: Args) -> None:
    if not args.positional:
        raise UsageError(
            "You must specify the type of resource to explain. "
            'Use "kctl api-resources" for a complete list of supported resources.'
        )
    if len(args.positional) > 1:
        raise UsageError("We accept only this format: explain RESOURCE")
    if args["max-depth"] < 0:
        raise UsageError("--max-depth must be non-negative")
    if args["max-depth"] > 0 and not args["recursive"]:
        raise UsageError("--max-depth requires --recursive")


# --- TYPE.FIELD.FIELD ---


def _nodes(text: str) -> list[Node]:
    """What a JSONPath of the text holds. Raises UsageError."""
    from kctl.printing.jsonpath.parse import JsonPathError, parse_template

    try:
        found = parse_template("{." + text.removesuffix(".") + "}")
    except JsonPathError as error:
        raise UsageError(str(error)) from None
    if len(found) != 1:
        raise UsageError("must pass in 1 jsonpath string")
    return list(found[0][1])


def _names(nodes: list[Node], complaint: str) -> list[str]:
    if any(node[0] != "field" for node in nodes):
        raise UsageError(complaint)
    return [node[1] for node in nodes]


def _candidates(kinds: list[Kind], nodes: list[Node]) -> list[Kind]:
    """The kinds that the first field names, in the order of the groups. Raises UsageError."""
    if nodes[0][0] != "field":
        raise UsageError(FIRST)
    word = nodes[0][1]
    if not word:
        raise UsageError("a resource must be present, got: /, Resource=")
    lower = word.lower()
    found = [kind for kind in kinds if lower in (kind.plural, kind.singular or kind.kind.lower())]
    found = found or [kind for kind in kinds if word in kind.short_names]
    if not found:
        from kctl.printing.go_values import go_quote

        raise UsageError(f"the server doesn't have a resource type {go_quote(word)}", prefix="")
    return found


def _matching(kinds: list[Kind], word: str) -> tuple[Kind, list[str]]:
    """The kind that a word like "deployments.apps.spec" starts with, and the fields."""
    nodes = _nodes(word)
    candidates = _candidates(kinds, nodes)
    for kind in candidates:
        if word.startswith(kind.resource):
            rest = word.removeprefix(kind.resource)
            return kind, _names(_nodes(rest)[1:], FIRST) if rest else []
    return candidates[0], _names(nodes[1:], FIRST)


def _whole(kinds: list[Kind], word: str) -> tuple[Kind, list[str]]:
    """Where the version is given, everything behind the first dot is fields."""
    nodes = _nodes(word)
    kind = _candidates(kinds, nodes)[0]
    return kind, _names(nodes[1:], ALL)


def _group_version(text: str) -> tuple[str, str]:
    if text.count("/") > 1:
        raise UsageError(f"unexpected GroupVersion string: {text}")
    group, _, version = text.rpartition("/")
    return group, version


COMMAND = Command(
    name="explain",
    summary="Get documentation for a resource",
    usage="explain TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group]",
    description="Describe the fields of a type of objects. A field is named by its path: "
    "TYPE.FIELD[.FIELD]",
    examples="""
# The fields of a pod
kctl explain pods

# All fields of a pod, with the fields within them
kctl explain pods --recursive

# The same, at most two levels deep
kctl explain pods --recursive --max-depth=2

# One field of a pod
kctl explain pods.spec.containers
""",
    options=(
        Option("api-version", help="Explain the type of this API version (group/version)"),
        Option(
            "max-depth",
            "int",
            0,
            "How deep --recursive goes, 0 for no limit.",
        ),
        Option(
            "output",
            short="o",
            default="plaintext",
            help="Output format. One of: (plaintext, plaintext-openapiv2).",
        ),
        Option("recursive", "bool", short="R", help="Print the fields of fields."),
    ),
    arguments=("type",),
    run=run,
)
