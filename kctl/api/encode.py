"""Objects as the store keeps them, and back.

What is stored starts with apiVersion, kind and metadata in this order and lacks
metadata.resourceVersion, so that lists splice it in at a fixed place without decoding.
"""

from __future__ import annotations

import orjson

from kctl.api.errors import bad_request
from kctl.api.kind import Kind, Object
from kctl.store.types import Key, Record, Write


def encode(kind: Kind, obj: Object) -> bytes:
    """The stored JSON of an object. Raises ApiError where it is no JSON (an integer
    beyond 64 bits, a lone surrogate, nesting too deep)."""
    if kind.to_stored is not None:
        obj = kind.to_stored(obj)
    rest = {
        name: value for name, value in obj.items() if name not in ("apiVersion", "kind", "metadata")
    }
    meta = {name: value for name, value in obj["metadata"].items() if name != "resourceVersion"}
    ordered = {"apiVersion": kind.stored_api_version, "kind": kind.kind, "metadata": meta, **rest}
    return dumps(ordered)


def dumps(obj: object) -> bytes:
    try:
        return orjson.dumps(obj)
    except orjson.JSONEncodeError as error:
        raise bad_request(f"object cannot be encoded as JSON: {error}") from None


def copy(obj: Object) -> Object:
    """A deep copy of JSON, faster than copy.deepcopy by far."""
    copied: Object = orjson.loads(dumps(obj))
    return copied


def decode(record: Record, kind: Kind | None = None) -> Object:
    """The object of a record, with its resourceVersion, and in the version of `kind` where
    one is given."""
    obj: Object = orjson.loads(record.value)
    obj["metadata"]["resourceVersion"] = str(record.revision)
    if kind is not None and kind.from_stored is not None:
        obj = kind.from_stored(obj)
    elif kind is not None:
        obj["apiVersion"] = kind.api_version
    return obj


def beginning(kind: Kind) -> bytes:
    """What the stored JSON of every object of a kind begins with, up to the first member of
    its metadata: where a list puts the resourceVersion."""
    text = f'{{"apiVersion":"{kind.api_version}","kind":"{kind.kind}","metadata":{{'
    return text.encode()


def behind(head: bytes, value: bytes) -> bytes:
    """What follows the beginning of a stored text: its metadata, and the rest. `head` is that
    of the kind; what was stored in another version begins otherwise."""
    if value.startswith(head):
        return value[len(head) :]
    mark = b'"metadata":{'
    return value[value.index(mark) + len(mark) :]


def to_write(kind: Kind, key: Key, expected: int, obj: Object, value: bytes) -> Write:
    """The write that stores `obj`, whose encoding is `value`, with its table row, labels,
    back references and claims."""
    meta = obj["metadata"]
    labels = meta.get("labels")
    owners = [f"owner/{each['uid']}" for each in meta.get("ownerReferences") or ()]
    return Write(
        key,
        expected,
        value,
        meta["uid"],
        orjson.dumps(labels).decode() if labels else "{}",
        orjson.dumps((kind.stored_row or kind.row)(obj)).decode(),
        (*dict.fromkeys(owners), *kind.refs(obj)),
        tuple(kind.claims(obj)),
    )
