"""`kctl rollout resume`."""

from __future__ import annotations

from typing import Any

from kctl.commands.command import Command, UsageError
from kctl.commands.context import Context
from kctl.commands.objects import Found
from kctl.commands.parse import Args
from kctl.commands.rollout.options import changing
from kctl.commands.rollout.shared import change_each

Object = dict[str, Any]


def _resume(found: Found) -> Object:
    if not found.obj["spec"].get("paused"):
        raise UsageError(f'{found.resource.resource} "{found.name}" is not paused')
    return {"spec": {"paused": None}}


def run(ctx: Context, args: Args) -> int:
    return change_each(ctx, args, "resuming", _resume, "resumed")


COMMAND = Command(
    name="resume",
    summary="Resume a paused resource",
    usage="resume RESOURCE",
    examples="# Let the rollout of 'web' go on\nkctl rollout resume deployment/web",
    options=changing("resume"),
    arguments=("type", "name"),
    run=run,
)
