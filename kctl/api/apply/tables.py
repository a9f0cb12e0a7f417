"""Shapes of the built-in types, from the schema table.

Two things that Go's types know and the table does not are added here: which optional fields
are structs and not pointers (they are there even when empty), and the default of a key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from kctl.api.apply.shapes import (
    ANY,
    ANY_MAP,
    BOOLEAN,
    NUMERIC,
    SCALARS,
    STRING,
    UNTYPED,
    Key,
    Member,
    Shape,
)
from kctl.api.schema.schema import Field, definition

ATOMIC = frozenset(
    {
        "+meta.v1.LabelSelector",
        "+meta.v1.OwnerReference",
        "admissionregistration.v1.MatchResources",
        "admissionregistration.v1.NamedRuleWithOperations",
        "admissionregistration.v1.ParamKind",
        "admissionregistration.v1.ParamRef",
        "admissionregistration.v1.Variable",
        "autoscaling.v1.CrossVersionObjectReference",
        "core.v1.ConfigMapKeySelector",
        "core.v1.EndpointAddress",
        "core.v1.EndpointPort",
        "core.v1.EvictionResponder",
        "core.v1.FileKeySelector",
        "core.v1.LocalObjectReference",
        "core.v1.NodeSelector",
        "core.v1.NodeSelectorTerm",
        "core.v1.ObjectFieldSelector",
        "core.v1.ObjectReference",
        "core.v1.ResourceFieldSelector",
        "core.v1.ScopeSelector",
        "core.v1.SecretKeySelector",
        "core.v1.SecretReference",
        "core.v1.TopologySelectorTerm",
        "core.v1.TypedLocalObjectReference",
        "discovery.v1.EndpointPort",
        "networking.v1.ServiceBackendPort",
        "rbac.v1.RoleRef",
        "rbac.v1.Subject",
    }
)
"""Structs that the API declares atomic (x-kubernetes-map-type on the definition)."""

_STRUCTS = frozenset({"metadata", "spec", "status"})
"""Fields that are structs wherever they stand."""
_MORE_STRUCTS = frozenset(
    {
        ("apps.v1.DaemonSetSpec", "updateStrategy"),
        ("apps.v1.DeploymentSpec", "strategy"),
        ("apps.v1.ReplicaSetSpec", "template"),
        ("apps.v1.StatefulSetSpec", "updateStrategy"),
        ("core.v1.Container", "resources"),
        ("core.v1.ContainerStatus", "lastState"),
        ("core.v1.ContainerStatus", "state"),
        ("core.v1.EphemeralContainer", "resources"),
        ("core.v1.Event", "source"),
        ("core.v1.NodeDaemonEndpoints", "kubeletEndpoint"),
        ("core.v1.NodeStatus", "daemonEndpoints"),
        ("core.v1.NodeStatus", "nodeInfo"),
        ("core.v1.PersistentVolumeClaimSpec", "resources"),
        ("core.v1.PodTemplate", "template"),
        ("core.v1.ServiceStatus", "loadBalancer"),
        ("discovery.v1.Endpoint", "conditions"),
        ("events.v1.Event", "deprecatedSource"),
        ("networking.v1.IngressServiceBackend", "port"),
        ("networking.v1.IngressStatus", "loadBalancer"),
        ("networking.v1.NetworkPolicySpec", "podSelector"),
        ("resource.v1.ResourceClaimSpec", "devices"),
    }
)
_KEY_DEFAULTS: Mapping[str, Any] = {"protocol": "TCP"}
_NO_DEFAULT = frozenset({("core.v1.ObjectReference", "name"), ("", "shareID")})
_SCALAR_TYPES = {"s": STRING, "y": STRING, "i": NUMERIC, "l": NUMERIC, "f": NUMERIC, "b": BOOLEAN}


@cache
def struct(name: str) -> Shape:
    """By the name of a definition in the table."""
    return Shape(Shape.MAP, atomic=name in ATOMIC, fields=partial(_members, name))


def _members(name: str) -> Mapping[str, Member]:
    found = definition(name)
    if found is None:
        raise KeyError(name)
    return {key: _member(name, key, field) for key, field in found.fields.items()}


def _member(owner: str, name: str, field: Field) -> Member:
    always = field.required
    if field.type.startswith("@"):
        always = always or name in _STRUCTS or (owner, name) in _MORE_STRUCTS
    return Member(f"f:{name}", _field_type(field), always)


def _field_type(field: Field) -> Shape:
    if field.is_list:
        return _list(field.type, field.listing, field.keys)
    plain = type_of(field.type)
    if field.listing == "atomic":
        return plain.whole()
    return plain.granular() if field.listing == "granular" else plain


@cache
def type_of(type_: str) -> Shape:
    """By the notation of the table: "s", "[]@core.v1.Container", "{}s"."""
    if type_.startswith("@"):
        return struct(type_[1:])
    if type_.startswith("[]"):
        return _list(type_, "", ())
    if type_.startswith("{}"):
        return Shape(Shape.MAP, item=partial(type_of, type_[2:]))
    if type_ == "a":
        return ANY
    return ANY_MAP if type_ == "o" else SCALARS[_SCALAR_TYPES.get(type_, UNTYPED)]


@cache
def _list(type_: str, listing: str, keys: tuple[str, ...]) -> Shape:
    item: Callable[[], Shape] = partial(type_of, type_[2:])
    if listing == "map":
        return Shape(
            Shape.LIST, keys=tuple(_key(type_[3:], each) for each in sorted(keys)), item=item
        )
    return Shape(Shape.LIST, atomic=listing != "set", item=item)


def _key(owner: str, name: str) -> Key:
    """The default of a key is its declared one, or the zero value of a field that Go's struct
    always has."""
    if (owner, name) in _NO_DEFAULT or ("", name) in _NO_DEFAULT:
        return Key(name)
    if name in _KEY_DEFAULTS:
        return Key(name, _KEY_DEFAULTS[name])
    found = definition(owner)
    field = found.fields.get(name) if found else None
    return Key(name, 0 if field is not None and field.type in ("i", "l") else "")
