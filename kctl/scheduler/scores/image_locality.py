"""Prefers nodes that have the pod's images already (ImageLocality)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kctl.scheduler.types import NodeInfo, Object

_LEAST = 23 * 2**20
_MOST = 1000 * 2**20
"""Bytes for each container: an image below the first does not matter, above the second
it matters no more."""


class ImageLocality:
    name = "ImageLocality"
    weight = 1
    scope = "fixed"

    def score(self, pod: Object, infos: Sequence[NodeInfo]) -> Mapping[str, float]:
        """By the bytes that need not be fetched. An image that few nodes have counts less,
        so that not all pods run after it."""
        wanted = {_normal(each.get("image", "")) for each in pod["spec"].get("containers") or ()}
        held = {info.name: _sizes(info.node, wanted) for info in infos}
        spread = {image: sum(image in sizes for sizes in held.values()) for image in wanted}
        most = _MOST * len(wanted)
        scores = {}
        for name, sizes in held.items():
            total = sum(size * spread[image] / len(infos) for image, size in sizes.items())
            if total > _LEAST:
                scores[name] = 100 * (min(total, most) - _LEAST) / (most - _LEAST)
        return scores

    def explain(self, pod: Object) -> str:
        return "prefers nodes that have its images"


def _sizes(node: Object, wanted: set[str]) -> dict[str, int]:
    sizes = {}
    for image in node.get("status", {}).get("images") or ():
        for name in image.get("names") or ():
            if _normal(name) in wanted:
                sizes[_normal(name)] = int(image.get("sizeBytes") or 0)
    return sizes


def _normal(image: str) -> str:
    """With a tag: "nginx" is "nginx:latest"."""
    last = image.rpartition("/")[2]
    return image if ":" in last or "@" in last else f"{image}:latest"
