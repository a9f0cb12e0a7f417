"""kctl create secret tls."""

from __future__ import annotations

import ssl
from pathlib import Path

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.create.generator import APPEND_HASH, PRINTING, name_of
from kctl.commands.create.secret.common import make, secret
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    name = name_of(args)
    if not args["cert"] or not args["key"]:
        raise UsageError("key and cert must be specified")
    certificate, key = _read(args["cert"]), _read(args["key"])
    _check_pair(args["cert"], args["key"], certificate, key)
    data = {"tls.crt": certificate, "tls.key": key}
    return make(ctx, args, secret(ctx, args, name, data, "kubernetes.io/tls"))


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"Cannot read file {path}, open {path}: {reason}") from None


def _check_pair(cert_path: str, key_path: str, certificate: bytes, key: bytes) -> None:
    """Refuse a certificate and a key that do not belong together, with Go's texts where
    the reason is plain."""
    for text, what in ((certificate, "certificate"), (key, "key")):
        if b"-----BEGIN " not in text:
            raise UsageError(f"tls: failed to find any PEM data in {what} input")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert_path, key_path)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise UsageError("tls: private key does not match public key") from None
        raise UsageError(f"tls: {error.reason or error}") from None


COMMAND = Command(
    name="tls",
    summary="Create a TLS secret from the given public/private key pair.",
    usage="tls NAME --cert=path/to/cert/file --key=path/to/key/file [--dry-run=server|client|none]",
    examples="""
# Create a new TLS secret named tls-secret with the given key pair
kctl create secret tls tls-secret --cert=path/to/tls.crt --key=path/to/tls.key
""",
    arguments=("NAME",),
    options=(
        *PRINTING,
        APPEND_HASH,
        Option("cert", help="Path to PEM encoded public key certificate."),
        Option("key", help="Path to private key associated with given certificate."),
    ),
    run=run,
)
