"""`kctl rollout pause`."""

from __future__ import annotations

from typing import Any

from kctl.commands.command import Command, UsageError
from kctl.commands.context import Context
from kctl.commands.objects import Found
from kctl.commands.parse import Args
from kctl.commands.rollout.options import changing
from kctl.commands.rollout.shared import change_each

Object = dict[str, Any]


def _pause(found: Found) -> Object:
    if found.obj["spec"].get("paused"):
        raise UsageError(f'{found.resource.resource} "{found.name}" is already paused')
    return {"spec": {"paused": True}}


def run(ctx: Context, args: Args) -> int:
    return change_each(ctx, args, "pausing", _pause, "paused")


COMMAND = Command(
    name="pause",
    summary="Mark the provided resource as paused",
    usage="pause RESOURCE",
    examples="# Hold the rollout of 'web' where it is\nkctl rollout pause deployment/web",
    options=changing("pause"),
    arguments=("type", "name"),
    run=run,
)
