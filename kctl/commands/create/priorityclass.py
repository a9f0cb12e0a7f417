"""kctl create priorityclass."""

from __future__ import annotations

from kctl.commands.command import Command, Option
from kctl.commands.context import Context
from kctl.commands.create.generator import PRINTING, create, meta, name_of, without_empty
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    name = name_of(args)
    obj = {
        "kind": "PriorityClass",
        "apiVersion": "scheduling.k8s.io/v1",
        "metadata": meta(ctx, name, namespaced=False),
        "value": args["value"],
        **({"globalDefault": True} if args["global-default"] else {}),
        **without_empty({"description": args["description"]}),
        "preemptionPolicy": args["preemption-policy"],
    }
    failure = "failed to create priorityclass: "
    return create(ctx, args, obj, failure=failure, namespaced=False)


COMMAND = Command(
    name="priorityclass",
    summary="Create a priority class with the specified name.",
    description="Create a priority class with the specified name, value, globalDefault and "
    "description.",
    usage="priorityclass NAME --value=VALUE --global-default=BOOL [--dry-run=server|client|none]",
    examples="""
# A priority class named high-priority
kctl create priorityclass high-priority --value=1000 --description="high priority"

# One that is the default of all pods
kctl create priorityclass default-priority --value=1000 --global-default=true --description="default priority"

# One whose pods preempt no others
kctl create priorityclass high-priority --value=1000 --preemption-policy="Never"
""",  # noqa: E501 - as it is typed
    arguments=("NAME",),
    options=(
        *PRINTING,
        Option("description", help="When to use this priority class."),
        Option("global-default", "bool", help="Pods that name no class get this one."),
        Option(
            "preemption-policy",
            default="PreemptLowerPriority",
            help="Whether pods preempt those of lower priority: PreemptLowerPriority or Never.",
        ),
        Option("value", "int32", 0, "The value of this priority class."),
    ),
    run=run,
)
