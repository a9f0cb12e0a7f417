"""The shape of values, as far as server-side apply needs it: what is one value, what is
merged item by item, and what names the items.

A `Shape` is the small protocol between apply and whatever knows a schema: the table of
the built-in types (`tables`), the schema of a custom kind (`custom`). Its terms are
those of structured-merge-diff: a leaf is owned as a whole; a granular map, a list with keys
and a set are owned item by item.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

STRING, NUMERIC, BOOLEAN, UNTYPED = "string", "numeric", "boolean", "untyped"


class Key(NamedTuple):
    """One of the fields that name an item of a list; default where an item lacks it."""

    name: str
    default: Any = None


class Shape:
    """One type. `form` is one of the constants below; `atomic` makes a list or map a leaf."""

    SCALAR, LIST, MAP, ANY = "scalar", "list", "map", "any"

    __slots__ = ("_fields", "_item", "_structs", "atomic", "form", "keys", "leaf", "scalar")

    def __init__(
        self,
        form: str,
        *,
        scalar: str = UNTYPED,
        atomic: bool = False,
        keys: tuple[Key, ...] = (),
        fields: Callable[[], Mapping[str, Member]] | None = None,
        item: Callable[[], Shape] | None = None,
    ) -> None:
        """fields are the declared ones of a map, item is the type of all others (None: there
        may be no others) or that of a list's items; both are asked for when first used, since
        types may hold themselves."""
        self.form, self.scalar, self.atomic, self.keys = form, scalar, atomic, keys
        self._fields: Callable[[], Mapping[str, Member]] | Mapping[str, Member] = fields or {}
        self._item: Callable[[], Shape] | Shape | None = item
        self._structs: tuple[tuple[str, str], ...] | None = None
        self.leaf = form == self.SCALAR or (atomic and form != self.ANY)

    @property
    def fields(self) -> Mapping[str, Member]:
        found = self._fields  # another thread may do the same meanwhile
        if callable(found):
            found = self._fields = found()
        return found

    @property
    def item(self) -> Shape | None:
        found = self._item
        if callable(found):
            found = self._item = found()
        return found

    @property
    def structs(self) -> tuple[tuple[str, str], ...]:
        """(name, element) of the declared fields that are always there and no scalars."""
        found = self._structs
        if found is None:
            found = self._structs = tuple(
                (name, each.element)
                for name, each in self.fields.items()
                if each.always and each.type.form != self.SCALAR
            )
        return found

    def whole(self) -> Shape:
        """The same type owned as one value."""
        if self.leaf or self.form == self.ANY:
            return self
        return Shape(self.form, atomic=True, fields=lambda: self.fields, item=self._held_item())

    def granular(self) -> Shape:
        """The same map owned field by field, whatever it says itself."""
        if self.form != self.MAP or not self.atomic:
            return self
        return Shape(self.form, fields=lambda: self.fields, item=self._held_item())

    def _held_item(self) -> Callable[[], Shape] | None:
        item = self.item
        return None if item is None else lambda: item

    def of(self, value: Any) -> Shape:
        """The shape that this value has: of a type that allows any, what it looks like."""
        if self.form != self.ANY:
            return self
        if isinstance(value, dict):
            return ANY_MAP
        return ANY_LIST if isinstance(value, list) else SCALARS[UNTYPED]


class Member(NamedTuple):
    """A declared field. element: its name in a field set ("f:replicas"). always: Go's struct
    has the field even where JSON lacks it, so that nobody adds or removes it as such."""

    element: str
    type: Shape
    always: bool = False


SCALARS = {each: Shape(Shape.SCALAR, scalar=each) for each in (STRING, NUMERIC, BOOLEAN)}
SCALARS[UNTYPED] = Shape(Shape.SCALAR)
ANY = Shape(Shape.ANY)
ANY_MAP = Shape(Shape.MAP, item=lambda: ANY)
ANY_LIST = Shape(Shape.LIST, atomic=True, item=lambda: ANY)
