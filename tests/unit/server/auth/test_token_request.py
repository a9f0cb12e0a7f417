"""TokenRequest: what may be asked for, and what is said of the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kctl.api.errors import ApiError
from kctl.server.auth.token_request import LONGEST, request_token
from tests.unit.server.auth.conftest import Gate

Object = dict[str, Any]


def refused(gate: Gate, name: str = "robot", **spec: Any) -> tuple[int, str]:
    with pytest.raises(ApiError) as caught:
        gate.request(name, **spec)
    return caught.value.code, caught.value.message


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (599, "may not specify a duration less than 10 minutes"),
        (-1, "may not specify a duration less than 10 minutes"),
        ((1 << 32) + 1, "may not specify a duration larger than 2^32 seconds"),
    ],
)
def test_durations_have_bounds(gate: Gate, seconds: int, words: str) -> None:
    assert refused(gate, expirationSeconds=seconds) == (
        422,
        'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: '
        f"{seconds}: {words}",
    )


def test_a_token_for_ever_is_shortened_and_says_so(gate: Gate) -> None:
    made = gate.request(expirationSeconds=1 << 32)
    assert made["spec"]["expirationSeconds"] == LONGEST
    assert gate.warnings == [
        f"requested expiration of {1 << 32} seconds shortened to {LONGEST} seconds"
    ]


def test_an_account_that_is_not_there(gate: Gate) -> None:
    assert refused(gate, "gone") == (404, 'serviceaccounts "gone" not found')


def test_objects_that_a_token_can_be_bound_to(gate: Gate, pod: Callable[..., Object]) -> None:
    made = pod("p", account="other")

    def bound(kind: str = "Pod", version: str = "v1", **more: str) -> tuple[int, str]:
        reference = {"kind": kind, "apiVersion": version, "name": "p", **more}
        return refused(gate, boundObjectRef=reference)

    assert bound(name="gone") == (404, 'pods "gone" not found')
    assert bound("Deployment", "apps/v1") == (
        400,
        "cannot bind token to object of type apps/v1, Kind=Deployment",
    )
    assert bound("Service") == (400, "cannot bind token to object of type /v1, Kind=Service")
    assert bound() == (
        400,
        'cannot bind token for serviceaccount "robot" to pod running with different '
        "serviceaccount name.",
    )
    gate.create("ServiceAccount", "other")
    reference = {"kind": "Pod", "apiVersion": "v1", "name": "p", "uid": "wrong"}
    code, said = refused(gate, "other", boundObjectRef=reference)
    assert code == 409
    assert said.startswith('Operation cannot be fulfilled on Pod "p": the UID in the bound object')
    reference["uid"] = made["metadata"]["uid"]
    assert gate.request("other", boundObjectRef=reference)["status"]["token"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"metadata": {"name": "x"}}, "must match the service account name if specified"),
        ({"metadata": {"namespace": "x"}}, "must match the service account namespace if specified"),
        ({"kind": "Pod"}, "cannot be handled as a TokenRequest"),
        ({"spec": 7}, "cannot unmarshal number"),
        ({"spec": {"audiences": "x"}}, "cannot unmarshal string"),
        ({"spec": {"expirationSeconds": "x"}}, "cannot unmarshal string"),
    ],
)
def test_bodies_that_contradict_their_path(gate: Gate, body: Object, said: str) -> None:
    with pytest.raises(ApiError, match=said) as caught:
        request_token(
            gate.tokens, gate.get, "default", "robot", body, now=gate.now, new_id=lambda: "i"
        )
    assert caught.value.code in (400, 422)


def test_a_dry_run_signs_nothing(gate: Gate) -> None:
    made = request_token(
        gate.tokens, gate.get, "default", "robot", {}, now=gate.now, new_id=lambda: "i",
        dry_run=True,
    )  # fmt: skip
    assert made["status"]["token"] == ""
