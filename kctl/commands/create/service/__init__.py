"""kctl create service."""

from __future__ import annotations

from kctl.commands.command import Command, CommandRef

_AT = "kctl.commands.create.service."

COMMAND = Command(
    name="service",
    summary="Create a service using a specified subcommand.",
    usage="service [flags]",
    subcommands=(
        CommandRef("clusterip", _AT + "clusterip", "Create a ClusterIP service"),
        CommandRef("externalname", _AT + "externalname", "Create an ExternalName service"),
        CommandRef("loadbalancer", _AT + "loadbalancer", "Create a LoadBalancer service"),
        CommandRef("nodeport", _AT + "nodeport", "Create a NodePort service"),
    ),
)
