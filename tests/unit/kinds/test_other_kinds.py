"""Namespaces, nodes, endpoints, events, config maps, secrets and leases."""

from __future__ import annotations

import base64
import copy
from typing import Any

import pytest

from tests.unit.kinds.objects import KINDS, Object, defaulted, faults, node, plain, update_faults

_KEY = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. "
    "'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is "
    "'[-._a-zA-Z0-9]+')"
)


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


# --- namespaces ---


def test_a_namespace_names_itself() -> None:
    made = defaulted(plain("Namespace", "shop"))
    assert made["metadata"]["labels"] == {"kubernetes.io/metadata.name": "shop"}
    assert made["spec"] == {"finalizers": ["kubernetes"]}
    assert made["status"] == {"phase": "Active"}


def test_an_update_keeps_the_finalizer_of_a_namespace() -> None:
    old = defaulted(plain("Namespace", "shop"))
    new = plain("Namespace", "shop")
    assert update_faults(old, new) == []
    assert new["spec"] == {"finalizers": ["kubernetes"]}


def test_finalizers_of_a_namespace_are_qualified() -> None:
    assert faults(plain("Namespace", "shop", spec={"finalizers": ["mine"]})) == [
        'spec.finalizers: Invalid value: "mine": name is neither a standard finalizer name nor '
        "is it fully qualified"
    ]
    assert faults(plain("Namespace", "shop", spec={"finalizers": ["example.com/mine"]})) == []


def test_a_phase_fits_the_deletion_of_its_namespace() -> None:
    check = KINDS["Namespace"].validate_update
    old = defaulted(plain("Namespace", "shop"))
    ending = {**copy.deepcopy(old), "status": {"phase": "Terminating"}}
    assert [str(each) for each in check(ending, old)] == [
        "status.Phase: Invalid value: \"Terminating\": may only be 'Active' if "
        "`deletionTimestamp` is empty"
    ]
    ending["metadata"]["deletionTimestamp"] = "2026-11-23T05:46:55Z"
    assert check(ending, old) == []
    back = {**copy.deepcopy(ending), "status": {"phase": "Active"}}
    assert [str(each) for each in check(back, ending)] == [
        "status.Phase: Invalid value: \"Active\": may only be 'Terminating' if "
        "`deletionTimestamp` is not empty"
    ]


# --- nodes ---


def test_a_node_has_both_forms_of_its_range() -> None:
    assert defaulted(node(spec={"podCIDR": "10.0.1.0/24"}))["spec"]["podCIDRs"] == ["10.0.1.0/24"]
    assert defaulted(node(spec={"podCIDRs": ["10.0.1.0/24"]}))["spec"]["podCIDR"] == "10.0.1.0/24"


def test_what_a_node_has_is_allocatable() -> None:
    made = defaulted(node(status={"capacity": {"cpu": "2"}}))
    assert made["status"]["allocatable"] == {"cpu": "2"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"spec": {"podCIDR": "10.0.1"}},
            'spec.podCIDRs[0]: Invalid value: "10.0.1": must be a valid CIDR value, (e.g. '
            "10.9.8.0/24 or 2001:db8::/64)",
        ),
        ({"spec": {"taints": [{"key": "a"}]}}, "metadata.taints[0].effect: Required value"),
        (
            {"spec": {"taints": [{"key": "a", "effect": "NoSchedule"}] * 2}},
            'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"","Effect":"NoSchedule",'
            '"TimeAdded":null}: taints must be unique by key and effect pair',
        ),
        (
            {"status": {"capacity": {"pods": "1.5"}}},
            'status.capacity.pods: Invalid value: "1500m": must be an integer',
        ),
    ],
)
def test_rules_of_a_node(body: Object, expected: str) -> None:
    assert faults(node(**body))[0] == expected


def test_the_range_of_a_node_stays() -> None:
    old = defaulted(node(spec={"podCIDR": "10.0.1.0/24", "providerID": "a"}))
    assert update_faults(old, node(spec={"podCIDR": "10.0.2.0/24", "providerID": "b"})) == [
        'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
        "spec.providerID: Forbidden: node updates may not change providerID except from "
        '"" to valid',
    ]
    assert update_faults(defaulted(node()), node(spec={"podCIDR": "10.0.1.0/24"})) == []


# --- endpoints ---


@pytest.mark.parametrize(
    ("subset", "expected"),
    [
        ({}, ["subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`"]),
        (
            {"addresses": [{"ip": "127.0.0.1"}]},
            [
                'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the '
                "loopback range (127.0.0.0/8, ::1/128)"
            ],
        ),
        (
            {"addresses": [{"ip": "169.254.0.1"}]},
            [
                'subsets[0].addresses[0].ip: Invalid value: "169.254.0.1": may not be in the '
                "link-local range (169.254.0.0/16, fe80::/10)"
            ],
        ),
        (
            {"addresses": [{"ip": "10.0.0"}]},
            [
                'subsets[0].addresses[0].ip: Invalid value: "10.0.0": must be a valid IP address, '
                "(e.g. 10.9.8.7 or 2001:db8::ffff)",
                'subsets[0].addresses[0].ip: Invalid value: "10.0.0": must be a valid IP address',
            ],
        ),
        (
            {"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 1}, {"port": 0, "name": "a"}]},
            [
                "subsets[0].ports[0].name: Required value",
                "subsets[0].ports[1].port: Invalid value: 0: must be between 1 and 65535, "
                "inclusive",
            ],
        ),
    ],
)
def test_endpoints(subset: Object, expected: list[str]) -> None:
    assert faults(plain("Endpoints", subsets=[subset])) == expected


def _slice(**body: Any) -> Object:
    return plain("EndpointSlice", **{"addressType": "IPv4", "endpoints": [], **body})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"addressType": None}, ["addressType: Required value"]),
        (
            {"addressType": "Unix"},
            [
                'addressType: Unsupported value: "Unix": supported values: "FQDN", "IPv4", "IPv6"',
            ],
        ),
        (
            {"endpoints": [{"addresses": []}]},
            ["endpoints[0].addresses: Required value: must contain at least 1 address"],
        ),
        (
            {"endpoints": [{"addresses": ["fd00::1"]}]},
            [
                'endpoints[0].addresses[0]: Invalid value: "fd00::1": must be a valid IPv4 address',
            ],
        ),
        (
            {"ports": [{"port": 80}, {"port": 81}]},
            ['ports[1].name: Duplicate value: ""'],
        ),
        (
            {"endpoints": [{"addresses": ["10.0.0.1"]}] * 1001},
            ["endpoints: Too many: 1001: must have at most 1000 items"],
        ),
    ],
)
def test_endpoint_slices(body: Object, expected: list[str]) -> None:
    assert faults(_slice(**body)) == expected


def test_the_address_type_of_a_slice_stays() -> None:
    assert update_faults(defaulted(_slice()), _slice(addressType="IPv6")) == [
        'addressType: Invalid value: "IPv6": field is immutable'
    ]


# --- events ---


def test_an_event_stands_beside_its_object() -> None:
    involved = {"kind": "Pod", "name": "a", "namespace": "shop"}
    assert faults(plain("Event", involvedObject=involved)) == [
        'involvedObject.namespace: Invalid value: "shop": does not match event.namespace'
    ]
    assert faults(plain("Event", involvedObject={"kind": "Node", "name": "one"})) == []


def test_an_event_of_the_newer_form_says_who_and_what() -> None:
    made = plain("Event", eventTime="2026-11-23T05:46:55.000000Z", reason="r")
    assert faults(made)[0] == "reportingComponent: Required value"
    made |= {"reportingComponent": "kctl", "reportingInstance": "one", "action": "Start"}
    assert faults(made) == []


def test_events_are_found_by_their_object() -> None:
    involved = {"kind": "Pod", "name": "a", "namespace": "default", "uid": "u1"}
    made = plain("Event", involvedObject=involved, type="Normal", reason="Pulled")
    assert KINDS["Event"].refs(made) == ("involved/u1",)
    fields = KINDS["Event"].selectable(made)
    assert fields["involvedObject.uid"] == "u1"
    assert (fields["reason"], fields["type"]) == ("Pulled", "Normal")


# --- config maps and secrets ---


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a b", _KEY),
        ("..", "must not be '..'"),
        ("..a", "must not start with '..'"),
    ],
)
def test_keys(kind: str, name: str, expected: str) -> None:
    assert faults(plain(kind, data={name: ""})) == [
        f'data[{name}]: Invalid value: "{name}": {expected}'
    ]


def test_a_key_stands_in_one_of_two_maps() -> None:
    assert faults(plain("ConfigMap", data={"a": ""}, binaryData={"a": ""})) == [
        'data[a]: Invalid value: "a": duplicate of key present in binaryData'
    ]


def test_sizes() -> None:
    big = "x" * (1024 * 1024)
    text = "Too long: may not be more than 1048576 bytes"
    assert faults(plain("ConfigMap", data={"a": big})) == []
    assert faults(plain("ConfigMap", data={"a": big, "b": "x"})) == [f"[]: {text}"]
    assert faults(plain("Secret", data={"a": _b64(big)})) == []
    assert faults(plain("Secret", data={"a": _b64(big + "x")})) == [f"data: {text}"]


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_immutable_data(kind: str) -> None:
    old = defaulted(plain(kind, data={"a": _b64("x")}, immutable=True))
    text = "Forbidden: field is immutable when `immutable` is set"
    assert update_faults(old, plain(kind, data={"a": _b64("y")}, immutable=True)) == [
        f"data: {text}"
    ]
    assert update_faults(old, plain(kind, data={"a": _b64("x")})) == [f"immutable: {text}"]


def test_plain_strings_become_data() -> None:
    made = defaulted(plain("Secret", data={"a": _b64("x")}, stringData={"a": "y", "b": "z"}))
    assert made["data"] == {"a": _b64("y"), "b": _b64("z")}
    assert "stringData" not in made
    assert made["type"] == "Opaque"


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        (
            "kubernetes.io/service-account-token",
            {},
            ["metadata.annotations[kubernetes.io/service-account.name]: Required value"],
        ),
        (
            "kubernetes.io/basic-auth",
            {},
            ["data[username]: Required value", "data[password]: Required value"],
        ),
        ("kubernetes.io/ssh-auth", {}, ["data[ssh-privatekey]: Required value"]),
        ("kubernetes.io/tls", {"tls.crt": ""}, ["data[tls.key]: Required value"]),
        (
            "kubernetes.io/dockerconfigjson",
            {},
            ["data[.dockerconfigjson]: Required value"],
        ),
        (
            "kubernetes.io/dockerconfigjson",
            {".dockerconfigjson": ""},
            [
                'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": '
                "unexpected end of JSON input"
            ],
        ),
        (
            "kubernetes.io/dockercfg",
            {".dockercfg": _b64("[]")},
            [
                'data[.dockercfg]: Invalid value: "<secret contents redacted>": json: cannot '
                "unmarshal array into Go value of type map[string]interface {}"
            ],
        ),
    ],
)
def test_types_of_secrets(kind: str, data: Object, expected: list[str]) -> None:
    assert faults(plain("Secret", type=kind, data=data)) == expected


def test_no_byte_of_a_secret_shows_in_an_error() -> None:
    data = {".dockerconfigjson": _b64('{"canary": hunter2')}
    (text,) = faults(plain("Secret", type="kubernetes.io/dockerconfigjson", data=data))
    assert "hunter2" not in text
    assert "canary" not in text


def test_the_type_of_a_secret_stays() -> None:
    old = defaulted(plain("Secret"))
    assert update_faults(old, plain("Secret", type="example.com/other")) == [
        'type: Invalid value: "example.com/other": field is immutable'
    ]


# --- leases ---


def test_leases() -> None:
    spec = {"leaseDurationSeconds": 0, "leaseTransitions": -1}
    assert faults(plain("Lease", spec=spec)) == [
        "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
        "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0",
    ]
