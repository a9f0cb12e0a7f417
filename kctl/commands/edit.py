"""kctl edit: an object in the user's editor, and what was changed as a patch."""

from __future__ import annotations

from kctl.commands.command import Command, UsageError
from kctl.commands.options import field_manager, filename, manager_of, output, validate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from kctl.commands.context import Context
    from kctl.commands.objects import Found
    from kctl.commands.output import Result
    from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    from kctl.commands import objects
    from kctl.commands.output import Result

    result = (
        Result(ctx, args)
        if args["output"] not in ("", "yaml", "json")
        else Result(ctx, _bare(args))
    )
    findings = objects.find(ctx, args)
    changed = False
    for found in findings:
        with findings.guard():
            changed |= _edit(ctx, args, found, result)
    if changed:
        ctx.out.flush()
        ctx.settle()
    return findings.finish()


def _bare(args: Args) -> Args:
    """-o json and yaml choose the format of the file, not what is printed."""
    args["edit-format"] = args["output"] or "yaml"
    args["output"] = ""
    return args


def _edit(ctx: Context, args: Args, found: Found, result: Result) -> bool:
    """One object; True where it was changed."""
    from kctl.api.errors import ApiError
    from kctl.commands.create.generator import validation
    from kctl.commands.editor import HEADER, edit, without_comments
    from kctl.commands.failure import text_of

    as_json = args.get("edit-format") == "json"
    before = _text(found.obj if args["show-managed-fields"] else _unmanaged(found.obj), as_json)
    shown, trouble = before, ""
    while True:
        text = edit(HEADER + trouble + shown, ".json" if as_json else ".yaml")
        body = without_comments(text)
        if not body.strip():
            ctx.err.write("Edit cancelled, saved file was empty.\n")
            return False
        if body == before or (trouble and body == shown):
            ctx.err.write("Edit cancelled, no changes made.\n")
            return False
        try:
            edited = _parsed(body)
            _same_object(edited, found)
            made = ctx.plane.api.update(
                edited, validation=validation(args), manager=manager_of(args)
            )
        except (ApiError, UsageError) as error:
            lines = text_of(error).splitlines() if isinstance(error, ApiError) else [str(error)]
            trouble = "".join(f"# {line}\n" for line in lines) + "#\n"
            shown = body
            continue
        result.show(made, "edited", found.label)
        return True


def _unmanaged(obj: dict[str, Any]) -> dict[str, Any]:
    """The object without its managedFields, which nobody edits by hand."""
    from kctl.printing.outputs import without_managed_fields

    return without_managed_fields(obj)


def _text(obj: dict[str, Any], as_json: bool) -> str:
    if as_json:
        from kctl.printing.json_out import dump_json

        return dump_json(obj)
    from kctl.api.yaml_out import dump_yaml

    return dump_yaml(obj)


def _parsed(text: str) -> dict[str, Any]:
    from kctl.commands.patch import parse

    edited = parse(text)
    if not isinstance(edited, dict):
        raise UsageError("the edited file is not an object")
    return edited


def _same_object(edited: dict[str, Any], found: Found) -> None:
    """Type and name are what an edit may not change."""
    for path in (("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")):
        new: Any = edited
        old: Any = found.obj
        for part in path:
            new = new.get(part) if isinstance(new, dict) else None
            old = old.get(part)
        if new != old:
            raise UsageError(
                f"At least one of apiVersion, kind and name was changed: {'.'.join(path)}"
            )


COMMAND = Command(
    name="edit",
    summary="Edit a resource from the default editor.",
    usage="edit (RESOURCE/NAME | -f FILENAME)",
    examples="""
# Edit the service named 'registry'
kctl edit svc/registry

# Use an alternative editor
KUBE_EDITOR="nano" kctl edit svc/registry
""",
    arguments=("TYPE", "NAME"),
    options=(
        *output(),
        *filename("to use to edit the resource"),
        field_manager("kubectl-edit"),
        validate(),
    ),
    run=run,
)
