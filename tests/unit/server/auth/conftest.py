"""A control plane's keys, an account, and a clock that tests turn."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kctl.api.encode import decode
from kctl.api.user import User
from kctl.server.auth import pki as pki_files
from kctl.server.auth.authenticate import Authenticator
from kctl.server.auth.pki import Pki
from kctl.server.auth.static_tokens import digest
from kctl.server.auth.token_request import request_token
from kctl.server.auth.tokens import Tokens
from kctl.store.types import Key
from tests.unit.api.conftest import Desk

Object = dict[str, Any]
START = datetime(2026, 11, 23, 6, 0, 0, tzinfo=UTC).timestamp()


class Gate:
    """Everything of authentication over one store."""

    def __init__(self, home: Path) -> None:
        self.desk = Desk()
        self.now = START
        self.home = home
        self.pki: Pki = pki_files.ensure(home, clock=self.clock)
        self.tokens = Tokens(pki_files.load_key(self.pki.account_key), self.get, lambda: self.now)
        static = {digest("static"): User("jane", ("dev",), "7")}
        authority = pki_files.load_certificate(self.pki.ca)
        self.authenticator = Authenticator(authority, self.tokens, static, now=lambda: self.now)
        self.warnings: list[str] = []
        self.ids = 0

    def clock(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)

    def get(self, resource: str, namespace: str, name: str) -> Object | None:
        record = self.desk.backend.get(Key(resource, namespace, name))
        return decode(record) if record is not None else None

    def create(self, kind: str, name: str, **body: Any) -> Object:
        meta = {"name": name, "namespace": "default"}
        return self.desk.api.create({"apiVersion": "v1", "kind": kind, "metadata": meta, **body})

    def request(self, name: str = "robot", **spec: Any) -> Object:
        self.ids += 1
        return request_token(
            self.tokens,
            self.get,
            "default",
            name,
            {"spec": spec},
            now=self.now,
            new_id=lambda: f"id-{self.ids}",
            warn=self.warnings.append,
        )

    def token(self, name: str = "robot", **spec: Any) -> str:
        return str(self.request(name, **spec)["status"]["token"])

    def user(self, token: str) -> User:
        return self.authenticator.authenticate({"authorization": f"Bearer {token}"}, None)


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    made = Gate(tmp_path / "home")
    made.create("ServiceAccount", "robot")
    return made


@pytest.fixture
def pod(gate: Gate) -> Callable[..., Object]:
    def make(name: str = "p", account: str = "robot", node: str = "") -> Object:
        spec: Object = {"containers": [{"name": "c", "image": "i"}], "serviceAccountName": account}
        if node:
            spec["nodeName"] = node
        return gate.create("Pod", name, spec=spec)

    return make
