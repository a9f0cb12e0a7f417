#!/usr/bin/env python3
"""Make the schema table of the Kubernetes API from the package kubernetes-validate.

Run: .venv/bin/python scripts/make_schema.py
Writes kctl/api/schema/v1_37.json, which `kctl.api.schema.schema` reads. The format:

    {"DEFINITION": [{"FIELD": TYPE or [TYPE, LIST, KEYS, STRATEGY, MERGE_KEY]},
                    [required fields]]}

TYPE is a letter (s string, i int32, l int64, b bool, f float64, y bytes, o object of any
content, a any JSON, q quantity, p int-or-string, t Time, u MicroTime), "@DEFINITION",
"[]TYPE" or "{}TYPE". A field carries the longer form where the API says how lists merge:
LIST is "map", "set" or "atomic", KEYS the keys of a list of type map, STRATEGY and
MERGE_KEY those of a strategic merge patch. Definitions are shortened: see PREFIXES.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import kubernetes_validate

VERSION = "v1.37.0"
TARGET = Path(__file__).parent.parent / "kctl" / "api" / "schema" / "v1_37.json"
PREFIXES = {
    "io.k8s.api.": "",
    "io.k8s.apimachinery.pkg.apis.": "+",
    "io.k8s.apiextensions-apiserver.pkg.apis.": "%",
    "io.k8s.kube-aggregator.pkg.apis.": "^",
}
SPECIAL = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "q",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "p",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "t",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "u",
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": "o",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Patch": "o",
    "io.k8s.apimachinery.pkg.runtime.RawExtension": "o",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON": "a",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray": "a",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool": "a",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray": "a",
}
SCALARS = {
    ("string", None): "s",
    ("string", "byte"): "y",
    ("string", "date-time"): "t",
    ("boolean", None): "b",
    ("integer", "int32"): "i",
    ("integer", "int64"): "l",
    ("integer", None): "l",
    ("number", "double"): "f",
    ("number", None): "f",
}


def short(definition: str) -> str:
    for prefix, sign in PREFIXES.items():
        if definition.startswith(prefix):
            return sign + definition.removeprefix(prefix)
    return definition


def plain_type(schema: dict[str, Any]) -> str | None:
    """The JSON type without "null", which every optional field allows."""
    found = schema.get("type")
    if isinstance(found, list):
        found = next(each for each in found if each != "null")
    return found


def type_of(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        definition = schema["$ref"].rpartition("/")[2]
        return SPECIAL.get(definition) or f"@{short(definition)}"
    found = plain_type(schema)
    if found is None:
        return "a"
    if found == "array":
        return f"[]{type_of(schema['items'])}"
    if found == "object":
        values = schema.get("additionalProperties")
        return f"{{}}{type_of(values)}" if values else "o"
    return SCALARS[found, schema.get("format")]


def field_of(schema: dict[str, Any]) -> Any:
    listing = schema.get("x-kubernetes-list-type") or schema.get("x-kubernetes-map-type")
    details = [
        listing or "",
        schema.get("x-kubernetes-list-map-keys", []),
        schema.get("x-kubernetes-patch-strategy", ""),
        schema.get("x-kubernetes-patch-merge-key", ""),
    ]
    return [type_of(schema), *details] if any(details) else type_of(schema)


def main() -> None:
    folder = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
    source = json.loads((folder / f"{VERSION}-local" / "_definitions.json").read_text())
    table = {}
    for name, schema in sorted(source["$defs"].items()):
        if name in SPECIAL:
            continue
        fields = {key: field_of(value) for key, value in schema.get("properties", {}).items()}
        table[short(name)] = [fields, schema.get("required", [])]
    TARGET.write_text(json.dumps(table, separators=(",", ":"), sort_keys=True) + "\n")
    print(f"{TARGET}: {len(table)} definitions, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
