"""Kinds follow the definitions in the store at once; versions, columns, subresources."""

from __future__ import annotations

import copy

import orjson

from kctl.api.registry import Kinds
from kctl.commands.catalog import Catalog
from tests.unit.crd.conftest import Extended, Object, crontab, definition

OPEN = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
CRDS = "customresourcedefinitions.apiextensions.k8s.io"


def two_versions() -> Object:
    made = definition(OPEN)
    first = made["spec"]["versions"][0]
    first["name"] = "v1beta1"
    second = {**copy.deepcopy(first), "name": "v1", "storage": False}
    second["additionalPrinterColumns"] = [
        {"name": "Size", "type": "integer", "jsonPath": ".spec.size"}
    ]
    made["spec"]["versions"] = [first, second]
    return made


def test_a_kind_is_known_from_the_moment_that_its_definition_is(extended: Extended) -> None:
    assert extended.kinds.resolve("crontabs") is None
    extended.api.create(definition())
    kind = extended.kinds.resolve("ct")
    assert kind is not None and kind.schema == "crd:crontabs.example.com/v1"
    before = extended.kinds.current()
    extended.api.create(crontab())
    assert extended.kinds.current() is before, "what is written else changes no kinds"
    made = extended.api.get(CRDS, "crontabs.example.com")
    made["spec"]["names"]["shortNames"] = ["cr"]
    extended.api.update(made)
    assert extended.kinds.resolve("ct") is None and extended.kinds.resolve("cr") is not None
    assert [len(list(each)) for each in extended.published][-1] == len(list(extended.kinds))


def test_the_catalog_says_of_which_definitions_it_is(extended: Extended) -> None:
    assert orjson.loads(extended.kinds.catalog())["definitions"] == "0/0"
    made = extended.api.create(definition())
    catalog = orjson.loads(extended.kinds.catalog())
    assert catalog["definitions"] == f"1/{made['metadata']['resourceVersion']}"
    (entry,) = [each for each in catalog["resources"] if each["kind"] == "CronTab"]
    assert entry["since"] == int(made["metadata"]["resourceVersion"])


def test_a_definition_never_hides_a_kind_of_kctls_own(extended: Extended) -> None:
    own = Kinds(extended.kinds).by_resource("leases.coordination.k8s.io")
    made = definition()
    made["metadata"] = {
        "name": "leases.coordination.k8s.io",
        "annotations": {"api-approved.kubernetes.io": "unapproved"},
    }
    made["spec"]["group"] = "coordination.k8s.io"
    made["spec"]["names"] = {"plural": "leases", "kind": "Lease"}
    extended.api.create(made)
    assert extended.kinds.by_resource("leases.coordination.k8s.io") is own


def test_the_preferred_version_comes_first_and_any_can_be_used(extended: Extended) -> None:
    extended.api.create(two_versions())
    kind = extended.kinds.by_resource("crontabs.example.com")
    assert (kind.version, kind.stored_version) == ("v1", "v1beta1")
    written = extended.api.create(crontab({"size": 3}))
    assert written["apiVersion"] == "example.com/v1"
    (record,) = extended.backend.list("crontabs.example.com").records
    assert orjson.loads(record.value)["apiVersion"] == "example.com/v1beta1"
    assert orjson.loads(extended.backend.row(record.key).cells)[:2] == ["c", 3]
    old = extended.kinds.served("example.com", "v1beta1", "crontabs")
    assert old is not None
    for each in (kind, old):
        assert extended.api.get(each, "c", "default")["apiVersion"] == each.api_version
        listed = extended.api.list(each, "default")
        assert [item["apiVersion"] for item in listed.items] == [each.api_version]
        text = orjson.loads(listed.json())
        assert text["items"] == listed.items and text["apiVersion"] == each.api_version
    changed = extended.api.get(old, "c", "default")
    changed["spec"]["size"] = 4
    assert extended.api.update(changed)["apiVersion"] == "example.com/v1beta1"
    assert extended.api.get(kind, "c", "default")["spec"] == {"size": 4}


def test_versions_sort_as_discovery_sorts_them() -> None:
    from kctl.api.crd.kinds import priority

    words = ["v1alpha1", "foo", "v2", "v10", "v1beta2", "v1", "v11alpha2", "v3beta1", "bar"]
    assert sorted(words, key=priority) == [
        "v10", "v2", "v1", "v3beta1", "v1beta2", "v11alpha2", "v1alpha1", "bar", "foo",
    ]  # fmt: skip


def test_columns_take_their_cells_from_paths(extended: Extended) -> None:
    columns = [
        {"name": "Size", "type": "integer", "jsonPath": ".spec.size", "priority": 1},
        {"name": "Ready", "type": "string",
         "jsonPath": '.status.conditions[?(@.type=="Ready")].status'},
        {"name": "Since", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
        {"name": "Tags", "type": "string", "jsonPath": ".spec.tags"},
        {"name": "All", "type": "string", "jsonPath": ".spec.tags[*]"},
        {"name": "On", "type": "boolean", "jsonPath": ".spec.on"},
        {"name": "Wrong", "type": "integer", "jsonPath": ".spec.tags"},
        {"name": "Odd", "type": "string", "jsonPath": ".metadata.annotations.example\\.com/x"},
    ]  # fmt: skip
    extended.api.create(definition(OPEN, additionalPrinterColumns=columns))
    kind = extended.kinds.by_resource("crontabs.example.com")
    assert [column.name for column in kind.columns] == ["Name", *(each["name"] for each in columns)]
    obj = crontab(
        {"size": 2, "tags": ["a", "b"], "on": True},
        status={
            "conditions": [{"type": "X", "status": "False"}, {"type": "Ready", "status": "True"}]
        },
    )
    obj["metadata"] |= {
        "creationTimestamp": "2026-11-23T06:00:00Z",
        "annotations": {"example.com/x": "y"},
    }
    assert kind.row(obj) == ["c", 2, "True", [1795413600], '["a","b"]', "a,b", "true", "", "y"]
    assert kind.row(crontab()) == ["c", "", "", "", "", "", "", "", ""]


def test_scale_follows_the_paths_of_the_definition(extended: Extended) -> None:
    scale = {
        "specReplicasPath": ".spec.size",
        "statusReplicasPath": ".status.size",
        "labelSelectorPath": ".status.selector",
    }
    status = {
        "type": "object",
        "properties": {"size": {"type": "integer"}, "selector": {"type": "string"}},
    }
    made = definition(OPEN, subresources={"status": {}, "scale": scale})
    made["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"] = status
    extended.api.create(made)
    extended.api.create(crontab({"size": 2}))
    obj = extended.api.get("ct", "c", "default")
    obj["status"] = {"size": 1, "selector": "app=x"}
    extended.api.update(obj, subresource="status")
    found = extended.api.get_scale("ct", "c", "default")
    assert (found["spec"], found["status"]) == (
        {"replicas": 2},
        {"replicas": 1, "selector": "app=x"},
    )
    found["spec"]["replicas"] = 5
    extended.api.update_scale("ct", "c", "default", found)
    after = extended.api.get("ct", "c", "default")
    assert (after["spec"]["size"], after["metadata"]["generation"]) == (5, 2)


def test_a_status_update_leaves_everything_else(extended: Extended) -> None:
    made = definition(OPEN, subresources={"status": {}})
    made["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"] = OPEN
    extended.api.create(made)
    obj = extended.api.create(crontab({"size": 2}))
    obj["status"], obj["spec"] = {"done": True}, {"size": 9}
    obj["metadata"]["annotations"] = {"a": "b"}
    after = extended.api.update(obj, subresource="status")
    assert (after["spec"], after["status"]) == ({"size": 2}, {"done": True})
    assert "annotations" not in after["metadata"]


def test_selectable_fields_select(extended: Extended) -> None:
    extended.api.create(definition(OPEN, selectableFields=[{"jsonPath": ".spec.color"}]))
    for name, color in (("a", "red"), ("b", "blue")):
        extended.api.create(crontab({"color": color}, name))
    found = extended.api.list("ct", "default", field_selector="spec.color=red")
    assert [each["metadata"]["name"] for each in found.items] == ["a"]


def test_a_category_has_each_resource_once(extended: Extended) -> None:
    made = two_versions()
    made["spec"]["names"]["categories"] = ["fruit"]
    extended.api.create(made)
    assert [kind.version for kind in extended.kinds.category("fruit")] == ["v1"]
    catalog = Catalog(extended.kinds.catalog())
    assert [(each.kind, each.version) for each in catalog.category("fruit")] == [("CronTab", "v1")]
    assert catalog.resolve("crontabs.v1beta1.example.com") is not None
