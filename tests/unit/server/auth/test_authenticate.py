"""Who asks: certificates, tokens, nobody; a wrong credential is never anonymity."""

from __future__ import annotations

import base64
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from kctl.api.errors import ApiError
from kctl.api.user import ANONYMOUS, AUTHENTICATED
from kctl.server.auth import pki as pki_files
from kctl.server.auth.authenticate import WEBSOCKET_TOKEN, bearer
from kctl.server.auth.pki import Leaf
from tests.unit.server.auth.conftest import START, Gate

STATIC = {"authorization": "Bearer static"}


def certificate(gate: Gate, leaf: Leaf, days: int = 1) -> bytes:
    authority = pki_files.load_certificate(gate.pki.ca)
    signer = pki_files.load_key(gate.pki.ca_key)
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    made = pki_files.issue(public, leaf, authority, signer, gate.clock(), timedelta(days=days))
    return made.public_bytes(Encoding.DER)


def der(path: Path) -> bytes:
    return pki_files.load_certificate(path).public_bytes(Encoding.DER)


def refused(gate: Gate, headers: dict[str, str], peer: bytes | None = None) -> None:
    with pytest.raises(ApiError) as caught:
        gate.authenticator.authenticate(headers, peer)
    error = caught.value
    assert (error.code, error.reason, error.message) == (401, "Unauthorized", "Unauthorized")


def test_nobody_is_anonymous(gate: Gate) -> None:
    for headers in ({}, {"authorization": ""}, {"authorization": "Basic abc"},
                    {"authorization": "Bearer"}, {"authorization": "Bearer  "}):  # fmt: skip
        assert gate.authenticator.authenticate(headers, None) == ANONYMOUS


def test_the_admin_certificate_is_one_of_the_masters(gate: Gate) -> None:
    user = gate.authenticator.authenticate({}, der(gate.pki.admin))
    assert user.name == "kubernetes-admin"
    assert user.groups == ("system:masters", AUTHENTICATED)
    (credential,) = user.extra["authentication.kubernetes.io/credential-id"]
    assert credential.startswith("X509SHA256=")


def test_organizations_are_groups(gate: Gate) -> None:
    user = gate.authenticator.authenticate({}, certificate(gate, Leaf("joe", ("a", "b"))))
    assert (user.name, user.groups) == ("joe", ("a", "b", AUTHENTICATED))


def test_certificates_that_prove_nothing(gate: Gate, tmp_path: Path) -> None:
    other = pki_files.ensure(tmp_path / "other")
    for peer in (der(other.admin), der(gate.pki.serving), der(gate.pki.ca), b"", b"junk"):
        if peer:
            refused(gate, {}, peer)
    valid = certificate(gate, Leaf("joe"))
    assert gate.authenticator.authenticate({}, valid).name == "joe"
    gate.now = START + 86400 * 2
    refused(gate, {}, valid)
    gate.now = START - 86400
    refused(gate, {}, valid)


def test_a_certificate_without_a_name_names_nobody(gate: Gate) -> None:
    nameless = certificate(gate, Leaf("", ("system:masters",)))
    assert x509.load_der_x509_certificate(nameless)
    assert gate.authenticator.authenticate({}, nameless) == ANONYMOUS


def test_a_static_token_is_its_user(gate: Gate) -> None:
    user = gate.authenticator.authenticate(STATIC, None)
    assert (user.name, user.groups, user.uid) == ("jane", ("dev", AUTHENTICATED), "7")


@pytest.mark.parametrize("token", ["stati", "static2", "STATIC", "é", "\x00", "a" * 10000])
def test_tokens_that_prove_nothing(gate: Gate, token: str) -> None:
    refused(gate, {"authorization": f"Bearer {token}"})


def test_a_good_certificate_counts_beside_a_bad_token(gate: Gate) -> None:
    bad = {"authorization": "Bearer nope"}
    assert gate.authenticator.authenticate(bad, der(gate.pki.admin)).name == "kubernetes-admin"


def test_a_good_token_counts_beside_a_bad_certificate(gate: Gate) -> None:
    assert gate.authenticator.authenticate(STATIC, b"junk").name == "jane"


@pytest.mark.parametrize(
    ("header", "token"),
    [("Bearer x", "x"), ("bearer  x ", "x"), ("BEARER x y", "x"), ("Basic x", ""), ("x", "")],
)
def test_how_a_bearer_token_is_read(header: str, token: str) -> None:
    assert bearer({"authorization": header}) == token


def test_browsers_send_it_as_a_subprotocol(gate: Gate) -> None:
    word = base64.urlsafe_b64encode(b"static").decode().rstrip("=")
    headers = {"sec-websocket-protocol": f"v5.channel.k8s.io, {WEBSOCKET_TOKEN}{word}"}
    assert gate.authenticator.authenticate(headers, None).name == "jane"
    refused(gate, {"sec-websocket-protocol": f"{WEBSOCKET_TOKEN}!!"})


@given(st.text(), st.text())
def test_no_header_makes_it_stumble(one: str, other: str) -> None:
    assert isinstance(bearer({"authorization": one, "sec-websocket-protocol": other}), str)
    assert isinstance(bearer({"sec-websocket-protocol": WEBSOCKET_TOKEN + other}), str)
