"""Objects of custom kinds from outside: metadata as everywhere, the rest by their schema.

Fields that the schema does not know are dropped and told. Wrong types are no matter of
decoding here: validation tells of them.
"""

from __future__ import annotations

from typing import Any

from kctl.api.crd.structure import Structure, prune
from kctl.api.schema.readers import Mismatch, Problems, json_type, struct
from kctl.api.schema.schema import OBJECT_META

OWN = ("apiVersion", "kind", "metadata")


def read_custom(structure: Structure, obj: Any, problems: Problems) -> dict[str, Any]:
    """A whole object. Raises Mismatch where it, or its metadata, is none."""
    if not isinstance(obj, dict):
        raise Mismatch(json_type(obj), "map[string]interface {}")
    given = obj.get("metadata")
    try:
        meta = struct(OBJECT_META)({} if given is None else given, "metadata", problems)
    except Mismatch as error:
        error.place = error.place or "ObjectMeta.metadata"
        raise
    unknown: list[str] = []
    rest = {name: item for name, item in obj.items() if name not in OWN}
    pruned = prune(rest, structure, "", unknown)
    problems.unknown += sorted(unknown)
    head = {name: obj[name] for name in OWN[:2] if name in obj}
    return {**head, "metadata": meta, **pruned}
