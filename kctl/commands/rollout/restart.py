"""`kctl rollout restart`: a new template, alike but for a time stamp."""

from __future__ import annotations

from typing import Any

from kctl.commands.command import Command, UsageError
from kctl.commands.context import Context
from kctl.commands.objects import Found
from kctl.commands.parse import Args
from kctl.commands.rollout.options import changing
from kctl.commands.rollout.shared import DAEMON_SETS, DEPLOYMENTS, change_each

Object = dict[str, Any]

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"


def run(ctx: Context, args: Args) -> int:
    at = ctx.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def restart(found: Found) -> Object:
        if found.obj["spec"].get("paused"):
            raise UsageError(
                f'{found.resource.resource} "{found.name}" can\'t restart paused deployment '
                "(run rollout resume first)"
            )
        return {"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: at}}}}}

    resources = (DEPLOYMENTS, DAEMON_SETS)
    return change_each(ctx, args, "restarting", restart, "restarted", resources)


COMMAND = Command(
    name="restart",
    summary="Restart a resource",
    usage="restart RESOURCE",
    description="Pods are replaced as in any rollout.",
    examples="# Replace all pods of 'web'\nkctl rollout restart deployment/web",
    options=changing("restart"),
    arguments=("type", "name"),
    run=run,
)
