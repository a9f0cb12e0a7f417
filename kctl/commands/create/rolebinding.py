"""kctl create rolebinding."""

from __future__ import annotations

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.create.generator import PRINTING, create, meta, name_of
from kctl.commands.create.subjects import options, reference, subjects
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    name = name_of(args)
    cluster, own = args["clusterrole"], args["role"]
    if bool(cluster) == bool(own):
        raise UsageError("exactly one of clusterrole or role must be specified")
    obj = {
        "kind": "RoleBinding",
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "metadata": meta(ctx, name),
        **subjects(args),
        "roleRef": reference("Role", own) if own else reference("ClusterRole", cluster),
    }
    return create(ctx, args, obj, failure="failed to create rolebinding: ")


COMMAND = Command(
    name="rolebinding",
    summary="Create a role binding for a particular role or cluster role.",
    usage="rolebinding NAME --clusterrole=NAME|--role=NAME [--user=username] [--group=groupname] "
    "[--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]",
    examples="""
# Two users and a group have the cluster role admin in this namespace
kctl create rolebinding admin --clusterrole=admin --user=user1 --user=user2 --group=group1

# A service account has a role
kctl create rolebinding admin-binding --role=admin --serviceaccount=monitoring:sa-dev
""",
    arguments=("NAME",),
    options=(
        *PRINTING,
        Option("clusterrole", help="ClusterRole this RoleBinding should reference"),
        Option("role", help="Role this RoleBinding should reference"),
        *options("role"),
    ),
    run=run,
)
