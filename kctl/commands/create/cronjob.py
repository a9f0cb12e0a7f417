"""kctl create cronjob."""

from __future__ import annotations

from kctl.commands.command import Command, Option
from kctl.commands.context import Context
from kctl.commands.create.generator import PRINTING, create, meta, name_of
from kctl.commands.create.job import spec
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    name = name_of(args)
    restart = args["restart"] or "OnFailure"
    obj = {
        "kind": "CronJob",
        "apiVersion": "batch/v1",
        "metadata": meta(ctx, name),
        "spec": {
            "schedule": args["schedule"],
            "jobTemplate": {
                "metadata": {"name": name},
                "spec": spec(name, args["image"], args.after_dash, restart),
            },
        },
        "status": {},
    }
    return create(ctx, args, obj, failure="failed to create cronjob: ")


COMMAND = Command(
    name="cronjob",
    summary="Create a cron job with the specified name.",
    usage="cronjob NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...] [flags]",
    arguments=("NAME",),
    dash=True,
    options=(
        *PRINTING,
        Option("image", help="Image name to run.", required=True),
        Option("restart", help="The restart policy of the job's pods: OnFailure, Never"),
        Option("schedule", help="A schedule in the Cron format.", required=True),
    ),
    run=run,
)
