"""kctl create deployment."""

from __future__ import annotations

import secrets

from kctl.api.safe_names import SAFE_ALPHABET
from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.create.generator import PRINTING, Object, create, meta, name_of, without_empty
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    name = name_of(args)
    if len(args["image"]) > 1 and args.after_dash:
        raise UsageError("cannot specify multiple --image options and command")
    return create(ctx, args, build(ctx, args, name), failure="failed to create deployment: ")


def build(ctx: Context, args: Args, name: str) -> Object:
    labels = {"app": name}
    containers = [_container(image, args.after_dash) for image in args["image"]]
    if containers and args["port"] >= 0:
        first = containers[0]
        resources = first.pop("resources")
        first["ports"] = [{"containerPort": args["port"]}]
        first["resources"] = resources
    return {
        "kind": "Deployment",
        "apiVersion": "apps/v1",
        "metadata": meta(ctx, name, labels=labels),
        "spec": {
            "replicas": args["replicas"],
            "selector": {"matchLabels": dict(labels)},
            "template": {
                "metadata": {"labels": dict(labels)},
                "spec": {"containers": containers},
            },
            "strategy": {},
        },
        "status": {},
    }


def _container(image: str, command: list[str]) -> Object:
    head = {"name": container_name(image)}
    return {**head, **without_empty({"image": image, "command": list(command)}), "resources": {}}


def container_name(image: str) -> str:
    """The last word of the image without tag and digest; what a name may not hold becomes
    a dash, and then a random suffix keeps the names of several images apart."""
    name = image.rpartition("/")[2].partition(":")[0].partition("@")[0]
    if "_" in name or "." in name:
        suffix = "".join(secrets.choice(SAFE_ALPHABET) for _ in range(5))
        name = f"{name.replace('_', '-').replace('.', '-')}-{suffix}"
    return name


COMMAND = Command(
    name="deployment",
    summary="Create a deployment with the specified name.",
    description="Create a deployment with the specified name.",
    usage="deployment NAME --image=image -- [COMMAND] [args...]",
    examples="""
# Create a deployment named my-dep that runs the busybox image
kctl create deployment my-dep --image=busybox

# Create a deployment with a command
kctl create deployment my-dep --image=busybox -- date

# Create a deployment named my-dep that runs the nginx image with 3 replicas
kctl create deployment my-dep --image=nginx --replicas=3
""",
    arguments=("NAME",),
    dash=True,
    options=(
        *PRINTING,
        Option(
            "image",
            "slice",
            help="Image names to run. Several images make several containers.",
            required=True,
        ),
        Option("port", "int32", -1, "The containerPort that this deployment exposes."),
        Option("replicas", "int32", 1, "Number of replicas to create.", short="r"),
    ),
    run=run,
)
