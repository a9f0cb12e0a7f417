"""get with -o yaml, json, name and templates, and tables that need whole objects (-f,
--sort-by)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from kctl.commands import objects
from kctl.commands.command import UsageError
from kctl.commands.context import Context
from kctl.commands.get import Group
from kctl.commands.objects import Findings
from kctl.commands.parse import Args
from kctl.printing.outputs import ONE_OBJECT, Wanted, Write, writer
from kctl.printing.types import Printer

if TYPE_CHECKING:
    from kctl.commands.catalog import Resource
    from kctl.commands.get import Row

Object = dict[str, Any]

ALLOWED = tuple(sorted((*ONE_OBJECT, "custom-columns", "custom-columns-file", "wide")))


def find(ctx: Context, args: Args) -> Findings:
    """What the command line names, in the order that --sort-by asks for."""
    objects.catalog(ctx)
    ctx.refresh()
    findings = objects.find(ctx, args, whole=True)
    if args["subresource"]:
        _to_subresource(ctx, args["subresource"], findings)
    if args["sort-by"]:
        from kctl.printing.sorting import sorted_by

        try:
            findings[:] = sorted_by(findings, lambda found: found.obj, args["sort-by"])
        except ValueError as error:
            raise UsageError(str(error)) from None
    return findings


def _to_subresource(ctx: Context, subresource: str, findings: Findings) -> None:
    if not findings.single:
        raise UsageError("subresource can only be used with a single object")
    for found in findings:
        kind = ctx.plane.kinds.resolve(found.resource.resource)
        if subresource == "scale" and kind is not None:
            found.obj = ctx.plane.api.get_scale(kind, found.name, found.namespace)


def print_objects(ctx: Context, args: Args) -> int:
    write = make_writer(ctx, args)
    findings = find(ctx, args)
    if findings.single and findings.errors:
        return findings.finish()
    if findings.single and not findings:
        return 0  # --ignore-not-found
    obj = findings[0].obj if findings.single else as_list([each.obj for each in findings])
    try:
        ctx.out.write(write(obj))
    except ValueError as error:
        raise UsageError(str(error)) from None
    return findings.finish()


def as_list(items: list[Object]) -> Object:
    """What several objects print as."""
    return {"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}}


def make_writer(ctx: Context, args: Args) -> Write:
    """The writer of -o; plugins' formats come last. Raises UsageError."""
    wanted = Wanted(
        args["output"],
        args["template"],
        allow_missing=args["allow-missing-template-keys"],
        managed_fields=args["show-managed-fields"],
        allowed=ALLOWED,
        extra={
            "custom-columns": lambda spec: _custom(args, spec, from_file=False),
            "custom-columns-file": lambda path: _custom(args, path, from_file=True),
        },
    )
    try:
        write = writer(wanted)
    except ValueError as error:
        third = _from_plugin(ctx, args["output"])
        if third is None:
            raise UsageError(str(error)) from None
        return third
    return _each_name(write) if args["output"] == "name" else write


def _from_plugin(ctx: Context, output: str) -> Write | None:
    """The format of an installed plugin."""
    from pathlib import Path

    from kctl.plugins.manager import load

    name, _, template = output.partition("=")
    for printer in load(Path(ctx.home)).printers():
        if printer.name == name:
            return _plugin_writer(printer, template)
    return None


def _plugin_writer(printer: Printer, template: str) -> Write:
    import io

    def write(obj: Object) -> str:
        text = io.StringIO()
        printer.print(obj, template, text)
        return text.getvalue()

    return write


def items_of(obj: Object) -> list[Object]:
    items: list[Object] = obj["items"] if obj.get("kind") == "List" else [obj]
    return items


def _each_name(write: Write) -> Write:
    return lambda obj: "".join(write(item) for item in items_of(obj))


def _custom(args: Args, spec: str, *, from_file: bool) -> Write:
    from pathlib import Path

    from kctl.printing.custom_columns import from_spec, from_template
    from kctl.printing.table import table

    if from_file:
        if not spec:
            raise ValueError(
                "custom-columns-file format specified but no custom columns template file given"
            )
        try:
            columns = from_template(Path(spec).read_text())
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise ValueError(f"error reading template {spec}, open {spec}: {reason}\n") from None
    else:
        columns = from_spec(spec)
    headers = [] if args["no-headers"] else [columns.headers]

    def write(obj: Object) -> str:
        return table([*headers, *(columns.row(item) for item in items_of(obj))])

    return write


def made_anew(ctx: Context, resource: Resource, rows: list[Row]) -> list[Row]:
    """The rows of a custom kind with cells for the columns that it has now."""
    kind = ctx.plane.kinds.by_resource(resource.resource)
    made = []
    for namespace, name, revision, labels, cells in rows:
        obj = objects.get(ctx, resource, namespace, name)
        shown = cells if obj is None else json.dumps(kind.row(obj))
        made.append((namespace, name, revision, labels, shown))
    return made


def collect_by_objects(ctx: Context, args: Args) -> tuple[list[Group], list[Exception], bool]:
    """Rows for tables, in the order of the objects."""
    findings = find(ctx, args)
    groups: list[Group] = []
    for found in findings:
        rows = ctx.reader.rows(found.resource.resource, found.namespace or None, found.name)
        if any(row[2] < found.resource.since for row in rows):
            rows = made_anew(ctx, found.resource, rows)
        if groups and groups[-1].resource is found.resource:
            groups[-1].rows += rows
        else:
            groups.append(Group(found.resource, rows))
    return groups, findings.errors, findings.single
