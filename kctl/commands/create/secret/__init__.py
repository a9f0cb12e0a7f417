"""kctl create secret."""

from __future__ import annotations

from kctl.commands.command import Command, CommandRef

_AT = "kctl.commands.create.secret."

COMMAND = Command(
    name="secret",
    summary="Create a secret with specified type.",
    description="""Create a secret with specified type.

 A docker-registry type secret is for accessing a container registry.

 A generic type secret indicate an Opaque secret type.

 A tls type secret holds TLS certificate and its associated key.""",
    usage="secret (docker-registry | generic | tls)",
    subcommands=(
        CommandRef(
            "docker-registry",
            _AT + "docker_registry",
            "Create a secret for use with a Docker registry",
        ),
        CommandRef(
            "generic",
            _AT + "generic",
            "Create a secret from a local file, directory, or literal value",
        ),
        CommandRef("tls", _AT + "tls", "Create a TLS secret"),
    ),
)
