"""Image names and pull policies."""

from __future__ import annotations

import pytest

from kctl.runtime.docker import images
from kctl.runtime.docker.images import ImageProblem, Reference

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("nginx", Reference("", "nginx", "latest")),
        ("nginx:1.27", Reference("", "nginx", "1.27")),
        ("me/app", Reference("", "me/app", "latest")),
        ("ghcr.io/me/app:v1", Reference("ghcr.io", "ghcr.io/me/app", "v1")),
        ("localhost:5000/x", Reference("localhost:5000", "localhost:5000/x", "latest")),
        (f"a.b/c:v@{DIGEST}", Reference("a.b", "a.b/c", DIGEST)),
    ],
)
def test_names_taken_apart(name: str, wanted: Reference) -> None:
    assert images.parse(name) == wanted


@pytest.mark.parametrize("name", ["", "a b", "Nginx", "x:", "x@sha256:1", "-a", "a//b"])
def test_invalid_names(name: str) -> None:
    with pytest.raises(ImageProblem) as problem:
        images.parse(name)
    assert problem.value.reason == "InvalidImageName"
    start = f'Failed to apply default image tag "{name}": couldn\'t parse image name "{name}": '
    assert problem.value.message.startswith(f"{start}invalid reference format")


def test_default_policies() -> None:
    assert images.default_policy("nginx") == "Always"
    assert images.default_policy("nginx:latest") == "Always"
    assert images.default_policy("nginx:1") == "IfNotPresent"
    assert images.default_policy(f"nginx@{DIGEST}") == "IfNotPresent"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("web", "web:latest"),
        ("web:1", "web:1"),
        ("docker.io/library/web:1", "web:1"),
        ("index.docker.io/me/web", "me/web:latest"),
        ("library/web", "web:latest"),
        ("ghcr.io/library/web:1", "ghcr.io/library/web:1"),
        (f"web@{DIGEST}", f"web@{DIGEST}"),
    ],
)
def test_names_as_engines_list_them(name: str, wanted: str) -> None:
    assert images.familiar(name) == wanted
