"""What `kctl image` makes of words, and of what the engines say."""

from __future__ import annotations

import pytest

from kctl.commands.image.list import merged
from kctl.commands.image.load import is_archive
from kctl.commands.image.nodes import human
from kctl.commands.image.prune import images_of, unneeded
from kctl.runtime.image_types import StoredImage

WEB = StoredImage("sha256:1", ("web:1",), 10)
BOTH = StoredImage("sha256:2", ("web:2", "web:new"), 20)
DANGLING = StoredImage("sha256:3", (), 30)
PULLED = StoredImage("sha256:4", (), 40, digests=("web@sha256:9",))
BUSY = StoredImage("sha256:5", (), 50, used=True)
EVERYTHING = [WEB, BOTH, DANGLING, PULLED, BUSY]


@pytest.mark.parametrize("word", ["web.tar", "a/web.tar.gz", "x.tgz", "./web", "/web", "../w", "-"])
def test_a_path_is_an_archive(word: str) -> None:
    assert is_archive(word)


@pytest.mark.parametrize("word", ["web", "web:1", "me/web", "ghcr.io/me/web:1.tar2", "web.tar:1"])
def test_a_name_is_an_image(word: str) -> None:
    assert not is_archive(word)


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        (0, "0B"),
        (999, "999B"),
        (1000, "1kB"),
        (4982677, "4.98MB"),
        (999_999, "1MB"),
        (10**15, "1PB"),
    ],
)
def test_sizes_read_as_dockers(size: int, wanted: str) -> None:
    assert human(size) == wanted


def test_one_item_for_each_name_of_each_image() -> None:
    items = merged({"b": [WEB, DANGLING], "a": [WEB, BOTH]})
    assert [(each["names"], each["nodes"]) for each in items] == [
        (["web:1"], ["a", "b"]),
        (["web:2"], ["a"]),
        (["web:new"], ["a"]),
        ([], ["b"]),
    ]


def test_two_images_of_one_name_are_two_items() -> None:
    other = StoredImage("sha256:0", ("web:1",))
    items = merged({"a": [WEB], "b": [other]})
    assert [(each["id"], each["nodes"]) for each in items] == [
        ("sha256:0", ["b"]),
        ("sha256:1", ["a"]),
    ]


def test_without_all_only_images_without_a_name_go() -> None:
    assert [name for name, _ in unneeded(EVERYTHING, False, frozenset())] == ["sha256:3"]


def test_with_all_goes_whatever_has_no_container() -> None:
    names = [name for name, _ in unneeded(EVERYTHING, True, frozenset())]
    assert sorted(names) == ["sha256:3", "web:1", "web:2", "web:new", "web@sha256:9"]


def test_what_an_object_names_stays_with_its_other_names() -> None:
    names = [name for name, _ in unneeded(EVERYTHING, True, frozenset({"web:new"}))]
    assert sorted(names) == ["sha256:3", "web:1", "web@sha256:9"]


CONTAINERS = {"initContainers": [{"image": "init"}], "containers": [{"image": "main"}]}


@pytest.mark.parametrize(
    ("obj", "wanted"),
    [
        ({"spec": CONTAINERS}, ["init", "main"]),
        ({"spec": {"replicas": 2, "template": {"spec": CONTAINERS}}}, ["init", "main"]),
        ({"spec": {"replicas": 0, "template": {"spec": CONTAINERS}}}, []),
        ({"spec": {"jobTemplate": {"spec": {"template": {"spec": CONTAINERS}}}}}, ["init", "main"]),
        ({"spec": {"containers": [{"name": "x"}, "y"]}}, []),
        ({"spec": {"clusterIP": "10.0.0.1"}}, []),
        ({"data": {}}, []),
    ],
)
def test_the_images_that_an_object_names(obj: dict[str, object], wanted: list[str]) -> None:
    assert list(images_of(obj)) == wanted
