"""Tokens in the volumes of pods: real ones, bound to their pod."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kctl.runtime.operations import StartContainer, TokenFile
from kctl.server.auth.pod_tokens import EXTENDED, PodTokens
from kctl.server.auth.tokens import Rejected
from tests.unit.server.auth.conftest import Gate

Object = dict[str, Any]


def started(gate: Gate, pod: Object, **more: Any) -> StartContainer:
    account = gate.get("serviceaccounts", "default", "robot")
    assert account is not None
    token = TokenFile("api", "token", 0o640, account["metadata"]["uid"], **more)
    files = {"api": {"namespace": (b"default", 0o644)}}
    network: Any = None
    return StartContainer("one", pod, "c", network, files=files, tokens=(token,))


def token_of(gate: Gate, operation: StartContainer) -> str:
    filled = PodTokens(gate.home, lambda: gate.now).fill(operation)
    assert isinstance(filled, StartContainer)
    assert filled.files["api"]["namespace"] == (b"default", 0o644)
    contents, mode = filled.files["api"]["token"]
    assert mode == 0o640
    assert "token" not in operation.files["api"]
    return contents.decode()


def test_the_server_knows_it(gate: Gate, pod: Callable[..., Object]) -> None:
    made = pod("p", node="one")
    user = gate.user(token_of(gate, started(gate, made, node_uid="node-uid")))
    assert user.name == "system:serviceaccount:default:robot"
    assert user.extra["authentication.kubernetes.io/pod-name"] == ("p",)
    assert user.extra["authentication.kubernetes.io/node-uid"] == ("node-uid",)


def test_it_lives_as_long_as_its_pod(gate: Gate, pod: Callable[..., Object]) -> None:
    token = token_of(gate, started(gate, pod("p"), seconds=600))
    gate.now += EXTENDED - 1
    assert gate.user(token).uid
    gate.desk.api.delete("pods", "p", "default")
    with pytest.raises(Rejected, match="invalidated"):
        gate.tokens.verify(token)


def test_it_is_for_whom_it_says(gate: Gate, pod: Callable[..., Object]) -> None:
    token = token_of(gate, started(gate, pod("p"), audience="vault"))
    assert gate.tokens.verify(token, ["vault"]).audiences == ("vault",)
    with pytest.raises(Rejected, match="audiences"):
        gate.tokens.verify(token)


def test_other_operations_pass_and_make_no_key(tmp_path: Any) -> None:
    tokens = PodTokens(tmp_path)
    pod = {"metadata": {"uid": "u", "name": "p", "namespace": "default"}, "spec": {}}
    network: Any = None
    operation = StartContainer("one", pod, "c", network)
    assert tokens.fill(operation) is operation
    assert not (tmp_path / "pki").exists()
