"""A small language for choosing items, read and written; nothing of it is ever run as code.

    price < 300 and brand in ("Acme", "Lumo") and not category = "case"

    expression   any of alternatives: `... or ...`, of parts that must all hold: `... and ...`, `not ...`, `( ... )`
    test         field = "text", != , < , <= , > , >= a number; in ("a", "b"); not in (...); is unknown; is not unknown
    field        an attribute or number of the catalogue, or item, kind, language, stock, since, available; one with
                 other letters in its name stands in backticks: `screen size` > 6

What is unknown fails every test but `is unknown`, so that `not` and `!=` hold for it. `since` is compared with days:
since >= "2026-01-01". Masks of a catalogue are made by `rank/masks`.

    parse(text)      -> a tree of Compare, Not, AllOf and AnyOf
    written(tree)    -> its text; parse(written(tree)) == tree
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn, TypeAlias

from whyrec.core.errors import FilterError

LONGEST = 2000
"""Letters of an expression that somebody writes."""
DEEPEST = 32
"""Brackets and `not`s inside each other."""
KEYWORDS = frozenset({"and", "or", "not", "in", "is", "unknown"})

Value: TypeAlias = str | float


@dataclass(frozen=True)
class Compare:
    """One test of one field. `sign` is one of = < <= > >= in unknown; `unknown` has no values, `in` several."""

    field: str
    sign: str
    values: tuple[Value, ...] = ()


@dataclass(frozen=True)
class Not:
    """Holds where the part does not."""

    part: Expression


@dataclass(frozen=True)
class AllOf:
    """Holds where all of at least two parts do."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class AnyOf:
    """Holds where one of at least two parts does."""

    parts: tuple[Expression, ...]


Expression: TypeAlias = Compare | Not | AllOf | AnyOf

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<number>-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<quoted>`(?:[^`]|``)+`)
    |(?P<word>[^\W\d][\w.-]*)
    |(?P<sign><=|>=|!=|==|<>|&&|\|\||[=<>(),!])
    |(?P<end>$)
    |(?P<other>.))""",
    re.VERBOSE | re.DOTALL,
)
_OTHER_TONGUES = {"==": "=", "<>": "!=", "&&": "and", "||": "or", "!": "not"}
_PLAIN = re.compile(r"[^\W\d][\w.-]*")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True)
class Token:
    """A word of an expression and where it begins."""

    kind: str
    text: str
    at: int


@lru_cache(maxsize=1024)
def parse(text: str, longest: int = LONGEST) -> Expression:
    """Read an expression; raises FilterError, which points at the place, where it cannot be read."""
    if len(text) > longest:
        raise FilterError(f"Filter: expected at most {longest:,} letters, got {len(text):,}. Make it shorter.")
    return _Reader(text).whole()


class _Reader:
    """Reads tokens one by one; each method reads what its name says and leaves the rest."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.next = 0
        self.depth = 0

    def whole(self) -> Expression:
        found = self.alternatives()
        if self.token.kind != "end":
            self.fail("and, or, or the end")
        return found

    def alternatives(self) -> Expression:
        parts = [self.parts()]
        while self.taken("or"):
            parts.append(self.parts())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def parts(self) -> Expression:
        parts = [self.part()]
        while self.taken("and"):
            parts.append(self.part())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def part(self) -> Expression:
        if self.taken("not"):
            self.deeper()
            found: Expression = Not(self.part())
        elif self.taken("("):
            self.deeper()
            found = self.alternatives()
            self.expect(")", "and, or, or a closing bracket")
        else:
            return self.compare()
        self.depth -= 1
        return found

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail(f"at most {DEEPEST} brackets and nots inside each other")

    def compare(self) -> Expression:
        field = self.field()
        if self.taken("is"):
            negative = self.taken("not")
            self.expect("unknown", "unknown")
            return _negated(Compare(field, "unknown"), negative)
        negative = self.taken("not")
        if self.taken("in"):
            return _negated(Compare(field, "in", self.values()), negative)
        if negative:
            self.fail("in")
        sign = self.token.text
        if self.token.kind != "sign" or sign not in ("=", "!=", "<", "<=", ">", ">="):
            self.fail("one of = != < <= > >= in, not in, is unknown")
        self.next += 1
        return _negated(Compare(field, "=" if sign == "!=" else sign, (self.value(),)), sign == "!=")

    def field(self) -> str:
        token = self.token
        if token.kind == "quoted":
            self.next += 1
            return token.text[1:-1].replace("``", "`")
        if token.kind != "word" or token.text.lower() in KEYWORDS:
            self.fail("the name of an attribute")
        self.next += 1
        return token.text

    def values(self) -> tuple[Value, ...]:
        self.expect("(", "an opening bracket")
        found = [self.value()]
        while self.taken(","):
            found.append(self.value())
        self.expect(")", "a comma or a closing bracket")
        return tuple(found)

    def value(self) -> Value:
        token = self.token
        if token.kind == "text":
            self.next += 1
            return _ESCAPED.sub(r"\1", token.text[1:-1])
        if token.kind == "number" and math.isfinite(float(token.text)):
            self.next += 1
            return float(token.text) + 0.0  # no negative zero
        hint = f'; in quotes it is a text: "{token.text}"' if token.kind == "word" else ""
        return self.fail("a number, or a text in quotes", hint)

    @property
    def token(self) -> Token:
        return self.tokens[self.next]

    def taken(self, word: str) -> bool:
        """Whether the next token is this word or sign, which then is read."""
        token = self.token
        found = token.kind in ("word", "sign") and token.text.lower() == word
        self.next += found
        return found

    def expect(self, word: str, wanted: str) -> None:
        if not self.taken(word):
            self.fail(wanted)

    def fail(self, wanted: str, hint: str = "") -> NoReturn:
        raise FilterError(_pointed(self.text, self.token, wanted, hint))


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    at = 0
    while not tokens or tokens[-1].kind != "end":
        found = _TOKEN.match(text, at)
        kind = str(found.lastgroup) if found else "end"
        token = Token(kind, found[kind] if found else "", found.start(kind) if found else len(text))
        if kind == "other" or token.text in _OTHER_TONGUES:
            _refuse(text, token)
        tokens.append(token)
        at = found.end() if found else len(text)
    return tokens


def _refuse(text: str, token: Token) -> NoReturn:
    """A letter that begins nothing: a quotation mark without its other one, or a sign of another language."""
    if token.text in _OTHER_TONGUES:
        raise FilterError(_pointed(text, token, _OTHER_TONGUES[token.text]))
    if token.text in "\"'`":
        raise FilterError(_pointed(text, token, f"a second {token.text} after this one"))
    raise FilterError(_pointed(text, token, "a name, a sign, a number, or a text in quotes"))


def _pointed(text: str, token: Token, wanted: str, hint: str = "") -> str:
    """A message with the part of the text around the place, and a mark below it."""
    begin = max(0, token.at - 40)
    shown = "".join(letter if letter.isprintable() else " " for letter in text[begin : token.at + 30])
    got = "the end" if token.kind == "end" else repr(token.text[:30])
    said = f"Filter: expected {wanted} at letter {token.at + 1}, got {got}{hint}."
    return f"{said}\n  {shown}\n  {' ' * (token.at - begin)}^"


def _negated(compare: Compare, negative: bool) -> Expression:
    return Not(compare) if negative else compare


def written(expression: Expression) -> str:
    """Return the text of an expression, from which `parse` reads an equal one."""
    match expression:
        case Compare():
            return _written(expression, False)
        case Not(Compare() as compare) if compare.sign in ("=", "in", "unknown"):
            return _written(compare, True)
        case Not(part):
            return f"not {_bracketed(part)}"
        case AllOf(parts):
            return " and ".join(_bracketed(part) for part in parts)
        case AnyOf(parts):
            return " or ".join(f"({written(part)})" if isinstance(part, AnyOf) else written(part) for part in parts)


def _bracketed(part: Expression) -> str:
    return f"({written(part)})" if isinstance(part, (AllOf, AnyOf)) else written(part)


def _written(compare: Compare, negative: bool) -> str:
    field, values = name(compare.field), [_value(value) for value in compare.values]
    match compare.sign:
        case "unknown":
            return f"{field} is {'not ' if negative else ''}unknown"
        case "in":
            return f"{field} {'not ' if negative else ''}in ({', '.join(values)})"
        case sign:
            return f"{field} {'!=' if negative else sign} {values[0]}"


def name(field: str) -> str:
    """Return the name of a field as an expression writes it."""
    plain = _PLAIN.fullmatch(field) and field.lower() not in KEYWORDS
    return field if plain else f"`{field.replace('`', '``')}`"


def _value(value: Value) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return plain_number(value)


def plain_number(value: float) -> str:
    """Return a number without a needless ".0"."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def conjuncts(expression: Expression) -> tuple[Expression, ...]:
    """Return the parts that must all hold, so that each can be told apart."""
    return expression.parts if isinstance(expression, AllOf) else (expression,)


def one_of(field: str, values: Sequence[Value]) -> Compare:
    """Return the test that a field has one of these values."""
    return Compare(field, "=", (values[0],)) if len(values) == 1 else Compare(field, "in", tuple(values))
