"""kctl create: from files, or a generator for each common type."""

from __future__ import annotations

from kctl.commands.command import Command, CommandRef, Option, UsageError
from kctl.commands.options import filename, selector

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kctl.commands.context import Context
    from kctl.commands.parse import Args

_AT = "kctl.commands.create."


def run(ctx: Context, args: Args) -> int:
    if args.positional:
        raise UsageError(
            f"Unexpected args: [{' '.join(args.positional)}]",
            hint="See 'kctl create -h' for help and examples",
        )
    from kctl.commands.create.from_files import create_all

    return create_all(ctx, args)


def _options() -> tuple[Option, ...]:
    from kctl.commands.create.generator import PRINTING

    return (
        *PRINTING,
        *filename("to use to create the resource"),
        selector(),
        Option("edit", "bool", help="Edit the API resource before creating"),
        Option("raw", help="Raw URI to POST to the server."),
    )


COMMAND = Command(
    name="create",
    summary="Create a resource from a file or from stdin.",
    description="Create a resource from a file or from stdin.\n\n"
    " JSON and YAML formats are accepted.",
    usage="create -f FILENAME",
    examples="""
# Create a pod using the data in pod.json
kctl create -f ./pod.json

# Create a pod based on the JSON passed into stdin
cat pod.json | kctl create -f -
""",
    options=_options(),
    subcommands=(
        CommandRef("clusterrole", _AT + "clusterrole", "Create a cluster role"),
        CommandRef(
            "clusterrolebinding",
            _AT + "clusterrolebinding",
            "Create a cluster role binding for a particular cluster role",
        ),
        CommandRef(
            "configmap",
            _AT + "configmap",
            "Create a config map from a local file, directory or literal value",
            aliases=("cm",),
        ),
        CommandRef(
            "cronjob",
            _AT + "cronjob",
            "Create a cron job with the specified name",
            aliases=("cj",),
        ),
        CommandRef(
            "deployment",
            _AT + "deployment",
            "Create a deployment with the specified name",
            aliases=("deploy",),
        ),
        CommandRef(
            "ingress",
            _AT + "ingress",
            "Create an ingress with the specified name",
            aliases=("ing",),
        ),
        CommandRef("job", _AT + "job", "Create a job with the specified name"),
        CommandRef(
            "namespace",
            _AT + "namespace",
            "Create a namespace with the specified name",
            aliases=("ns",),
        ),
        CommandRef(
            "poddisruptionbudget",
            _AT + "poddisruptionbudget",
            "Create a pod disruption budget with the specified name",
            aliases=("pdb",),
        ),
        CommandRef(
            "priorityclass",
            _AT + "priorityclass",
            "Create a priority class with the specified name",
            aliases=("pc",),
        ),
        CommandRef(
            "quota",
            _AT + "quota",
            "Create a quota with the specified name",
            aliases=("resourcequota",),
        ),
        CommandRef("role", _AT + "role", "Create a role with single rule"),
        CommandRef(
            "rolebinding",
            _AT + "rolebinding",
            "Create a role binding for a particular role or cluster role",
        ),
        CommandRef("secret", _AT + "secret", "Create a secret using a specified subcommand"),
        CommandRef(
            "service",
            _AT + "service",
            "Create a service using a specified subcommand",
            aliases=("svc",),
        ),
        CommandRef(
            "serviceaccount",
            _AT + "serviceaccount",
            "Create a service account with the specified name",
            aliases=("sa",),
        ),
        CommandRef("token", _AT + "token", "Request a service account token"),
    ),
    run=run,
)
