"""No value of a user can put a line of its own into a file that a program reads."""

from __future__ import annotations

import copy
from ipaddress import IPv4Address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kctl.network.around import Reach, around
from kctl.network.haproxy.backend import HAProxyLoadBalancer
from kctl.network.haproxy.grammar import GrammarError, parse
from kctl.network.model import Catalogue
from kctl.network.names import HOSTS_FOLDER
from kctl.network.types import Front
from tests.unit.network.test_model import SETTINGS, TWO, service
from tests.unit.network.test_model_nodes import node

HOSTILE = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "web\n    server evil 1.2.3.4:80",
            "web\r\nlisten x",
            "web\x0b\x85\u2028global",
            "10.98.0.1\n",
            "10.98.0.1:80 check",
            "x;y",
            "a b",
            "${HOME}",
            "%[env(HOME)]",
            "{{ 7 * 7 }}",
            "{% for x in y %}",
            "../../etc/passwd",
            "_http",
            "web,cname=evil",
            "web/1.2.3.4",
            "#",
            "١٢٧.0.0.1",
            "WEB",
            "a" * 64,
            "-web",
            "web.",
        ]
    ),
)
NUMBERS = (
    ("spec", "sessionAffinityConfig", "clientIP", "timeoutSeconds"),
    ("spec", "healthCheckNodePort"),
    ("spec", "ports", 0, "port"),
    ("spec", "ports", 0, "nodePort"),
)
PATHS = (
    ("metadata", "name"),
    ("metadata", "namespace"),
    ("spec", "clusterIP"),
    ("spec", "externalName"),
    ("spec", "type"),
    ("spec", "sessionAffinity"),
    ("spec", "ports", 0, "name"),
    ("spec", "ports", 0, "protocol"),
    ("spec", "ports", 0, "appProtocol"),
    ("spec", "externalIPs", 0),
    ("spec", "loadBalancerSourceRanges", 0),
    ("metadata", "annotations", "kctl.io/proxy-protocol"),
    ("metadata", "annotations", "kctl.io/load-balancer-node"),
    ("metadata", "labels", "app"),
    ("status", "loadBalancer", "ingress", 0, "ip"),
)
SLICE_PATHS = (
    ("endpoints", 0, "addresses", 0),
    ("endpoints", 0, "hostname"),
    ("endpoints", 0, "targetRef", "name"),
    ("endpoints", 0, "nodeName"),
    ("ports", 0, "name"),
    ("ports", 0, "protocol"),
)


def put(obj: Any, path: tuple[Any, ...], value: Any) -> None:
    for step in path[:-1]:
        obj = obj[step]
    obj[path[-1]] = value


GOOD_SLICE = {
    **TWO,
    "metadata": {
        "name": "good-x",
        "namespace": "default",
        "labels": {"kubernetes.io/service-name": "good"},
    },
}


def rendered(
    changed: dict[str, Any], endpoint_slice: dict[str, Any], mode: str = "route"
) -> dict[str, Front]:
    """The fronts of n1, which n2 stands beside, of the changed service and of a good one."""
    good = service("good", clusterIP="10.98.0.99")
    nodes = [node(1, mode), node(2, mode)]
    slices = [endpoint_slice, GOOD_SLICE]
    catalogue = Catalogue(nodes, [changed, good], slices, SETTINGS.__getitem__)
    relays = {pod: 29001 + at for at, pod in enumerate(sorted(catalogue.pods("n1")))}
    reach = {"n2": Reach(True, {"10.98.17.10:8080": 29001}, 29000)}
    model = catalogue.model(nodes[0], around(nodes[0], nodes, reach, {"": 29000, **relays}))
    return {front.name: front for front in HAProxyLoadBalancer().fronts(model)}


def whole_service(**spec: Any) -> dict[str, Any]:
    """One of every field that a file is made of."""
    ports = [{"name": "http", "port": 80, "protocol": "TCP", "nodePort": 30080}]
    made = service(
        type="LoadBalancer",
        ports=ports,
        externalIPs=["192.0.2.11"],
        sessionAffinity="ClientIP",
        sessionAffinityConfig={"clientIP": {"timeoutSeconds": 60}},
        loadBalancerSourceRanges=["192.0.2.0/24"],
        healthCheckNodePort=30081,
        **spec,
    )
    made["metadata"] |= {
        "annotations": {
            "kctl.io/proxy-protocol": "v2",
            "kctl.io/load-balancer-node": "n1",
        },
        "labels": {"app": "web"},
    }
    made["status"] = {"loadBalancer": {"ingress": [{"ip": "203.0.113.9", "ipMode": "VIP"}]}}
    return made


MODES = st.sampled_from(("route", "vxlan", "published"))


ALLOWED_NAMES = ("10.98.0.20", "10.98.0.99", "10.98.16.10", "10.98.16.11")


@given(
    st.dictionaries(st.sampled_from(PATHS), HOSTILE, min_size=1),
    st.dictionaries(st.sampled_from(NUMBERS), st.integers(-1, 99999) | HOSTILE),
    st.booleans(),
    MODES,
)
def test_hostile_services_never_reach_a_file(
    texts: dict[tuple[Any, ...], str],
    numbers: dict[tuple[Any, ...], Any],
    headless: bool,
    mode: str,
) -> None:
    changed = whole_service(**({"clusterIP": "None"} if headless else {}))
    for path, value in (texts | numbers).items():
        put(changed, path, value)
    check(rendered(changed, TWO, mode))


@given(st.dictionaries(st.sampled_from(SLICE_PATHS), HOSTILE, min_size=1), st.booleans(), MODES)
def test_hostile_endpoints_never_reach_a_file(
    values: dict[tuple[Any, ...], str], headless: bool, mode: str
) -> None:
    changed = copy.deepcopy(TWO)
    for path, value in values.items():
        put(changed, path, value)
    headless_or_not = {"clusterIP": "None"} if headless else {}
    check(rendered(whole_service(**headless_or_not), changed, mode))


def test_the_harmless_service_uses_every_line_of_the_grammar_for_services() -> None:
    """The tests above would prove nothing of lines that are never written."""
    files = [
        line
        for mode in ("route", "published")
        for front in rendered(whole_service(), TWO, mode).values()
        if front.name not in ("dns", "hold")
        for contents in front.files.values()
        for line in contents.decode().splitlines()
    ]
    for part in (
        "stick on src",
        "send-proxy-v2",
        "bind 203.0.113.9:80 transparent",
        "acl known src 192.0.2.0/24",
        "listen default.web.health",
        "listen kctl-relay.29001",
        "listen kctl-alive",
        "    server n2 10.98.17.2:10256 check",
        "    server n2 192.0.2.12:29000 check",
    ):
        assert any(part in line for line in files), part


def check(fronts: dict[str, Front]) -> None:
    for name in ("lb", "edge"):
        if name not in fronts:
            continue
        (contents,) = fronts[name].files.values()
        sections = parse(contents.decode("ascii"))
        lines = [line for body in sections.values() for line in body]
        # One good service, one changed, at most two relays and one peer: no more servers
        # than these can have.
        assert len([line for line in lines if line.startswith("server ")]) <= 12
        assert sum(section.startswith("listen ") for section in sections) <= 9
        assert name == "edge" or "listen default.good.80" in sections
    if "hold" in fronts:
        (contents,) = fronts["hold"].files.values()
        (held,) = contents.decode("ascii").splitlines()
        assert str(IPv4Address(held)) == held
    conf = fronts["dns"].files["/etc/dnsmasq/dnsmasq.conf"].decode("ascii")
    names = fronts["dns"].files[f"{HOSTS_FOLDER}/names"].decode("ascii")
    assert len(conf.splitlines()) <= 20
    assert all(len(line.split(" ")) == 2 for line in names.splitlines())


@pytest.mark.parametrize(
    "line",
    [
        "    server evil 1.2.3.4:80 check",
        "    lua-load /tmp/x.lua",
        "    server evil ${HOME}:80",
        "    http-request return status 200 file /etc/passwd if { path /generation }",
        "    bind *:80",
        "    stats socket /tmp/x mode 666 level admin",
        "backend other",
        "listen",
        "global extra",
        "program x",
        "\tserver a 1.2.3.4:80",
        "    server a 1.2.3.4:80\x0b    lua-load /x",
    ],
)
def test_a_line_that_no_template_writes_is_refused(line: str) -> None:
    fronts = rendered(service(), TWO)
    (contents,) = fronts["lb"].files.values()
    with pytest.raises(GrammarError):
        parse(contents.decode() + line + "\n")


def test_a_second_section_of_one_name_is_refused() -> None:
    with pytest.raises(GrammarError, match="unexpected section"):
        parse("listen a.b.80\nlisten a.b.80\n")
