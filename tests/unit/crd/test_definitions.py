"""CustomResourceDefinitions: what is accepted, what is refused, and their status."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.unit.crd.conftest import Extended, Object, crontab, definition

SCHEMA = "spec.versions[0].schema.openAPIV3Schema"


def test_a_definition_is_accepted_and_established_at_once(extended: Extended) -> None:
    made = extended.api.create(definition())
    assert made["spec"]["names"]["singular"] == "crontab"
    assert made["spec"]["names"]["listKind"] == "CronTabList"
    assert made["spec"]["conversion"] == {"strategy": "None"}
    assert made["metadata"]["finalizers"] == ["customresourcecleanup.apiextensions.k8s.io"]
    assert made["status"]["storedVersions"] == ["v1"]
    assert made["status"]["acceptedNames"]["plural"] == "crontabs"
    found = {
        each["type"]: (each["status"], each["reason"]) for each in made["status"]["conditions"]
    }
    assert found == {
        "NamesAccepted": ("True", "NoConflicts"),
        "Established": ("True", "InitialNamesAccepted"),
    }


def test_names_that_another_definition_holds_are_not_accepted(extended: Extended) -> None:
    extended.api.create(definition())
    other = definition()
    other["metadata"]["name"] = "tabs.example.com"
    other["spec"]["names"] = {"plural": "tabs", "kind": "CronTab", "shortNames": ["ct"]}
    made = extended.api.create(other)
    conditions = {each["type"]: each for each in made["status"]["conditions"]}
    assert conditions["NamesAccepted"]["status"] == "False"
    assert conditions["NamesAccepted"]["message"] == '"CronTabList" is already in use'
    assert conditions["Established"]["reason"] == "NotAccepted"
    assert extended.kinds.resolve("tabs") is None


def _changed(path: str, value: Any) -> Object:
    """The definition with one field set; value None removes it."""
    made = copy.deepcopy(definition({"type": "object", "properties": {"a": {"type": "string"}}}))
    *parents, last = path.split("/")
    inside: Any = made
    for each in parents:
        inside = inside[int(each)] if isinstance(inside, list) else inside[each]
    if value is None:
        del inside[last]
    else:
        inside[last] = value
    return made


_SPEC = "spec/versions/0/schema/openAPIV3Schema/properties/spec"


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        (
            "metadata/name",
            "x.example.com",
            'metadata.name: Invalid value: "x.example.com": must be '
            'spec.names.plural+"."+spec.group',
        ),
        (
            "spec/group",
            "example",
            'spec.group: Invalid value: "example": should be a domain with at least one dot',
        ),
        (
            "spec/scope",
            "World",
            'spec.scope: Unsupported value: "World": supported values: "Cluster", "Namespaced"',
        ),
        (
            "spec/names/kind",
            "Cron Tab",
            'spec.names.kind: Invalid value: "Cron Tab": may have mixed '
            "case, but should otherwise match: a DNS-1035 label",
        ),
        ("spec/names/shortNames", ["C T"], 'spec.names.shortNames[0]: Invalid value: "C T"'),
        (
            "spec/names/listKind",
            "CronTab",
            'spec.names.listKind: Invalid value: "CronTab": kind and listKind may not be the same',
        ),
        (
            "spec/versions/0/storage",
            False,
            "spec.versions: Invalid value: must have exactly one version marked as storage version",
        ),
        ("spec/versions/0/schema", None, f"{SCHEMA}: Required value: schemas are required"),
        (
            "spec/versions/0/schema/openAPIV3Schema/type",
            None,
            f"{SCHEMA}.type: Required value: must not be empty at the root",
        ),
        (
            "spec/versions/0/schema/openAPIV3Schema/type",
            "array",
            f'{SCHEMA}.type: Invalid value: "array": must be object at the root',
        ),
        (
            f"{_SPEC}/properties/a",
            {},
            f"{SCHEMA}.properties[spec].properties[a].type: Required "
            "value: must not be empty for specified object fields",
        ),
        (
            f"{_SPEC}/properties/a",
            {"type": "array"},
            f"{SCHEMA}.properties[spec].properties[a].items: Required value",
        ),
        (
            f"{_SPEC}/properties/a",
            {"type": "array", "items": {}},
            "items.type: Required value: must not be empty for specified array items",
        ),
        (
            f"{_SPEC}/properties/a/uniqueItems",
            True,
            "uniqueItems: Forbidden: uniqueItems cannot be "
            "set to true since the runtime complexity becomes quadratic",
        ),
        (f"{_SPEC}/properties/a/$ref", "#/x", "$ref: Forbidden: $ref is not supported"),
        (
            f"{_SPEC}/additionalProperties",
            True,
            "additionalProperties: Forbidden: "
            "additionalProperties and properties are mutual exclusive",
        ),
        (
            f"{_SPEC}/anyOf",
            [{"type": "object"}],
            f"{SCHEMA}.properties[spec].anyOf[0].type: Forbidden: must be empty to be structural",
        ),
        (
            f"{_SPEC}/anyOf",
            [{"properties": {"b": {"minimum": 1}}}],
            f"{SCHEMA}.properties[spec]."
            "properties[b]: Required value: because it is defined in "
            f"{SCHEMA}.properties[spec].anyOf[0].properties[b]",
        ),
        (f"{_SPEC}/properties/a/pattern", "[a-", "must be a valid regular expression, but isn't"),
        (
            f"{_SPEC}/properties/a/default",
            3,
            f'{SCHEMA}.properties[spec].properties[a].default: Invalid value: "integer"',
        ),
        (
            f"{_SPEC}/default",
            {"zz": 1},
            'default: Invalid value: {"zz":1}: must not have unknown fields',
        ),
        (
            "spec/versions/0/additionalPrinterColumns",
            [{"name": "A", "type": "text", "jsonPath": "x"}],
            'additionalPrinterColumns[0].jsonPath: Invalid value: "x": is an invalid path',
        ),
        (
            "spec/versions/0/subresources",
            {"scale": {"specReplicasPath": ".x", "statusReplicasPath": ".status.n"}},
            'specReplicasPath: Invalid value: ".x": should be a json path under .spec',
        ),
        ("spec/preserveUnknownFields", True, "spec.preserveUnknownFields: Invalid value: true"),
    ],
)
def test_a_definition_that_is_wrong_is_refused(
    extended: Extended, path: str, value: Any, text: str
) -> None:
    error = extended.refused(lambda: extended.api.create(_changed(path, value)))
    assert (error.code, error.reason) == (422, "Invalid")
    assert text in error.message


@pytest.mark.parametrize(
    ("items", "text"),
    [
        ({"x-kubernetes-list-type": "map"}, "must not be empty if x-kubernetes-list-type is map"),
        (
            {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["z"]},
            "entries must all be names of item properties",
        ),
        (
            {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"]},
            "must have a default or be a required property",
        ),
        ({"x-kubernetes-list-type": "heap"}, 'Unsupported value: "heap"'),
    ],
)
def test_a_list_of_a_kind_must_say_what_its_items_go_by(
    extended: Extended, items: Object, text: str
) -> None:
    listing = {
        "type": "array",
        "items": {"type": "object", "properties": {"k": {"type": "string"}}},
        **items,
    }
    wrong = definition({"type": "object", "properties": {"l": listing}})
    assert text in extended.refused(lambda: extended.api.create(wrong)).message


def test_groups_of_kubernetes_want_an_approval(extended: Extended) -> None:
    made = definition()
    made["spec"]["group"], made["metadata"]["name"] = "x.k8s.io", "crontabs.x.k8s.io"
    error = extended.refused(lambda: extended.api.create(made))
    assert "protected groups must have approval annotation" in error.message
    made["metadata"]["annotations"] = {"api-approved.kubernetes.io": "unapproved, a test"}
    assert extended.api.create(made)["metadata"]["name"] == "crontabs.x.k8s.io"


def test_conversion_by_webhook_between_versions_is_refused_clearly(extended: Extended) -> None:
    made = definition()
    made["spec"]["versions"].append(
        {**copy.deepcopy(made["spec"]["versions"][0]), "name": "v2", "storage": False}
    )
    client = {"url": "https://example.com/convert"}
    webhook = {"clientConfig": client, "conversionReviewVersions": ["v1"]}
    made["spec"]["conversion"] = {"strategy": "Webhook", "webhook": webhook}
    error = extended.refused(lambda: extended.api.create(made))
    assert "conversion by webhook is not supported by this control plane" in error.message
    del made["spec"]["versions"][1]
    extended.api.create(made)


def test_what_objects_go_by_does_not_change(extended: Extended) -> None:
    made = extended.api.create(definition())
    made["spec"]["scope"] = "Cluster"
    error = extended.refused(lambda: extended.api.update(made))
    assert 'spec.scope: Invalid value: "Cluster": field is immutable' in error.message


def test_a_version_in_which_objects_may_lie_stays(extended: Extended) -> None:
    made = extended.api.create(definition())
    made["spec"]["versions"] = [{**made["spec"]["versions"][0], "name": "v2"}]
    error = extended.refused(lambda: extended.api.update(made))
    assert (
        'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions' in error.message
    )


def test_deleting_a_definition_waits_for_its_objects(extended: Extended) -> None:
    extended.api.create(definition())
    extended.api.create(crontab())
    gone = extended.api.delete(
        "customresourcedefinitions.apiextensions.k8s.io", "crontabs.example.com"
    )
    ending = [each for each in gone["status"]["conditions"] if each["type"] == "Terminating"]
    assert ending[0]["reason"] == "InstanceDeletionPending"
    error = extended.refused(lambda: extended.api.create(crontab(name="other")))
    assert (error.code, error.message) == (
        405,
        "create not allowed while custom resource definition is terminating",
    )
