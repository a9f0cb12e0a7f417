"""No value of a user can put a line of its own into a file that a program reads."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kctl.network.haproxy.backend import HAProxyLoadBalancer
from kctl.network.haproxy.grammar import GrammarError, parse
from kctl.network.model import build
from kctl.network.names import HOSTS_FOLDER
from kctl.network.types import Front
from tests.unit.network.test_model import NODE, SETTINGS, TWO, service

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


def rendered(changed: dict[str, Any], endpoint_slice: dict[str, Any]) -> dict[str, Front]:
    good = service("good", clusterIP="10.98.0.99")
    model, _ = build(NODE, [changed, good], [endpoint_slice, TWO], SETTINGS.__getitem__)
    return {front.name: front for front in HAProxyLoadBalancer().fronts(model)}


def whole_service(**spec: Any) -> dict[str, Any]:
    ports = [{"name": "http", "port": 80, "protocol": "TCP", "nodePort": 30080}]
    return service(type="NodePort", ports=ports, externalIPs=["192.0.2.2"], **spec)


ALLOWED_NAMES = ("10.98.0.20", "10.98.0.99", "10.98.16.10", "10.98.16.11")


@given(st.dictionaries(st.sampled_from(PATHS), HOSTILE, min_size=1), st.booleans())
def test_hostile_services_never_reach_a_file(
    values: dict[tuple[Any, ...], str], headless: bool
) -> None:
    changed = whole_service(**({"clusterIP": "None"} if headless else {}))
    for path, value in values.items():
        put(changed, path, value)
    check(rendered(changed, TWO))


@given(st.dictionaries(st.sampled_from(SLICE_PATHS), HOSTILE, min_size=1), st.booleans())
def test_hostile_endpoints_never_reach_a_file(
    values: dict[tuple[Any, ...], str], headless: bool
) -> None:
    changed = copy.deepcopy(TWO)
    for path, value in values.items():
        put(changed, path, value)
    check(rendered(whole_service(**({"clusterIP": "None"} if headless else {})), changed))


def check(fronts: dict[str, Front]) -> None:
    for name in ("lb", "edge"):
        if name not in fronts:
            continue
        (contents,) = fronts[name].files.values()
        sections = parse(contents.decode("ascii"))
        lines = [line for body in sections.values() for line in body]
        # One good service, one changed: no more servers than both can have, and every
        # address one that the objects hold in their own places.
        assert len([line for line in lines if line.startswith("server ")]) <= 8
        assert sum(section.startswith("listen ") for section in sections) <= 4
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
