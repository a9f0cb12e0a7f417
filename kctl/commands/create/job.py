"""kctl create job, from an image or from a cron job."""

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
        head, made = _of_cronjob(ctx, args["from"])
    else:
        head, made = {}, spec(name, args["image"], args.after_dash, "Never")
    obj = {
        "kind": "Job",
        "apiVersion": "batch/v1",
        "metadata": meta(ctx, name, **head),
        "spec": made,
        "status": {},
    }
    return create(ctx, args, obj, failure="failed to create job: ")


def _of_cronjob(ctx: Context, word: str) -> tuple[Object, Object]:
    """(labels, annotations and owner; spec) of a job of a cron job that is made by hand.
    Raises UsageError, and the API's NotFound."""
    from kctl.commands.pods import named

    if "/" not in word:
        raise UsageError(f'the server doesn\'t have a resource type "{word}"')
    cronjob = named(ctx, word)
    if cronjob["kind"] != "CronJob":
        raise UsageError(f"unknown object type *v1.{cronjob['kind']}")
    template, meta_of = cronjob["spec"]["jobTemplate"], cronjob["metadata"]
    own = template.get("metadata") or {}
    owner = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "name": meta_of["name"],
        "uid": meta_of["uid"],
        "controller": True,
    }
    manual = {"cronjob.kubernetes.io/instantiate": "manual", **(own.get("annotations") or {})}
    head = {
        "labels": own.get("labels") or {},
        "annotations": manual,
        "ownerReferences": [owner],
    }
    return head, template["spec"]


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
    examples="""
# Create a job
kctl create job my-job --image=busybox

# Create a job with a command
kctl create job my-job --image=busybox -- date

# Create a job from a cron job named "a-cronjob"
kctl create job test-job --from=cronjob/a-cronjob
""",
    arguments=("NAME",),
    dash=True,
    options=(
        *PRINTING,
        Option("from", help="The name of the resource to create a Job from (cronjob/name)."),
        Option("image", help="Image name to run."),
    ),
    run=run,
)
