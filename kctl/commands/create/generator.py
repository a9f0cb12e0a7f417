"""What every `create TYPE NAME` does once it has built its object.

A generator's object has its keys in the order of Kubernetes' own types, since JSON output
keeps it.
"""

from __future__ import annotations

import json
from typing import Any

from kctl.commands.command import Option, UsageError
from kctl.commands.context import Context
from kctl.commands.options import dry_run as dry_run_option
from kctl.commands.options import field_manager, manager_of, output, validate
from kctl.commands.output import Result, dry_run
from kctl.commands.parse import Args

Object = dict[str, Any]

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

PRINTING = (
    *output(),
    dry_run_option(),
    field_manager("kubectl-create"),
    Option(
        "save-config",
        "bool",
        help="Keep the configuration in an annotation of the object, for a later apply.",
    ),
    validate(),
)

APPEND_HASH = Option("append-hash", "bool", help="Append a hash of the content to the name.")


def name_of(args: Args) -> str:
    """The NAME on the command line. Raises UsageError unless it is exactly one."""
    if len(args.positional) != 1:
        raise UsageError(
            f"exactly one NAME is required, got {len(args.positional)}",
            hint=f"See 'kctl {args.path} -h' for help and examples",
        )
    return args.positional[0]


def meta(ctx: Context, name: str, *, namespaced: bool = True, **more: Any) -> Object:
    """metadata; the namespace stands there only where -n was given."""
    head = {"name": name}
    if namespaced and ctx.namespace_given:
        head["namespace"] = ctx.namespace
    return {**head, **{key: value for key, value in more.items() if value}}


def without_empty(obj: Object) -> Object:
    """Drop what Go leaves out with omitempty."""
    return {key: value for key, value in obj.items() if value not in (None, "", [], {})}


def create(
    ctx: Context, args: Args, obj: Object, *, failure: str = "", namespaced: bool = True
) -> int:
    """Create the object, or only print it. `failure` stands before an API error's text, as
    kubectl has it for most types."""
    dry = dry_run(ctx, args)
    result = Result(ctx, args, typed=dry == "client", dry=dry)
    if args["save-config"]:
        annotate(obj)
    if dry == "client":
        result.show(obj, "created")
        return 0
    from kctl.api.errors import ApiError

    try:
        made = ctx.plane.api.create(
            obj,
            namespace=ctx.namespace if namespaced else "",
            dry_run=dry == "server",
            validation=validation(args),
            manager=manager_of(args),
        )
    except ApiError as error:
        if failure:
            raise UsageError(f"{failure}{error.message}") from None
        raise
    result.show(made, "created")
    if dry == "none":
        ctx.out.flush()
        ctx.settle()
    return 0


def annotate(obj: Object) -> None:
    """Keep the object's configuration in its last-applied annotation."""
    annotations = obj["metadata"].setdefault("annotations", {})
    annotations.pop(LAST_APPLIED, None)
    if not annotations:
        del obj["metadata"]["annotations"]
    annotations[LAST_APPLIED] = last_applied(obj)
    obj["metadata"]["annotations"] = annotations


def last_applied(obj: Object) -> str:
    """Compact JSON with a line end, as kubectl stores it."""
    from kctl.printing.json_out import escape_html

    return escape_html(json.dumps(obj, separators=(",", ":"), ensure_ascii=False)) + "\n"


_VALIDATION = {
    "": "Ignore", "ignore": "Ignore", "false": "Ignore", "warn": "Warn", "strict": "Strict",
    "true": "Strict",
}  # fmt: skip


def validation(args: Args) -> str:
    """--validate as the API names it. Raises UsageError for another word."""
    word = str(args["validate"]).lower()
    if word not in _VALIDATION:
        raise UsageError(f'invalid - validate option "{args["validate"]}"')
    return _VALIDATION[word]
