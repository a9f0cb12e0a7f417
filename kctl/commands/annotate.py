"""`kctl annotate`."""

from __future__ import annotations

from typing import Any

from kctl.commands.command import Command
from kctl.commands.context import Context
from kctl.commands.metadata_edit import Field, edit, options
from kctl.commands.parse import Args

Object = dict[str, Any]


def _any_value(key: str, value: str) -> None:
    """An annotation may hold anything; the API checks its key."""


def _report(before: Object, after: Object) -> str:
    return "annotated"


def _taken(texts: list[str]) -> str:
    found = "; ".join(texts)
    return f"--overwrite is false but found the following declared annotation(s): {found}"


def _contradiction(keys: list[str]) -> str:
    return (
        "can not both modify and remove the following annotation(s) in the same command: "
        + ", ".join(keys)
    )


FIELD = Field(
    "annotations", "annotation", _any_value, _report, _taken, _contradiction, tells_missing=False
)


def run(ctx: Context, args: Args) -> int:
    return edit(ctx, args, FIELD)


COMMAND = Command(
    name="annotate",
    summary="Update the annotations on a resource",
    usage="annotate [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N "
    "[--resource-version=version]",
    examples="# Say what pod 'foo' is for\nkctl annotate pods foo description='my frontend'\n"
    "# Take the annotation away again\nkctl annotate pods foo description-",
    options=options("annotation"),
    arguments=("type", "name"),
    run=run,
)
