"""kctl create configmap."""

from __future__ import annotations

import base64

from kctl.commands.command import Command, UsageError
from kctl.commands.context import Context
from kctl.commands.create import sources
from kctl.commands.create.generator import APPEND_HASH, PRINTING, Object, create, meta, name_of
from kctl.commands.create.hashing import suffix
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    name = name_of(args)
    sources.check(args)
    return create(ctx, args, build(ctx, args, name), failure="failed to create configmap: ")


def build(ctx: Context, args: Args, name: str) -> Object:
    data: dict[str, str] = {}
    binary: dict[str, str] = {}

    def add(key: str, value: bytes) -> None:
        sources.check_key(key, "ConfigMap")
        for kept, part in ((data, "Data"), (binary, "BinaryData")):
            if key in kept:
                raise UsageError(
                    f'cannot add key "{key}", another key by that name already exists in '
                    f'{part} for ConfigMap "{name}"'
                )
        try:
            data[key] = value.decode()
        except UnicodeDecodeError:
            binary[key] = base64.b64encode(value).decode()

    sources.collect(args, add)
    data, binary = dict(sorted(data.items())), dict(sorted(binary.items()))
    obj: Object = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": meta(ctx, name)}
    if data:
        obj["data"] = data
    if binary:
        obj["binaryData"] = binary
    if args["append-hash"]:
        content: Object = {"kind": "ConfigMap", "name": name, "data": data}
        if binary:
            content["binaryData"] = binary
        obj["metadata"]["name"] = f"{name}-{suffix(content)}"
    return obj


COMMAND = Command(
    name="configmap",
    summary="Create a config map based on a file, directory, or specified literal value.",
    usage="configmap NAME [--from-file=[key=]source] [--from-literal=key1=value1] "
    "[--dry-run=server|client|none]",
    examples="""
# Create a new config map named my-config based on folder bar
kctl create configmap my-config --from-file=path/to/bar

# Create a new config map named my-config with key1=config1 and key2=config2
kctl create configmap my-config --from-literal=key1=config1 --from-literal=key2=config2

# Create a new config map named my-config from an env file
kctl create configmap my-config --from-env-file=path/to/foo.env
""",
    arguments=("NAME",),
    options=(*PRINTING, *sources.OPTIONS, APPEND_HASH),
    run=run,
)
