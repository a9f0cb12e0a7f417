from __future__ import annotations

import json

import pytest

from kctl.api.errors import ApiError


@pytest.mark.parametrize(
    "word",
    [
        "deploy",
        "Deployment",
        "deployments",
        "deployment",
        "deploy.apps",
        "deployments.apps",
        "deployments.v1.apps",
    ],
)
def test_a_kind_is_found_by_every_name(desk, word):
    assert desk.kinds.resolve(word).kind == "Deployment"


def test_what_nobody_serves(desk):
    assert desk.kinds.resolve("foos") is None
    assert desk.kinds.category("nothing") == []
    with pytest.raises(ApiError, match="could not find the requested resource"):
        desk.kinds.by_resource("foos.example.com")


def test_the_category_all(desk):
    names = [each.plural for each in desk.kinds.category("all")]
    assert names == [
        "pods",
        "services",
        "daemonsets",
        "deployments",
        "replicasets",
        "horizontalpodautoscalers",
        "cronjobs",
        "jobs",
    ]


def test_the_catalog_tells_a_light_reader_everything(desk):
    entries = {each["resource"]: each for each in json.loads(desk.kinds.catalog())["resources"]}
    entry = entries["deployments.apps"]
    assert (entry["kind"], entry["group"], entry["version"]) == ("Deployment", "apps", "v1")
    assert entry["short"] == ["deploy"]
    assert entry["columns"][0] == ["Name", 0]
    assert entries["nodes"]["namespaced"] is False
