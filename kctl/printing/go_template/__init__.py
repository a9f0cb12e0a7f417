"""Go templates, as far as they are used on decoded JSON: fields, variables, pipelines, if,
range, with, comparisons, index, len, printf and kubectl's own functions.

What is not known (define, block, template, break, method calls) is refused by name.
"""

from __future__ import annotations

from typing import Any

from kctl.printing.go_template.evaluate import evaluate
from kctl.printing.go_template.lex import TemplateError
from kctl.printing.go_template.parse import parse_nodes
from kctl.printing.go_values import go_syntax

__all__ = ["Template", "TemplateError", "parse"]


class Template:
    """One template, to be executed on many objects."""

    def __init__(self, text: str, *, allow_missing: bool = True) -> None:
        self.text, self.allow_missing = text, allow_missing
        try:
            self.nodes = parse_nodes(text)
        except TemplateError as error:
            raise TemplateError(
                f"error parsing template {text}, template: output:{error}"
            ) from None

    def execute(self, obj: Any) -> str:
        """What the template prints of the object. Raises TemplateError."""
        try:
            return evaluate(self.nodes, obj, self.allow_missing)
        except TemplateError as error:
            raise TemplateError(
                f"error executing template {go_syntax(self.text)}: template: output: {error}"
            ) from None


def parse(text: str, *, allow_missing: bool = True) -> Template:
    """Raises TemplateError for a template that cannot be parsed."""
    return Template(text, allow_missing=allow_missing)
