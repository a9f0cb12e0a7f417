"""Kubernetes' protobuf: bodies that Go clients send, brought to the JSON form and back.

`decode` takes a whole body with its envelope; `encode` makes one. Which fields a message
has comes from a table (`kctl.api.protobuf.table`); nothing is read before it is needed.
"""

from __future__ import annotations

from kctl.api.protobuf.decode import decode
from kctl.api.protobuf.encode import encode
from kctl.api.protobuf.table import CONTENT_TYPE, MAGIC

__all__ = ["CONTENT_TYPE", "MAGIC", "decode", "encode"]
