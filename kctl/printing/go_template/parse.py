"""The tokens of a Go template as a tree.

Nodes: ("text", s), ("pipe", names, assigns, commands), ("if", pipe, then, otherwise),
("range", ...), ("with", ...). A command is a list of operands; an operand is ("value", v),
("dot", fields), ("variable", name, fields), ("function", name), ("group", pipe, fields).
"""

from __future__ import annotations

from typing import Any

from kctl.printing.go_template.lex import Piece, TemplateError, Token, pieces
from kctl.printing.jsonpath.quote import unquote

Node = tuple[Any, ...]

_BLOCKS = ("if", "range", "with")
_REFUSED = ("define", "block", "template", "break", "continue")


def parse_nodes(text: str) -> list[Node]:
    reader = _Reader(pieces(text))
    nodes, ended = reader.block()
    if ended:
        raise TemplateError(f"{reader.line}: unexpected {{{{{ended}}}}}")
    return nodes


class _Reader:
    def __init__(self, found: list[Piece]) -> None:
        self.pieces, self.at, self.line = found, 0, 1

    def block(self) -> tuple[list[Node], str]:
        """Nodes up to {{end}}, {{else}} or the end of the template, and which it was."""
        nodes: list[Node] = []
        while self.at < len(self.pieces):
            piece = self.pieces[self.at]
            self.at += 1
            self.line = piece.line
            if piece.tokens is None:
                nodes.append(("text", piece.text))
                continue
            word = piece.tokens[0].text if piece.tokens else ""
            if word in ("end", "else"):
                self.rest = piece.tokens[1:]
                return nodes, word
            nodes.append(self._node(piece.tokens, word))
        return nodes, ""

    def _node(self, tokens: list[Token], word: str) -> Node:
        if not tokens:
            raise TemplateError(f"{self.line}: missing value for command")
        if word in _REFUSED:
            raise TemplateError(f"{self.line}: {{{{{word}}}}} is not supported")
        if word in _BLOCKS:
            return self._control(word, tokens[1:])
        return _Pipe(tokens, self.line).whole()

    def _control(self, word: str, tokens: list[Token]) -> Node:
        if not tokens:
            raise TemplateError(f"{self.line}: missing value for {word}")
        pipe = _Pipe(tokens, self.line).whole()
        then, ended = self.block()
        otherwise: list[Node] = []
        if ended == "else":
            if self.rest:
                return (word, pipe, then, [self._control(self.rest[0].text, self.rest[1:])])
            otherwise, ended = self.block()
        if ended != "end":
            raise TemplateError(f"{self.line}: unexpected EOF")
        return (word, pipe, then, otherwise)


class _Pipe:
    """One pipeline."""

    def __init__(self, tokens: list[Token], line: int) -> None:
        self.tokens, self.line, self.at = tokens, line, 0

    def whole(self) -> Node:
        pipe = self.pipe()
        if self.at < len(self.tokens):
            raise TemplateError(f'{self.line}: unexpected "{self._peek()}" in operand')
        return pipe

    def _peek(self) -> str:
        return self.tokens[self.at].text if self.at < len(self.tokens) else ""

    def pipe(self) -> Node:
        names, assigns = self._declared()
        commands = [self._command()]
        while self._peek() == "|":
            self.at += 1
            commands.append(self._command())
        return ("pipe", names, assigns, commands)

    def _declared(self) -> tuple[list[str], str]:
        """ "$a, $b :=" before the pipeline."""
        at, names = self.at, []
        while at < len(self.tokens) and self.tokens[at].kind == "variable":
            names.append(self.tokens[at].text)
            at += 1
            if at < len(self.tokens) and self.tokens[at].text == ",":
                at += 1
                continue
            break
        if names and at < len(self.tokens) and self.tokens[at].kind == "assign":
            self.at = at + 1
            return names, self.tokens[at].text
        return [], ""

    def _command(self) -> list[Node]:
        operands: list[Node] = []
        while self._peek() not in ("", "|", ")"):
            operands.append(self._operand())
        if not operands:
            raise TemplateError(f"{self.line}: missing value for command")
        return operands

    def _operand(self) -> Node:
        token = self.tokens[self.at]
        self.at += 1
        if token.kind == "string":
            raw = token.text
            return ("value", raw[1:-1] if raw[0] == "`" else unquote(raw))
        if token.kind == "number":
            return ("value", float(token.text) if "." in token.text else int(token.text))
        if token.kind == "dot":
            return ("dot", [])
        if token.kind == "field":
            return ("dot", [token.text[1:], *self._fields()])
        if token.kind == "variable":
            return ("variable", token.text, self._fields())
        if token.text == "(":
            inner = self.pipe()
            if self._peek() != ")":
                raise TemplateError(f"{self.line}: unclosed left paren")
            self.at += 1
            return ("group", inner, self._fields())
        if token.kind == "word":
            return self._word(token.text)
        raise TemplateError(f'{self.line}: unexpected "{token.text}" in operand')

    def _word(self, text: str) -> Node:
        constants = {"true": True, "false": False, "nil": None}
        if text in constants:
            return ("value", constants[text])
        from kctl.printing.go_template.functions import FUNCTIONS

        if text not in (*FUNCTIONS, "and", "or"):
            raise TemplateError(f'{self.line}: function "{text}" not defined')
        return ("function", text)

    def _fields(self) -> list[str]:
        names = []
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token.kind != "field" or token.spaced:
                break
            names.append(token.text[1:])
            self.at += 1
        return names
