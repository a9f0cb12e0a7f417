"""Services: defaults, rules, what an update keeps, and what they claim."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.unit.kinds.objects import (
    KINDS,
    Object,
    defaulted,
    faults,
    service,
    update_faults,
)

_RANGE = "must be between 1 and 65535, inclusive"


def _stored(**spec: Any) -> Object:
    """A service as it stands with its address."""
    fields = {"clusterIP": "10.0.0.9", "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"}
    return defaulted(service(**{**fields, **spec}))


def test_defaults() -> None:
    assert defaulted(service())["spec"] == {
        "internalTrafficPolicy": "Cluster",
        "ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}],
        "selector": {"app": "web"},
        "sessionAffinity": "None",
        "type": "ClusterIP",
    }
    assert defaulted(service())["status"] == {"loadBalancer": {}}


def test_defaults_by_type() -> None:
    outside = defaulted(service(type="NodePort"))["spec"]
    assert outside["externalTrafficPolicy"] == "Cluster"
    balanced = defaulted(service(type="LoadBalancer"))["spec"]
    assert balanced["allocateLoadBalancerNodePorts"] is True
    alias = defaulted(service(type="ExternalName", externalName="a.example"))["spec"]
    assert "internalTrafficPolicy" not in alias
    sticky = defaulted(service(sessionAffinity="ClientIP"))["spec"]
    assert sticky["sessionAffinityConfig"] == {"clientIP": {"timeoutSeconds": 10800}}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"ports": []}, ["spec.ports: Required value"]),
        ({"clusterIP": "None", "ports": []}, []),
        (
            {"ports": [{"port": 0}]},
            [
                f"spec.ports[0].port: Invalid value: 0: {_RANGE}",
                f"spec.ports[0].targetPort: Invalid value: 0: {_RANGE}",
            ],
        ),
        (
            {"ports": [{"port": 80}, {"port": 81}]},
            ["spec.ports[0].name: Required value", "spec.ports[1].name: Required value"],
        ),
        (
            {"ports": [{"name": "a", "port": 80}, {"name": "a", "port": 81}]},
            ['spec.ports[1].name: Duplicate value: "a"'],
        ),
        (
            {"ports": [{"name": "a", "port": 80}, {"name": "b", "port": 80}]},
            [
                'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,'
                '"Port":80,"TargetPort":0,"NodePort":0}'
            ],
        ),
        (
            {"ports": [{"port": 80, "targetPort": "-"}]},
            [
                'spec.ports[0].targetPort: Invalid value: "-": must contain at least one letter '
                "(a-z)",
                'spec.ports[0].targetPort: Invalid value: "-": must not begin or end with a hyphen',
            ],
        ),
        (
            {"ports": [{"port": 80, "nodePort": 30080}]},
            [
                "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
            ],
        ),
        (
            {"type": "Cluster"},
            [
                'spec.type: Unsupported value: "Cluster": supported values: "ClusterIP", '
                '"ExternalName", "LoadBalancer", "NodePort"',
            ],
        ),
        (
            {"type": "NodePort", "clusterIP": "None"},
            [
                "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for "
                "NodePort services"
            ],
        ),
        ({"type": "ExternalName"}, ["spec.externalName: Required value"]),
        (
            {"type": "ExternalName", "externalName": "a.example", "clusterIP": "10.0.0.1"},
            ["spec.clusterIPs: Forbidden: may not be set for ExternalName services"],
        ),
        (
            {"sessionAffinity": "Cookie"},
            [
                'spec.sessionAffinity: Unsupported value: "Cookie": supported values: "ClientIP", '
                '"None"'
            ],
        ),
        (
            {
                "sessionAffinity": "ClientIP",
                "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 90000}},
            },
            [
                "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 90000: must "
                "be greater than 0 and less than 86400"
            ],
        ),
        (
            {"clusterIP": "10.0.0"},
            [
                'spec.clusterIPs[0]: Invalid value: "10.0.0": must be a valid IP address, (e.g. '
                "10.9.8.7 or 2001:db8::ffff)"
            ],
        ),
        (
            {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.2"]},
            ['spec.clusterIPs: Invalid value: ["10.0.0.2"]: first value must match `clusterIP`'],
        ),
        (
            {"externalIPs": ["127.0.0.1"]},
            [
                'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback '
                "range (127.0.0.0/8, ::1/128)"
            ],
        ),
        (
            {"loadBalancerClass": "a/b"},
            ["spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'"],
        ),
        (
            {"externalTrafficPolicy": "Local"},
            [
                'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for '
                "externally-accessible services"
            ],
        ),
        (
            {"selector": {"a": "b c"}},
            [
                'spec.selector: Invalid value: "b c": a valid label must be an empty string or '
                "consist of alphanumeric characters, '-', '_' or '.', and must start and end with "
                "an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex "
                "used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
            ],
        ),
    ],
)
def test_rules(spec: Object, expected: list[str]) -> None:
    assert faults(service(**spec)) == expected


def test_an_update_keeps_what_the_client_leaves_out() -> None:
    old = _stored(type="NodePort", ports=[{"port": 80, "nodePort": 30080}])
    new = service(type="NodePort", ports=[{"port": 8080}])
    assert update_faults(old, new) == []
    assert new["spec"]["clusterIPs"] == ["10.0.0.9"]
    assert new["spec"]["ports"][0]["nodePort"] == 30080
    assert new["status"] == old["status"]


def test_a_port_that_moved_gives_its_node_port_up() -> None:
    ports = [{"name": "a", "port": 80, "nodePort": 30080}]
    old = _stored(type="NodePort", ports=ports)
    new = service(
        type="NodePort",
        ports=[{"name": "b", "port": 81, "nodePort": 30080}, {"name": "a", "port": 80}],
    )
    assert update_faults(old, new) == []
    assert "nodePort" not in new["spec"]["ports"][1]


def test_a_narrower_type_drops_what_it_does_not_have() -> None:
    old = _stored(type="LoadBalancer", ports=[{"port": 80, "nodePort": 30080}])
    new = copy.deepcopy(old)
    new["spec"]["type"] = "ClusterIP"
    assert update_faults(old, new) == []
    for name in ("allocateLoadBalancerNodePorts", "externalTrafficPolicy"):
        assert name not in new["spec"]
    assert new["spec"]["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 80}]
    alias = copy.deepcopy(old)
    alias["spec"] |= {"type": "ExternalName", "externalName": "a.example"}
    assert update_faults(old, alias) == []
    for name in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
        assert name not in alias["spec"]


def test_the_cluster_address_stays() -> None:
    new = service(clusterIP="10.0.0.8")
    assert update_faults(_stored(), new) == [
        'spec.clusterIPs[0]: Invalid value: ["10.0.0.8"]: may not change once set'
    ]
    headless = service(clusterIP="None")
    assert update_faults(_stored(), headless) == [
        'spec.clusterIPs[0]: Invalid value: ["None"]: may not change once set'
    ]


def test_the_class_of_a_load_balancer_stays() -> None:
    old = _stored(type="LoadBalancer", loadBalancerClass="a/b")
    new = copy.deepcopy(old)
    new["spec"]["loadBalancerClass"] = "a/c"
    assert update_faults(old, new) == [
        'spec.loadBalancerClass: Invalid value: "a/c": may not change once set'
    ]


def test_a_status_speaks_of_load_balancers_alone() -> None:
    old = _stored()
    new = copy.deepcopy(old)
    new["status"] = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}
    told = [str(each) for each in KINDS["Service"].validate_update(new, old)]
    assert told == [
        "status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is "
        "'LoadBalancer'"
    ]


def test_claims() -> None:
    ports = [
        {"name": "a", "port": 53, "nodePort": 30053},
        {"name": "b", "port": 53, "nodePort": 30053, "protocol": "UDP"},
    ]
    made = _stored(type="LoadBalancer", ports=ports, healthCheckNodePort=30100)
    assert KINDS["Service"].claims(made) == (
        "ip/10.0.0.9",
        "nodeport/TCP/30053",
        "nodeport/UDP/30053",
        "nodeport/TCP/30100",
    )
    assert KINDS["Service"].claims(defaulted(service(clusterIP="None"))) == ()
