"""Ingresses, ingress classes and network policies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kctl.store.store import Store
from tests.unit.kinds.objects import EPOCH, Object, defaulted, faults, plain, row, update_faults
from tests.unit.kinds.test_admission import Plane

GROUP = "networking.k8s.io/v1"


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[Plane]:
    with Store.open(tmp_path / "db") as store:
        yield Plane(store)


def _backend(**port: Any) -> Object:
    return {"service": {"name": "s", "port": port or {"number": 80}}}


def _path(path: str = "/", kind: str | None = "Prefix", **body: Any) -> Object:
    made = {"path": path, "backend": _backend(), **body}
    return made if kind is None else {**made, "pathType": kind}


def _ingress(*paths: Object, host: str = "", **spec: Any) -> Object:
    rule: Object = {"http": {"paths": list(paths)}}
    if host:
        rule["host"] = host
    rules = {"rules": [rule]} if paths else {}
    return plain("Ingress", "i", spec={**rules, **spec})


_AT = "spec.rules[0].http.paths[0]"


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (_ingress(_path()), []),
        (_ingress(_path(), host="*.example.com"), []),
        (_ingress(defaultBackend=_backend(name="http")), []),
        (
            _ingress(),
            [
                "spec: Invalid value: null: either `defaultBackend` or `rules` must be specified",
            ],
        ),
        (
            _ingress(_path(), host="10.0.0.1"),
            [
                'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP '
                "address"
            ],
        ),
        (_ingress(_path(kind=None)), [f"{_AT}.pathType: Required value: pathType must be"]),
        (_ingress(_path(kind="Odd")), [f'{_AT}.pathType: Unsupported value: "Odd": supported']),
        (_ingress(_path("x")), [f'{_AT}.path: Invalid value: "x": must be an absolute path']),
        (
            _ingress(_path("/a//b")),
            [f"{_AT}.path: Invalid value: \"/a//b\": must not contain '//'"],
        ),
        (
            _ingress(_path("/a/..")),
            [f"{_AT}.path: Invalid value: \"/a/..\": cannot end with '/..'"],
        ),
        (
            _ingress(_path(backend={})),
            [f'{_AT}.backend: Invalid value: "": resource or service backend is required'],
        ),
        (
            _ingress(_path(backend={"service": {"name": "s", "port": {}}})),
            [f"{_AT}.backend: Required value: port name or number is required"],
        ),
        (
            _ingress(_path(backend=_backend(name="a", number=1))),
            [f'{_AT}.backend: Invalid value: "": cannot set both port name & port number'],
        ),
        (
            _ingress(_path(), tls=[{"hosts": ["A.io"]}]),
            ['spec.tls[0].hosts[0]: Invalid value: "A.io": a lowercase RFC 1123 subdomain'],
        ),
        (
            _ingress(_path(), host="*.*.io"),
            ['spec.rules[0].host: Invalid value: "*.*.io": a wildcard DNS-1123 subdomain must'],
        ),
    ],
)
def test_what_an_ingress_may_say(obj: Object, expected: list[str]) -> None:
    found = faults(obj)
    assert [text[: len(wanted)] for text, wanted in zip(found, expected, strict=True)] == expected


def test_the_row_of_an_ingress() -> None:
    rules = [{"host": f"h{at}.io"} for at in range(5)]
    made = defaulted(plain("Ingress", "i", spec={"rules": rules, "tls": [{}]}))
    made["status"] = {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}
    shown = "h0.io,h1.io,h2.io + 2 more..."
    assert row(made) == ["i", "<none>", shown, "10.0.0.1", "80, 443", [EPOCH]]
    assert row(defaulted(_ingress(_path())))[2:5] == ["*", "", "80"]


def test_an_ingress_is_not_made_in_silence(plane: Plane) -> None:
    made = plane.make(GROUP, "Ingress", "i", spec=_ingress(_path())["spec"])
    (warning,) = plane.warnings
    assert warning.startswith("kctl carries no traffic for ingresses")
    plane.change(made, ingressClassName="x")
    assert len(plane.warnings) == 1


def test_the_newest_default_class_is_that_of_an_ingress_without_one(plane: Plane) -> None:
    default = {"ingressclass.kubernetes.io/is-default-class": "true"}
    for name in ("one", "two"):
        plane.api.create(
            {
                "apiVersion": GROUP,
                "kind": "IngressClass",
                "metadata": {"name": name, "annotations": default},
                "spec": {"controller": "a.io/b"},
            }
        )
    made = plane.make(GROUP, "Ingress", "i", spec=_ingress(_path())["spec"])
    assert made["spec"]["ingressClassName"] == "one"
    spec = {**_ingress(_path())["spec"], "ingressClassName": "mine"}
    assert plane.make(GROUP, "Ingress", "j", spec=spec)["spec"]["ingressClassName"] == "mine"


def test_a_class_and_its_controller() -> None:
    made = plain("IngressClass", "c", spec={"controller": "a.io/b"})
    assert faults(made) == []
    assert faults(plain("IngressClass", "c", spec={})) == ["spec.controller: Required value"]
    new = plain("IngressClass", "c", spec={"controller": "a.io/c"})
    assert update_faults(made, new) == [
        'spec.controller: Invalid value: "a.io/c": field is immutable'
    ]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, []),
        ({"ingress": [{"from": [{"podSelector": {}}], "ports": [{"port": 1}]}]}, []),
        (
            {"policyTypes": ["Sideways"]},
            [
                'spec.policyTypes[0]: Unsupported value: "Sideways": supported values: "Egress", '
                '"Ingress"'
            ],
        ),
        (
            {"ingress": [{"from": [{}]}]},
            ["spec.ingress[0].from[0]: Required value: must specify a"],
        ),
        (
            {"egress": [{"to": [{"podSelector": {}, "ipBlock": {"cidr": "10.0.0.0/8"}}]}]},
            ["spec.egress[0].to[0]: Forbidden: may not specify both ipBlock and another peer"],
        ),
        (
            {
                "ingress": [
                    {"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["11.0.0.0/9"]}}]}
                ]
            },
            [
                'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/9": must be a '
                "strict subset of `cidr`: 10.0.0.0/8"
            ],
        ),
        (
            {"ingress": [{"ports": [{"port": 9, "endPort": 5}]}]},
            [
                "spec.ingress[0].ports[0].endPort: Invalid value: 5: must be greater than or equal "
                "to `port`"
            ],
        ),
    ],
)
def test_what_a_policy_may_say(spec: Object, expected: list[str]) -> None:
    found = faults(plain("NetworkPolicy", "n", spec=spec))
    assert [text[: len(wanted)] for text, wanted in zip(found, expected, strict=True)] == expected


def test_the_directions_of_a_policy_follow_its_rules() -> None:
    made = defaulted(plain("NetworkPolicy", "n", spec={"egress": [{"ports": [{"port": 1}]}]}))
    assert made["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert made["spec"]["egress"][0]["ports"][0]["protocol"] == "TCP"
    assert row(made)[1] == "<none>"


def test_a_policy_is_not_made_in_silence(plane: Plane) -> None:
    plane.make(GROUP, "NetworkPolicy", "n", spec={"podSelector": {}})
    assert plane.warnings[0].startswith("kctl does not enforce network policies")
