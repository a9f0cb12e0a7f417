"""What the three sorts of secrets share: encoding, and the hash of the name."""

from __future__ import annotations

import base64

from kctl.commands.context import Context
from kctl.commands.create.generator import Object, create, meta
from kctl.commands.create.hashing import suffix
from kctl.commands.parse import Args


def secret(ctx: Context, args: Args, name: str, data: dict[str, bytes], kind: str) -> Object:
    """The Secret object; values are encoded, keys sorted."""
    encoded = {key: base64.b64encode(data[key]).decode() for key in sorted(data)}
    obj: Object = {"kind": "Secret", "apiVersion": "v1", "metadata": meta(ctx, name)}
    if encoded:
        obj["data"] = encoded
    if kind:
        obj["type"] = kind
    if args["append-hash"]:
        content = {"kind": "Secret", "type": kind, "name": name, "data": encoded}
        obj["metadata"]["name"] = f"{name}-{suffix(content)}"
    return obj


def make(ctx: Context, args: Args, obj: Object) -> int:
    return create(ctx, args, obj, failure="failed to create secret ")
