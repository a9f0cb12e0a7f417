"""Service-account tokens: whom they speak for, for how long, and what ends them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from jwt import PyJWK

from kctl.api.errors import ApiError
from kctl.server.auth.tokens import ISSUER, REMEMBERED, Rejected, split_account
from tests.unit.server.auth.conftest import START, Gate

Object = dict[str, Any]
ROBOT = "system:serviceaccount:default:robot"


def claims_of(token: str) -> Object:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def why(gate: Gate, token: str, *audiences: str) -> str:
    with pytest.raises(Rejected) as caught:
        gate.tokens.verify(token, audiences)
    text = str(caught.value)
    assert token not in text
    with pytest.raises(ApiError) as refused:
        gate.user(token) if not audiences else gate.user("x")
    assert (refused.value.code, refused.value.message) == (401, "Unauthorized")
    return text


def test_a_token_is_its_account(gate: Gate) -> None:
    user = gate.user(gate.token())
    assert user.name == ROBOT
    assert user.groups == (
        "system:serviceaccounts",
        "system:serviceaccounts:default",
        "system:authenticated",
    )
    uid = gate.get("serviceaccounts", "default", "robot")
    assert uid is not None and user.uid == uid["metadata"]["uid"]
    assert user.extra == {"authentication.kubernetes.io/credential-id": ("JTI=id-1",)}


def test_the_claims_are_those_of_kubernetes(gate: Gate) -> None:
    asked = gate.request(expirationSeconds=1200)
    found = claims_of(asked["status"]["token"])
    uid = gate.get("serviceaccounts", "default", "robot")["metadata"]["uid"]  # type: ignore[index]
    assert found == {
        "aud": [ISSUER],
        "exp": START + 1200,
        "iat": START,
        "iss": ISSUER,
        "jti": "id-1",
        "kubernetes.io": {
            "namespace": "default",
            "serviceaccount": {"name": "robot", "uid": uid},
        },
        "nbf": START,
        "sub": ROBOT,
    }
    assert asked["status"]["expirationTimestamp"] == "2026-11-23T06:20:00Z"
    assert asked["spec"]["audiences"] == [ISSUER]


def test_others_can_verify_it_with_the_published_key(gate: Gate) -> None:
    token = gate.token()
    (published,) = gate.tokens.keys()["keys"]
    assert jwt.get_unverified_header(token)["kid"] == published["kid"]
    found = jwt.decode(
        token,
        PyJWK(published),
        algorithms=["ES256"],
        audience=ISSUER,
        options={"verify_exp": False},
    )
    assert found["sub"] == ROBOT
    document = gate.tokens.configuration("https://host:6443/")
    assert document["issuer"] == ISSUER
    assert document["jwks_uri"] == "https://host:6443/openid/v1/jwks"


def test_a_token_ends_in_time(gate: Gate) -> None:
    token = gate.token(expirationSeconds=600)
    gate.now = START + 599
    assert gate.user(token).name == ROBOT
    gate.now = START + 600
    assert why(gate, token) == "service account token has expired"


def test_a_token_of_the_future_waits(gate: Gate) -> None:
    gate.now = START + 1000
    token = gate.token()
    gate.now = START
    assert why(gate, token) == "service account token is not valid yet"
    gate.now = START + 990  # as far ahead as another server's clock may be
    assert gate.user(token).name == ROBOT


def test_deleting_the_account_ends_its_tokens(gate: Gate) -> None:
    token = gate.token()
    assert gate.user(token).name == ROBOT
    gate.desk.api.delete("serviceaccounts", "robot", "default")
    assert why(gate, token) == "service account default/robot has been deleted"
    gate.create("ServiceAccount", "robot")
    assert "does not match claim" in why(gate, token)


@pytest.mark.parametrize("kind", ["Pod", "Secret"])
def test_a_bound_token_ends_with_its_object(
    gate: Gate, pod: Callable[..., Object], kind: str
) -> None:
    resource = f"{kind.lower()}s"
    if kind == "Pod":
        pod("p")
    else:
        gate.create("Secret", "p")
    token = gate.token(boundObjectRef={"kind": kind, "apiVersion": "v1", "name": "p"})
    assert gate.user(token).name == ROBOT
    gate.desk.api.delete(resource, "p", "default")
    assert why(gate, token) == "service account token has been invalidated"
    if kind == "Secret":
        gate.create("Secret", "p")
        assert "does not match service account secret ref claim" in why(gate, token)


def test_a_token_of_a_pod_names_pod_and_node(gate: Gate, pod: Callable[..., Object]) -> None:
    made = pod("p", node="one")
    reference = {"kind": "Pod", "apiVersion": "v1", "name": "p"}
    extra = gate.user(gate.token(boundObjectRef=reference)).extra
    prefix = "authentication.kubernetes.io/"
    assert extra[f"{prefix}pod-name"] == ("p",)
    assert extra[f"{prefix}pod-uid"] == (made["metadata"]["uid"],)
    assert extra[f"{prefix}node-name"] == ("one",)


def test_a_token_for_somebody_else_is_none_for_us(gate: Gate) -> None:
    token = gate.token(audiences=["https://vault.example.com"])
    assert why(gate, token) == (
        f'token audiences ["https://vault.example.com"] is invalid for the target audiences '
        f'["{ISSUER}"]'
    )
    found = gate.tokens.verify(token, ("a", "https://vault.example.com"))
    assert found.audiences == ("https://vault.example.com",)


def test_every_change_of_a_token_is_noticed(gate: Gate) -> None:
    head, body, signature = gate.token().split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims["sub"] = "system:serviceaccount:kube-system:admin"
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    other = jwt.encode(claims, ec.generate_private_key(ec.SECP256R1()), "ES256")
    unsigned = jwt.encode(claims, None, "none")
    symmetric = jwt.encode(claims, "k" * 32, "HS256")
    for token in (
        f"{head}.{forged}.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}",
        other,
        unsigned,
        symmetric,
        "a.b.c",
        "x",
    ):
        assert why(gate, token) == "invalid bearer token"


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://elsewhere"},
        {"sub": "system:serviceaccount:default:other"},
        {"kubernetes.io": "x"},
        {"kubernetes.io": {}},
        {"exp": "soon"},
        {"exp": True},
        {"nbf": "soon"},
        {"aud": 7},
    ],
)
def test_signed_nonsense_is_no_token(gate: Gate, change: Object) -> None:
    token = gate.tokens.sign(claims_of(gate.token()) | change)
    with pytest.raises(ApiError) as refused:
        gate.user(token)
    assert refused.value.code == 401


@given(st.text(max_size=60))
def test_any_text_is_refused_alike(text: str) -> None:
    gate = _gate()
    with pytest.raises(Rejected):
        gate.tokens.verify(text)
    with pytest.raises(Rejected):
        gate.tokens.verify(f"{text}.{text}.{text}")


def _gate() -> Gate:
    """One for all examples: keys take time to make."""
    import tempfile
    from pathlib import Path

    if not _GATES:
        with tempfile.TemporaryDirectory() as folder:
            _GATES.append(Gate(Path(folder) / "home"))
    return _GATES[0]


_GATES: list[Gate] = []


def test_what_is_remembered_is_bounded(gate: Gate) -> None:
    claims = claims_of(gate.token())
    for number in range(REMEMBERED):
        gate.tokens._known[str(number).encode()] = claims
    for _ in range(3):
        assert gate.user(gate.token()).name == ROBOT
    assert len(gate.tokens._known) == REMEMBERED


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        (ROBOT, ("default", "robot")),
        ("system:serviceaccount:default", None),
        ("system:serviceaccount::x", None),
        ("system:serviceaccount:a:b:c", None),
        ("jane", None),
    ],
)
def test_which_users_are_accounts(name: str, parts: tuple[str, str] | None) -> None:
    assert split_account(name) == parts
