from __future__ import annotations

import orjson
import pytest

from kctl.api.errors import ApiError
from kctl.api.kind import Kind
from kctl.api.kinds.plugin import kctl_kinds
from kctl.api.verbs.read import Selection


@pytest.fixture
def five(api, configmap):
    for at, name in enumerate("abcde"):
        api.create(configmap(name, labels={"odd": str(at % 2)}))
    return api


def names(found):
    return [each["metadata"]["name"] for each in found.items]


def test_json_is_the_same_list_as_items(five):
    listed = five.list("configmaps", "default")
    decoded = orjson.loads(listed.json())
    assert decoded["kind"] == "ConfigMapList"
    assert decoded["metadata"] == {"resourceVersion": "5"}
    assert decoded["items"] == listed.items
    assert decoded["items"][2]["metadata"]["resourceVersion"] == "3"


def test_pages_add_up_and_stay_at_their_revision(five, configmap):
    first = five.list("configmaps", "default", limit=2)
    assert names(first) == ["a", "b"]
    assert first.remaining == 3
    five.create(configmap("bb"))
    second = five.list("configmaps", "default", limit=2, continue_=first.continue_)
    assert names(second) == ["c", "d"]
    third = five.list("configmaps", "default", limit=2, continue_=second.continue_)
    assert names(third) == ["e"]
    assert third.continue_ == ""


def test_a_page_of_a_compacted_revision_has_expired(desk, five, configmap):
    first = five.list("configmaps", "default", limit=2)
    five.create(configmap("z"))
    desk.backend.compact()
    with pytest.raises(ApiError) as caught:
        five.list("configmaps", "default", continue_=first.continue_)
    assert (caught.value.code, caught.value.reason) == (410, "Expired")


def test_a_broken_token_is_a_bad_request(five):
    with pytest.raises(ApiError, match="continue key is not valid"):
        five.list("configmaps", continue_="nonsense")


def test_selectors_choose(five):
    assert names(five.list("configmaps", label_selector="odd=1")) == ["b", "d"]
    assert names(five.list("configmaps", label_selector="odd in (0),odd")) == ["a", "c", "e"]
    assert names(five.list("configmaps", field_selector="metadata.name!=c")) == list("abde")
    assert names(five.list("configmaps", label_selector="odd=0", limit=2)) == ["a", "c"]


def test_an_unknown_field_is_refused(five):
    with pytest.raises(ApiError) as caught:
        five.list("configmaps", field_selector="spec.x=1")
    assert caught.value.message == "field label not supported: spec.x"
    assert caught.value.code == 400


def test_watch_tells_what_enters_and_leaves_a_selection(api, configmap):
    api.create(configmap("a", labels={"on": "yes"}))
    since = api.list("configmaps").revision
    api.create(configmap("b"))
    api.update(configmap("a", labels={"on": "no"}))
    api.update(configmap("b", labels={"on": "yes"}))
    api.update(configmap("b", labels={"on": "yes"}, data={"k": "2"}))
    api.delete("configmaps", "b", "default")
    events = list(api.watch("configmaps", since=since, label_selector="on=yes"))
    assert [(each.type, each.obj["metadata"]["name"]) for each in events] == [
        ("DELETED", "a"),
        ("ADDED", "b"),
        ("MODIFIED", "b"),
        ("DELETED", "b"),
    ]
    assert [each.revision for each in events] == [3, 4, 5, 6]
    assert events[-1].obj["metadata"]["resourceVersion"] == "6"


def test_a_watch_from_a_compacted_revision_is_gone(desk, api, configmap):
    api.create(configmap("a"))
    api.create(configmap("b"))
    desk.backend.compact()
    with pytest.raises(ApiError) as caught:
        api.watch("configmaps", since=1)
    assert caught.value.code == 410


@pytest.mark.parametrize("kind", kctl_kinds(), ids=lambda kind: kind.resource)
def test_a_selection_of_any_kind_can_be_checked_before_there_are_objects(kind: Kind) -> None:
    Selection(kind, "a=b", "metadata.name=x").check()
    with pytest.raises(ApiError, match="field label not supported"):
        Selection(kind, "", "metadata.name=x,spec.nosuch=y").check()
