"""kubectl's dialect of JSONPath: `template.execute(obj)` after `parse(text)`."""

from __future__ import annotations

from kctl.printing.jsonpath.evaluate import Template, parse
from kctl.printing.jsonpath.parse import JsonPathError

__all__ = ["JsonPathError", "Template", "parse"]
