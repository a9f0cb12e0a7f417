"""The tokens in projected volumes, signed when a container is started.

A running container keeps the files that it was started with, so such a token lives as long
as one that the API server extends: a year. It is bound to its pod, and ends with it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Lock

from kctl.runtime.operations import Operation, StartContainer, TokenFile
from kctl.server.auth import pki
from kctl.server.auth.token_request import claims
from kctl.server.auth.tokens import Claims, Object, Tokens

EXTENDED = 365 * 86400
"""Seconds; as the API server's --service-account-extend-token-expiration."""


class PodTokens:
    """For one control plane; its key is made when the first token is asked for."""

    def __init__(self, home: Path, now: Callable[[], float] = time.time) -> None:
        self._home, self._now = home, now
        self._tokens: Tokens | None = None
        self._lock = Lock()

    def fill(self, operation: Operation) -> Operation:
        """The operation with its tokens among its files. Raises PkiError, OSError."""
        if not isinstance(operation, StartContainer) or not operation.tokens:
            return operation
        files = {name: dict(found) for name, found in operation.files.items()}
        for wanted in operation.tokens:
            token = self.sign(operation.pod, wanted)
            files.setdefault(wanted.volume, {})[wanted.path] = (token.encode(), wanted.mode)
        return replace(operation, files=files)

    def sign(self, pod: Object, wanted: TokenFile) -> str:
        tokens = self._signer()
        meta, spec = pod["metadata"], pod["spec"]
        private: Claims = {
            "namespace": meta["namespace"],
            "pod": {"name": meta["name"], "uid": meta["uid"]},
            "serviceaccount": {
                "name": spec.get("serviceAccountName") or "default",
                "uid": wanted.account_uid,
            },
        }
        if wanted.node_uid:
            private["node"] = {"name": spec["nodeName"], "uid": wanted.node_uid}
        audiences = [wanted.audience] if wanted.audience else tokens.audiences
        seconds = max(wanted.seconds, EXTENDED)
        identifier = str(uuid.uuid4())
        about = claims(tokens, audiences, private, int(self._now()), seconds, identifier)
        return tokens.sign(about)

    def _signer(self) -> Tokens:
        with self._lock:
            if self._tokens is None:
                key = pki.load_key(pki.ensure(self._home).account_key)
                self._tokens = Tokens(key, _nothing, self._now)
            return self._tokens


def _nothing(resource: str, namespace: str, name: str) -> Object | None:
    """Signing looks nothing up."""
    return None
