"""What the server serves, in the three ways in which clients ask for it: aggregated discovery
(v2 and v2beta1) of kubectl from 1.27 on, and the lists of groups and resources of all others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from kctl.api.crd.kinds import priority
from kctl.api.kind import Kind, Object

VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
READS = ("get", "patch", "update")
AGGREGATED = ("v2", "v2beta1")


class Subresource(NamedTuple):
    """What discovery says of one."""

    name: str
    group: str
    version: str
    kind: str
    verbs: tuple[str, ...]


def _sub(name: str, group: str, version: str, kind: str, *verbs: str) -> Subresource:
    return Subresource(name, group, version, kind, verbs)


_STREAM = ("create", "get")
_PROXY = ("create", "delete", "get", "patch", "update")
EXTRA: dict[str, tuple[Subresource, ...]] = {
    "pods": (
        _sub("attach", "", "v1", "PodAttachOptions", *_STREAM),
        _sub("binding", "", "v1", "Binding", "create"),
        _sub("eviction", "policy", "v1", "Eviction", "create"),
        _sub("exec", "", "v1", "PodExecOptions", *_STREAM),
        _sub("log", "", "v1", "Pod", "get"),
        _sub("portforward", "", "v1", "PodPortForwardOptions", *_STREAM),
        _sub("proxy", "", "v1", "PodProxyOptions", *_PROXY),
    ),
    "services": (_sub("proxy", "", "v1", "ServiceProxyOptions", *_PROXY),),
    "serviceaccounts": (_sub("token", "authentication.k8s.io", "v1", "TokenRequest", "create"),),
}
"""Subresources that are not of the kind's own making."""


def subresources(kind: Kind) -> list[Subresource]:
    """In the order of their names."""
    found = list(EXTRA.get(kind.resource, ()))
    if kind.has_status:
        found.append(_sub("status", kind.group, kind.version, kind.kind, *READS))
    for name in kind.parts:
        found.append(_sub(name, kind.group, kind.version, kind.kind, *READS))
    if kind.scale:
        found.append(_sub("scale", "autoscaling", "v1", "Scale", *READS))
    if kind.finalizers is not Kind.finalizers:
        found.append(_sub("finalize", kind.group, kind.version, kind.kind, "update"))
    return sorted(found)


def group_versions(kinds: Iterable[Kind]) -> dict[str, dict[str, list[Kind]]]:
    """group -> version -> kinds in the order of their plurals; the core group is "". Versions
    stand in Kubernetes' order of preference."""
    found: dict[str, dict[str, list[Kind]]] = {}
    for kind in sorted(kinds, key=lambda each: each.plural):
        found.setdefault(kind.group, {}).setdefault(kind.version, []).append(kind)
    return {
        group: {version: versions[version] for version in sorted(versions, key=priority)}
        for group, versions in found.items()
    }


# --- aggregated ---


def aggregated(kinds: Iterable[Kind], more: Sequence[Object], *, core: bool, form: str) -> Object:
    """An APIGroupDiscoveryList. `more` are entries of groups whose resources are no kinds;
    `form` is "v2" or "v2beta1"."""
    items = [
        {
            "metadata": {"name": group, "creationTimestamp": None},
            "versions": [
                {
                    "version": version,
                    "resources": [_entry(kind) for kind in of_version],
                    "freshness": "Current",
                }
                for version, of_version in versions.items()
            ],
        }
        for group, versions in group_versions(kinds).items()
        if (group == "") == core
    ]
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": f"apidiscovery.k8s.io/{form}",
        "metadata": {},
        "items": items + ([] if core else _merged(items, more)),
    }


def _merged(items: list[Object], more: Sequence[Object]) -> list[Object]:
    """Entries of groups that are there already join those; the others are answered."""
    by_name = {each["metadata"]["name"]: each for each in items}
    rest = []
    for entry in more:
        known = by_name.get(entry["metadata"]["name"])
        if known is None:
            rest.append(entry)
            continue
        versions = {each["version"]: each for each in known["versions"]}
        for version in entry["versions"]:
            if version["version"] in versions:
                versions[version["version"]]["resources"] += version["resources"]
            else:
                known["versions"].append(version)
    return rest


def _entry(kind: Kind) -> Object:
    entry: Object = {
        "resource": kind.plural,
        "responseKind": _gvk(kind.group, kind.version, kind.kind),
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular or kind.kind.lower(),
        "verbs": list(VERBS),
    }
    if kind.short_names:
        entry["shortNames"] = list(kind.short_names)
    if kind.categories:
        entry["categories"] = list(kind.categories)
    subs = [
        {"subresource": name, "responseKind": _gvk(group, version, word), "verbs": list(verbs)}
        for name, group, version, word, verbs in subresources(kind)
    ]
    if subs:
        entry["subresources"] = subs
    return entry


def _gvk(group: str, version: str, kind: str) -> Object:
    return {"group": group, "version": version, "kind": kind}


def virtual(group: str, version: str, resources: Sequence[tuple[str, str, bool, str]]) -> Object:
    """The entry of a group whose resources are asked and not stored: (plural, kind,
    namespaced, verb)."""
    entries = [
        {
            "resource": plural,
            "responseKind": _gvk(group, version, kind),
            "scope": "Namespaced" if namespaced else "Cluster",
            "singularResource": kind.lower(),
            "verbs": verbs.split(),
        }
        for plural, kind, namespaced, verbs in resources
    ]
    return {
        "metadata": {"name": group, "creationTimestamp": None},
        "versions": [{"version": version, "resources": entries, "freshness": "Current"}],
    }


# --- the lists ---


def api_versions(address: str) -> Object:
    where = [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}]
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": where}


def group_list(whole: Object) -> Object:
    """The APIGroupList that says what an aggregated document says."""
    groups = [{k: v for k, v in group(each).items() if k not in _TYPE} for each in whole["items"]]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


_TYPE = ("kind", "apiVersion")


def group(entry: Object) -> Object:
    """The APIGroup of an entry of an aggregated document."""
    name = entry["metadata"]["name"]
    versions = [
        {"groupVersion": f"{name}/{each['version']}", "version": each["version"]}
        for each in entry["versions"]
    ]
    return {
        "kind": "APIGroup",
        "apiVersion": "v1",
        "name": name,
        "versions": versions,
        "preferredVersion": versions[0],
    }


def resource_list(entry: Object, version: str) -> Object | None:
    """The APIResourceList of one version of an entry; None where it has no such version."""
    name = entry["metadata"]["name"]
    for each in entry["versions"]:
        if each["version"] == version:
            resources = [line for resource in each["resources"] for line in _lines(resource)]
            return {
                "kind": "APIResourceList",
                "apiVersion": "v1",
                "groupVersion": f"{name}/{version}" if name else version,
                "resources": resources,
            }
    return None


def _lines(resource: Object) -> Iterable[Object]:
    """A resource and its subresources, as the older discovery lists them."""
    namespaced = resource["scope"] == "Namespaced"
    kind = resource["responseKind"]
    line: Object = {
        "name": resource["resource"],
        "singularName": resource["singularResource"],
        "namespaced": namespaced,
        "kind": kind["kind"],
        "verbs": resource["verbs"],
    }
    for name in ("shortNames", "categories"):
        if name in resource:
            line[name] = resource[name]
    yield line
    for sub in resource.get("subresources", ()):
        answers = sub["responseKind"]
        more: dict[str, Any] = {
            "name": f"{resource['resource']}/{sub['subresource']}",
            "singularName": "",
            "namespaced": namespaced,
            "kind": answers["kind"],
            "verbs": sub["verbs"],
        }
        if (answers["group"], answers["version"]) != (kind["group"], kind["version"]):
            more = {"group": answers["group"], "version": answers["version"], **more}
        yield more
