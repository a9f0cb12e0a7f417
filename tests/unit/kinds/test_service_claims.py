"""Whatever happens to services, no two ever hold the same address or node port."""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from kctl.api.admission.service_addresses import ServiceAddresses
from kctl.api.errors import ApiError
from kctl.api.kind import Kind
from tests.unit.kinds.objects import KINDS, Object, service

SETTINGS = {
    "service-cidr": "10.0.0.0/27",
    "dns-address": "10.0.0.10",
    "node-port-range": "30000-30019",
}
NAMES = st.sampled_from([f"s{n}" for n in range(12)])
TYPES = st.sampled_from(["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"])
POLICIES = st.sampled_from(["Cluster", "Local"])
PORTS = st.lists(
    st.fixed_dictionaries(
        {"port": st.sampled_from([53, 80, 443]), "protocol": st.sampled_from(["TCP", "UDP"])},
        optional={"nodePort": st.integers(29999, 30021)},
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda port: (port["port"], port["protocol"]),
)


class Asked:
    """A request over the services of a dictionary; a stand-in for the Api's own."""

    subresource = ""
    namespace = "default"

    def __init__(self, held: set[str], obj: Object, old: Object | None) -> None:
        self.kind: Kind = KINDS["Service"]
        self.operation = "UPDATE" if old else "CREATE"
        self.obj, self.old, self._held = obj, old, held

    def get(self, resource: str, namespace: str, name: str) -> Object | None:
        return None

    def claims(self, prefix: str) -> set[str]:
        return {claim for claim in self._held if claim.startswith(prefix)}

    def setting(self, name: str) -> str:
        return SETTINGS[name]

    def warn(self, message: str) -> None:
        raise AssertionError(message)


class Services(RuleBasedStateMachine):
    """Creates, changes and deletes services as clients would."""

    def __init__(self) -> None:
        super().__init__()
        self.stored: dict[str, Object] = {}

    @rule(name=NAMES, kind=TYPES, ports=PORTS, policy=POLICIES, address=st.integers(0, 40))
    def write(self, name: str, kind: str, ports: list[Any], policy: str, address: int) -> None:
        """Create a service, or replace the one that is there by a manifest."""
        spec: Object = {"type": kind, "ports": _named(ports)}
        if kind == "ExternalName":
            spec["externalName"] = "a.example"
        elif address < 34:
            spec["clusterIP"] = "None" if address == 33 else f"10.0.0.{address}"
        if kind == "LoadBalancer":
            spec["externalTrafficPolicy"] = policy
        self._put(service(name, **copy.deepcopy(spec)))

    @rule(name=NAMES, kind=TYPES)
    def change_type(self, name: str, kind: str) -> None:
        if name in self.stored:
            new = copy.deepcopy(self.stored[name])
            new["spec"] |= {"type": kind, "externalName": "a.example"}
            self._put(new)

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        self.stored.pop(name, None)

    def _put(self, new: Object) -> None:
        kind, old = KINDS["Service"], self.stored.get(new["metadata"]["name"])
        held = {claim for each in self.stored.values() for claim in kind.claims(each)}
        if old is not None:
            kind.prepare_update(new, old)
        kind.default(new)
        try:
            ServiceAddresses().admit(Asked(held, new, old))
        except ApiError as error:
            assert error.code in (422, 500)
            return
        if old is None:
            kind.prepare_create(new)
        errors = kind.validate(new) + (kind.validate_update(new, old) if old else [])
        if not errors:
            self.stored[new["metadata"]["name"]] = new

    @invariant()
    def nothing_is_held_twice(self) -> None:
        held = Counter(
            claim for each in self.stored.values() for claim in KINDS["Service"].claims(each)
        )
        assert [claim for claim, count in held.items() if count > 1] == []
        assert not {"ip/10.0.0.0", "ip/10.0.0.1", "ip/10.0.0.10", "ip/10.0.0.31"} & set(held)

    @invariant()
    def every_service_has_what_its_type_needs(self) -> None:
        for each in self.stored.values():
            spec = each["spec"]
            alias = spec["type"] == "ExternalName"
            assert bool(spec.get("clusterIP")) is not alias
            if spec["type"] == "ClusterIP":
                assert not any(port.get("nodePort") for port in spec["ports"])
            elif not alias:
                assert all(30000 <= port["nodePort"] <= 30019 for port in spec["ports"])


def _named(ports: list[Any]) -> list[Any]:
    return [{**port, "name": f"p{at}"} for at, port in enumerate(ports)]


Services.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestServices = Services.TestCase
