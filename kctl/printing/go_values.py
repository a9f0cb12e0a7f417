"""Values as Go's fmt prints them: %v, %#v and %T of decoded JSON."""

from __future__ import annotations

from typing import Any


def go_type(value: Any) -> str:
    """%T."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int64"
    if isinstance(value, float):
        return "float64"
    if isinstance(value, str):
        return "string"
    if isinstance(value, dict):
        return "map[string]interface {}"
    return "<nil>" if value is None else "[]interface {}"


def go_float(number: float) -> str:
    """%v: the shortest digits, an exponent below 1e-4 and from 1e21 on."""
    if number != number or number in (float("inf"), float("-inf")):
        return {"inf": "+Inf", "-inf": "-Inf"}.get(str(number), "NaN")
    digits, _, power = f"{number:e}".partition("e")
    shortest = repr(number)
    mantissa, _, exponent = shortest.partition("e")
    ten = int(power)
    if -4 <= ten < 21:
        if exponent or mantissa.endswith(".0"):
            return f"{number:.0f}" if number == int(number) else shortest
        return mantissa
    digits = mantissa.replace(".", "").replace("-", "").strip("0") or "0"
    sign = "-" if number < 0 else ""
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{'-' if ten < 0 else '+'}{abs(ten):02d}"


def go_text(value: Any) -> str:
    """%v."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return go_float(value)
    if isinstance(value, dict):
        inside = " ".join(f"{key}:{go_text(value[key])}" for key in sorted(value))
        return f"map[{inside}]"
    if isinstance(value, list):
        return "[" + " ".join(go_text(each) for each in value) + "]"
    return str(value)


def go_syntax(value: Any) -> str:
    """%#v."""
    if value is None:
        return "interface {}(nil)"
    if isinstance(value, str):
        return go_quote(value)
    if isinstance(value, dict):
        inside = ", ".join(f"{go_quote(key)}:{go_syntax(value[key])}" for key in sorted(value))
        return "map[string]interface {}{" + inside + "}"
    if isinstance(value, list):
        return "[]interface {}{" + ", ".join(go_syntax(each) for each in value) + "}"
    return go_text(value)


_ESCAPES = {
    "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v",
    "\\": "\\\\", '"': '\\"',
}  # fmt: skip


def go_quote(text: str) -> str:
    """strconv.Quote."""
    parts = []
    for char in text:
        if char in _ESCAPES:
            parts.append(_ESCAPES[char])
        elif char.isprintable():
            parts.append(char)
        elif ord(char) < 0x80:
            parts.append(f"\\x{ord(char):02x}")
        else:
            parts.append(f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}")
    return '"' + "".join(parts) + '"'
