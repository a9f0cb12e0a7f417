"""-o: from the word on the command line to a function that prints an object."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Object = dict[str, Any]
Write = Callable[[Object], str]

TEMPLATES = ("go-template", "template", "jsonpath", "jsonpath-as-json")
TEMPLATE_FILES = ("go-template-file", "templatefile", "jsonpath-file")
PLAIN = ("json", "kyaml", "name", "yaml")
ONE_OBJECT = tuple(sorted((*PLAIN, *TEMPLATES, *TEMPLATE_FILES)))
"""What create and its like take. get takes wide and custom columns as well."""


class Wanted:
    """What -o and --template say. `typed`: the objects come from a generator, so that JSON
    keeps their order and numbers in templates are Go's float64."""

    def __init__(
        self,
        output: str,
        template: str = "",
        *,
        allow_missing: bool = True,
        typed: bool = False,
        managed_fields: bool = False,
        allowed: tuple[str, ...] = ONE_OBJECT,
        name_of: Callable[[Object], str] | None = None,
        extra: dict[str, Callable[[str], Write]] | None = None,
    ) -> None:
        self.output, self.template, self.allow_missing = output, template, allow_missing
        self.typed, self.managed_fields, self.allowed = typed, managed_fields, allowed
        self.name_of = name_of or default_name
        self.extra = extra or {}


def writer(wanted: Wanted) -> Write:
    """The function that turns an object into text. Raises ValueError with kubectl's text
    for a format that there is not, or a template that cannot be read."""
    output = wanted.output or ("go-template" if wanted.template else "")
    if output.lower() in PLAIN:
        return _plain(output.lower(), wanted)
    name, _, argument = output.partition("=")
    if name in TEMPLATES or name in TEMPLATE_FILES:
        text = argument or wanted.template
        if not text:
            raise ValueError("template format specified but no template given")
        if name in TEMPLATE_FILES:
            text = _file(text)
        return _template(name, text, wanted)
    if name in wanted.extra:
        return wanted.extra[name](argument)
    raise ValueError(
        f'unable to match a printer suitable for the output format "{output}", allowed '
        f"formats are: {','.join(wanted.allowed)}"
    )


def default_name(obj: Object) -> str:
    """ "deployment.apps/web"."""
    group = obj.get("apiVersion", "").rpartition("/")[0]
    lower = obj.get("kind", "").lower()
    type_name = f"{lower}.{group}" if group else lower
    return f"{type_name}/{obj.get('metadata', {}).get('name') or '<unknown>'}"


def without_managed_fields(obj: Object) -> Object:
    """An object, or a list of them."""
    if isinstance(obj.get("items"), list):
        return {**obj, "items": [_unmanaged(each) for each in obj["items"]]}
    return _unmanaged(obj)


def _unmanaged(obj: Object) -> Object:
    meta = obj.get("metadata")
    if isinstance(meta, dict) and "managedFields" in meta:
        rest = {key: value for key, value in meta.items() if key != "managedFields"}
        return {**obj, "metadata": rest}
    return obj


def _plain(output: str, wanted: Wanted) -> Write:
    if output == "name":
        return lambda obj: wanted.name_of(obj) + "\n"
    shown: Callable[[Object], Object] = (
        (lambda obj: obj) if wanted.managed_fields else without_managed_fields
    )
    if output == "json":
        from kctl.printing.json_out import dump_json

        return lambda obj: dump_json(shown(obj), ordered=wanted.typed)
    if output == "kyaml":
        from kctl.printing.kyaml import dump_kyaml

        return lambda obj: dump_kyaml(shown(obj), ordered=wanted.typed)
    from kctl.api.yaml_out import dump_yaml

    return lambda obj: dump_yaml(shown(obj))


def _template(name: str, text: str, wanted: Wanted) -> Write:
    if name.startswith("jsonpath"):
        from kctl.printing.jsonpath import parse

        parsed = parse(text, allow_missing=wanted.allow_missing, as_json=name == "jsonpath-as-json")
        if wanted.typed:
            return lambda obj: parsed.execute(as_decoded(obj))
        return parsed.execute
    from kctl.printing.go_template import parse as parse_go

    return parse_go(text, allow_missing=wanted.allow_missing).execute


def as_decoded(value: Any) -> Any:
    """Numbers as encoding/json decodes them: every one a float64."""
    if isinstance(value, dict):
        return {key: as_decoded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [as_decoded(each) for each in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def _file(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ValueError(f"error reading --template {path}, open {path}: {reason}") from None
