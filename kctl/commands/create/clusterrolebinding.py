"""kctl create clusterrolebinding."""

from __future__ import annotations

from kctl.commands.command import Command, Option
from kctl.commands.context import Context
from kctl.commands.create.generator import PRINTING, create, meta, name_of
from kctl.commands.create.subjects import options, reference, subjects
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    name = name_of(args)
    obj = {
        "kind": "ClusterRoleBinding",
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "metadata": meta(ctx, name, namespaced=False),
        **subjects(args),
        "roleRef": reference("ClusterRole", args["clusterrole"]),
    }
    failure = "failed to create clusterrolebinding: "
    return create(ctx, args, obj, failure=failure, namespaced=False)


COMMAND = Command(
    name="clusterrolebinding",
    summary="Create a cluster role binding for a particular cluster role.",
    usage="clusterrolebinding NAME --clusterrole=NAME [--user=username] [--group=groupname] "
    "[--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]",
    examples="""
# Two users and a group may do everything
kctl create clusterrolebinding cluster-admin --clusterrole=cluster-admin --user=user1 --user=user2 --group=group1
""",  # noqa: E501 - as it is typed
    arguments=("NAME",),
    options=(
        *PRINTING,
        Option(
            "clusterrole",
            help="ClusterRole this ClusterRoleBinding should reference",
            required=True,
        ),
        *options("clusterrole"),
    ),
    run=run,
)
