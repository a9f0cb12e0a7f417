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


FIELD = Field("annotations", "annotation", _any_value, _report)


def run(ctx: Context, args: Args) -> int:
    return edit(ctx, args, FIELD)


COMMAND = Command(
    name="annotate",
    summary="Update the annotations on a resource",
    usage="[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N "
    "[--resource-version=version]",
    examples="# Say what pod 'foo' is for\nkctl annotate pods foo description='my frontend'\n"
    "# Take the annotation away again\nkctl annotate pods foo description-",
    options=options("annotation"),
    arguments=("type", "name"),
    run=run,
)
