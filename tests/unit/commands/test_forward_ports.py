"""[LOCAL:]REMOTE of port-forward, and durations as Go prints them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kctl.commands.command import UsageError
from kctl.commands.forward_listen import addresses
from kctl.commands.forward_ports import parse, resolve
from kctl.commands.parse import duration
from kctl.printing.go_duration import text_of

Object = dict[str, Any]

POD: Object = {
    "kind": "Pod",
    "metadata": {"name": "p"},
    "spec": {
        "containers": [
            {
                "name": "c",
                "ports": [
                    {"name": "http", "containerPort": 8080},
                    {"name": "dns", "containerPort": 53, "protocol": "UDP"},
                    {"name": "both", "containerPort": 99, "protocol": "UDP"},
                    {"containerPort": 99, "protocol": "TCP"},
                ],
            }
        ]
    },
}


def service(**spec: Any) -> Object:
    ports = [
        {"name": "www", "port": 80, "targetPort": "http", "protocol": "TCP"},
        {"name": "raw", "port": 81, "targetPort": 9000, "protocol": "TCP"},
        {"name": "same", "port": 82, "protocol": "TCP"},
        {"name": "dns", "port": 53, "protocol": "UDP"},
    ]
    return {"kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": ports, **spec}}


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("80", "80"),
        ("8000:80", "8000:80"),
        (":80", ":80"),
        ("http", "http:8080"),
        ("9:http", "9:8080"),
        (":http", ":8080"),
        ("99", "99"),
    ],
)
def test_ports_of_a_pod(word: str, found: str) -> None:
    assert resolve([word], POD, POD) == ["8080" if word == "http" else found]


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("80", "80:8080"),
        ("www", "80:8080"),
        ("8000:www", "8000:8080"),
        ("9000:81", "9000"),
        (":82", ":82"),
    ],
)
def test_ports_of_a_service_lead_to_those_of_the_pod(word: str, found: str) -> None:
    assert resolve([word], service(), POD) == [found]


def test_a_headless_service_has_no_ports_of_its_own() -> None:
    assert resolve(["80"], service(clusterIP="None"), POD) == ["80"]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("nope", "Pod 'p' does not have a named port 'nope'"),
        ("dns", "UDP protocol is not supported for dns"),
        ("1:53", "UDP protocol is not supported for 53"),
        (":", "Pod 'p' does not have a named port ''"),
    ],
)
def test_what_a_pod_does_not_have(word: str, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        resolve([word], POD, POD)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("1:2:3", "invalid port format '1:2:3'"),
        (
            "70000:80",
            "error parsing local port '70000': strconv.ParseUint: parsing \"70000\": value",
        ),
        ("1:-2", "error parsing remote port '-2': strconv.ParseUint: parsing \"-2\": invalid"),
        ("1:0", "remote port must be > 0"),
    ],
)
def test_what_is_no_port(word: str, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        parse([word])


@given(local=st.integers(0, 65535), remote=st.integers(1, 65535))
def test_every_pair_of_ports_is_read_as_it_is_written(local: int, remote: int) -> None:
    (pair,) = parse([f"{local}:{remote}"])
    assert (pair.local, pair.remote) == (local, remote)


def test_localhost_is_two_addresses_of_which_one_may_be_missing() -> None:
    assert addresses(["localhost"]) == [("127.0.0.1", True), ("::1", True)]
    assert addresses(["10.0.0.1", "localhost", "10.0.0.1"]) == [
        ("10.0.0.1", False),
        ("127.0.0.1", True),
        ("::1", True),
    ]
    with pytest.raises(UsageError, match="web1 is not a valid IP"):
        addresses(["web1"])


@pytest.mark.parametrize(
    "text", ["0s", "1s", "1.5s", "300ms", "1m0s", "1h0m0s", "26h3m4.25s", "-1m30s", "10µs", "7ns"]
)
def test_durations_read_as_go_prints_them(text: str) -> None:
    assert text_of(duration(text)) == text
