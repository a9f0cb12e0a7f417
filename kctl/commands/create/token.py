"""kctl create token."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from kctl.commands import objects
from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.create.generator import name_of
from kctl.commands.options import output
from kctl.commands.output import Result
from kctl.commands.parse import Args

_KINDS = ("Node", "Pod", "Secret")


def run(ctx: Context, args: Args) -> int:
    name = name_of(args)
    _check(args)
    result = Result(ctx, args, typed=True)
    made = _made(ctx, name, _request(args))
    if result.format is not None:
        result.show(made, "created")
        return 0
    ctx.out.write(made["status"]["token"] + ("\n" if ctx.out.isatty() else ""))
    return 0


def _check(args: Args) -> None:
    """Raises UsageError with kubectl's texts."""
    if args["duration"] < 0:
        raise UsageError("--duration must be greater than or equal to 0")
    if args["duration"] != int(args["duration"]):
        raise UsageError("--duration cannot be expressed in units less than seconds")
    if not all(args["audience"]):
        raise UsageError("--audience must not be an empty string")
    kind = args["bound-object-kind"]
    if not kind:
        for word in ("name", "uid"):
            if args[f"bound-object-{word}"]:
                text = f"--bound-object-{word} can only be set if --bound-object-kind is provided"
                raise UsageError(text)
    elif kind not in _KINDS:
        raise UsageError(f"supported --bound-object-kind values are {', '.join(_KINDS)}")
    elif not args["bound-object-name"]:
        raise UsageError("--bound-object-name is required if --bound-object-kind is provided")


def _request(args: Args) -> dict[str, Any]:
    spec: dict[str, Any] = {"audiences": args["audience"]}
    if args["duration"]:
        spec["expirationSeconds"] = int(args["duration"])
    if args["bound-object-kind"]:
        spec["boundObjectRef"] = {
            "kind": args["bound-object-kind"],
            "apiVersion": "v1",
            "name": args["bound-object-name"],
            "uid": args["bound-object-uid"],
        }
    return {"spec": spec}


def _made(ctx: Context, name: str, request: dict[str, Any]) -> dict[str, Any]:
    """Signed with the key that the server of this control plane signs with."""
    from kctl.api.errors import ApiError
    from kctl.server.auth import pki
    from kctl.server.auth.token_request import request_token
    from kctl.server.auth.tokens import Tokens

    def get(resource: str, namespace: str, name: str) -> dict[str, Any] | None:
        return objects.get(ctx, resource, namespace, name)

    try:
        key = pki.load_key(pki.ensure(Path(ctx.home)).account_key)
        return request_token(
            Tokens(key, get, ctx.time),
            get,
            ctx.namespace,
            name,
            request,
            now=ctx.time(),
            new_id=lambda: str(uuid.uuid4()),
            warn=ctx.warn,
        )
    except ApiError as error:
        raise UsageError(f"failed to create token: {error.message}") from None
    except pki.PkiError as error:
        raise UsageError(str(error)) from None


COMMAND = Command(
    name="token",
    summary="Request a service account token.",
    usage="token SERVICE_ACCOUNT_NAME",
    examples="""
# A token that speaks to `kctl serve` as the service account myapp
kctl create token myapp

# ... for ten minutes, for somebody else
kctl create token myapp --duration 10m --audience https://example.com

# ... until this secret is deleted
kctl create token myapp --bound-object-kind Secret --bound-object-name mysecret
""",
    arguments=("SERVICE_ACCOUNT_NAME",),
    options=(
        *output(),
        Option(
            "audience",
            "array",
            help="Audience of the requested token. May be repeated for several.",
        ),
        Option("bound-object-kind", help="Kind of an object to bind the token to."),
        Option("bound-object-name", help="Name of an object to bind the token to."),
        Option("bound-object-uid", help="UID of an object to bind the token to."),
        Option("duration", "duration", 0.0, "Requested lifetime of the issued token.", shown="0s"),
    ),
    run=run,
)
