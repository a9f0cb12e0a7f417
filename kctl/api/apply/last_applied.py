"""What server-side apply does for objects that kubectl applied on the client's side before.

Only the manager "kubectl" gets it: fields whose stored value is still the one that the
annotation says may be taken over without a conflict, and the annotation is kept up to date,
so that a client may go back.
"""

from __future__ import annotations

import orjson

from kctl.api.apply.check import check
from kctl.api.apply.compare import compare
from kctl.api.apply.elements import NoElement
from kctl.api.apply.fields import Fields, difference
from kctl.api.apply.fieldset import field_set
from kctl.api.apply.shapes import Shape
from kctl.api.kind import Object
from kctl.api.meta import ANNOTATIONS_LIMIT

MANAGER = "kubectl"
ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"


def allowed(shape: Shape, live: Object, api_version: str) -> Fields:
    """The fields that kubectl applied and that nobody changed since."""
    kept = (live["metadata"].get("annotations") or {}).get(ANNOTATION)
    if not kept:
        return {}
    try:
        config = orjson.loads(kept)
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(config, dict) or config.get("apiVersion") != api_version:
        return {}
    if check(shape, config):
        return {}
    try:
        changed, removed = compare(shape, config, live)
        fields = field_set(shape, config)
    except NoElement:
        return {}
    return difference(difference(fields, changed), removed)


def renew(obj: Object, config: Object) -> None:
    """Write the annotation of an object that has one anew, in place."""
    annotations = obj["metadata"].get("annotations") or {}
    if not annotations.get(ANNOTATION):
        return
    annotations = {**annotations, ANNOTATION: text_of(config)}
    size = sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items())
    if size > ANNOTATIONS_LIMIT:
        del annotations[ANNOTATION]
    obj["metadata"] = {**obj["metadata"], "annotations": annotations}


def text_of(config: Object) -> str:
    """A configuration as the annotation holds it: without the annotation itself, and as Go
    writes JSON."""
    meta = dict(config.get("metadata") or {})
    annotations = meta.get("annotations")
    if isinstance(annotations, dict):
        meta["annotations"] = {key: annotations[key] for key in annotations if key != ANNOTATION}
    shown = {**config, "metadata": meta}
    text = orjson.dumps(shown, option=orjson.OPT_SORT_KEYS).decode()
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text + "\n"
