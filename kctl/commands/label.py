"""`kctl label`."""

from __future__ import annotations

from typing import Any

from kctl.api import names
from kctl.commands.command import Command, UsageError
from kctl.commands.context import Context
from kctl.commands.metadata_edit import Field, edit, options
from kctl.commands.parse import Args

Object = dict[str, Any]


def _check(key: str, value: str) -> None:
    problems = names.label_value(value)
    if problems:
        raise UsageError(f'invalid label value: "{key}={value}": {";".join(problems)}')


def _report(before: Object, after: Object) -> str:
    if before == after:
        return "not labeled"
    return "unlabeled" if len(after) < len(before) else "labeled"


def _taken(texts: list[str]) -> str:
    return f"{texts[0]}, and --overwrite is false"


def _contradiction(keys: list[str]) -> str:
    return "can not both modify and remove a label in the same command"


FIELD = Field("labels", "label", _check, _report, _taken, _contradiction, tells_missing=True)


def run(ctx: Context, args: Args) -> int:
    return edit(ctx, args, FIELD)


COMMAND = Command(
    name="label",
    summary="Update the labels on a resource",
    usage="label [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N "
    "[--resource-version=version]",
    examples="# Give pod 'foo' the label 'unhealthy', whatever it was before\n"
    "kctl label --overwrite pods foo status=unhealthy\n"
    "# Take the label 'bar' off pod 'foo'\nkctl label pods foo bar-",
    options=options("label"),
    arguments=("type", "name"),
    run=run,
)
