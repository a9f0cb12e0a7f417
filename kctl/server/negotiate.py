"""What a client accepts, and in which shape it wants its objects (apimachinery's
content negotiation)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from kctl.api.errors import ApiError, bad_request

MEDIA = ("application/json", "application/yaml", "application/vnd.kubernetes.protobuf")
META_VERSIONS = ("v1", "v1beta1")
BROWSERS = ("curl", "Wget", "Mozilla")
"""User agents of people, whose answers are indented."""


class Shape(NamedTuple):
    """What an answer looks like. kind: "" for the objects themselves, "Table",
    "PartialObjectMetadata" or "PartialObjectMetadataList" (then in `version` of
    meta.k8s.io); include: of a Table's rows, "Metadata", "Object" or "None"."""

    media: str = MEDIA[0]
    kind: str = ""
    version: str = "v1"
    include: str = "Metadata"
    pretty: bool = False

    @property
    def plain(self) -> bool:
        """The stored JSON will do."""
        return not self.kind and not self.pretty and self.media == MEDIA[0]


def shape(headers: Mapping[str, str], query: Mapping[str, str]) -> Shape:
    """Raises ApiError 406 where nothing that is accepted can be made."""
    media, kind, version = _accepted(headers.get("accept", ""))
    if not media:
        raise ApiError(
            406,
            "NotAcceptable",
            f"only the following media types are accepted: {', '.join(MEDIA)}",
        )
    asked = query.get("pretty", "")
    if asked in ("", "0", "false", "False"):
        pretty = not asked and headers.get("user-agent", "").startswith(BROWSERS)
    else:
        pretty = True
    include = query.get("includeObject", "") or "Metadata"
    if include not in ("None", "Metadata", "Object"):
        raise bad_request(f'unrecognized includeObject value: "{include}"')
    return Shape(media, kind, version, include, pretty)


@lru_cache(maxsize=256)
def _accepted(accept: str) -> tuple[str, str, str]:
    """(media type, kind, version) of the first entry that can be served, "" for none."""
    for entry in (accept or "*/*").split(","):
        media, *rest = (each.strip() for each in entry.split(";"))
        params = dict(each.partition("=")[::2] for each in rest)
        if media in ("*/*", "application/*"):
            media = MEDIA[0]
        if media not in MEDIA[:2]:
            continue
        kind, version = params.get("as", ""), params.get("v", "v1")
        if not kind:
            return media, "", ""
        if params.get("g", "meta.k8s.io") != "meta.k8s.io" or version not in META_VERSIONS:
            continue
        if kind in ("Table", "PartialObjectMetadata", "PartialObjectMetadataList"):
            return media, kind, version
    return "", "", ""
