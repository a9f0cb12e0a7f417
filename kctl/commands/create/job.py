"""kctl create job, from an image."""

from __future__ import annotations

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.create.generator import PRINTING, Object, create, meta, name_of, without_empty
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    name = name_of(args)
    if bool(args["image"]) == bool(args["from"]):
        raise UsageError("either --image or --from must be specified")
    if args["from"] and args.after_dash:
        raise UsageError("cannot specify --from and command")
    if args["from"]:
        raise UsageError("from must be an existing cronjob: this control plane has no cronjobs")
    obj = {
        "kind": "Job",
        "apiVersion": "batch/v1",
        "metadata": meta(ctx, name),
        "spec": spec(name, args["image"], args.after_dash, "Never"),
        "status": {},
    }
    return create(ctx, args, obj, failure="failed to create job: ")


def spec(name: str, image: str, command: list[str], restart: str) -> Object:
    """The spec of a Job with one container."""
    container = {
        "name": name,
        **without_empty({"image": image, "command": list(command)}),
        "resources": {},
    }
    pod = {"containers": [container], "restartPolicy": restart}
    return {"template": {"metadata": {}, "spec": without_empty(pod)}}


COMMAND = Command(
    name="job",
    summary="Create a job with the specified name.",
    usage="job NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...]",
    examples="# Create a job with a command\nkctl create job my-job --image=busybox -- date",
    arguments=("NAME",),
    dash=True,
    options=(
        *PRINTING,
        Option("from", help="The name of the resource to create a Job from (cronjob/name)."),
        Option("image", help="Image name to run."),
    ),
    run=run,
)
