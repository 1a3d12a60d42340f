# SPDX-License-Identifier: Apache-2.0
"""Sizes and numbers as the user writes them: `16K`, `0x4000`, `6 * 1536 + 64`, `2 * DEPTH`.

    sum     = product { ("+" | "-") product }
    product = factor { ("*" | "/") factor }
    factor  = ["-"] ( number | constant | "(" sum ")" | "align_up" "(" sum "," sum ")" )
    number  = decimal or 0x-hexadecimal digits, with K or M behind them where a size is meant

K is 1024, M is 1024 * 1024. Division must be exact. Every intermediate value fits 64 bits and the
nesting is bounded, so a hostile string costs no more than its length.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple, NoReturn

from ramwright.wording import did_you_mean

MAX_LENGTH = 256  # characters of an expression
MAX_NESTING = 32  # open parentheses
MAX_VALUE = 2**64 - 1
MAX_DIGITS = 20  # decimal digits of 2**64 - 1

_UNKNOWN = -1  # which no constant is
_USUAL = re.compile(r"[1-9][0-9]{0,8}")  # decimal digits that need no second look
_HEXADECIMAL = re.compile(r"[0-9][0-9a-fA-F]*[hH]")  # as some assemblers write it
_HAS = "an expression has numbers, names of constants, + - * / ( ) and align_up"
_OTHER_HINTS = {
    ".": "write a whole number, as 1536 for 1.5K",
    **dict.fromkeys("\u201c\u201d\u201e\u2018\u2019", "write straight quotes, \" or ', or none"),
}
_SUFFIXES = {"": 1, "K": 1 << 10, "M": 1 << 20}
_TOKEN = re.compile(
    r"\s*(?:(?P<number>0[xX][0-9a-fA-F]+|[0-9][0-9_]*)(?P<suffix>\w*)"
    r"|(?P<name>[A-Za-z_]\w*)|(?P<sign>[-+*/(),])|(?P<other>\S)|(?P<end>$))",
    re.ASCII,
)


class Fault(NamedTuple):
    """What is wrong with an expression; `offset` and `length` count characters of the text."""

    offset: int
    length: int
    code: str
    what: str
    hint: str = ""


class _FaultFoundError(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.what)
        self.fault = fault


class _Token(NamedTuple):
    kind: str  # number, name, end, or the sign itself
    text: str
    offset: int
    value: int = 0


class _UnknowableError(Exception):
    """The expression uses a constant whose own expression is at fault."""


def value_of(text: str, constants: Mapping[str, int | None], *, size: bool) -> int | Fault | None:
    """The value of expression `text`, not negative; K and M are known where `size` is true.

    A constant of value None is at fault itself; the result is None where the expression uses it."""
    if len(text) > MAX_LENGTH:
        what = f"an expression of {len(text)} characters; {MAX_LENGTH} are allowed"
        return Fault(0, MAX_LENGTH, "RW0201", what, "name parts of it under `constants`")
    value = constants.get(text, _UNKNOWN)
    if value != _UNKNOWN:  # one name alone
        return value
    try:
        value = _Parser(_tokens(text, size), constants).whole()
    except _FaultFoundError as found:
        return found.fault
    except _UnknowableError:
        return None
    if value < 0:
        what = f"`{text.strip()}` is {value}, but a value here cannot be negative"
        return Fault(0, len(text), "RW0204", what)
    return value


def spelled(value: int) -> str:
    """`value` as a person writes a size: 16K rather than 16384."""
    for suffix in ("M", "K"):
        if value and value % _SUFFIXES[suffix] == 0:
            return f"{value // _SUFFIXES[suffix]}{suffix}"
    return str(value)


def byte_count(value: int) -> str:
    """`value` in words: "1 byte", "24576 bytes (24K)"."""
    if value == 1:
        return "1 byte"
    short = spelled(value)
    return f"{value} bytes" if short == str(value) else f"{value} bytes ({short})"


def _fail(token: _Token, code: str, what: str, hint: str = "") -> NoReturn:
    raise _FaultFoundError(Fault(token.offset, max(1, len(token.text)), code, what, hint))


def _tokens(text: str, size: bool) -> list[_Token]:
    tokens = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "sign":
            sign = match["sign"]
            tokens.append(_Token(sign, sign, match.end() - 1))
        elif kind == "suffix":
            tokens.append(_number(match["number"], match["suffix"], match.start("number"), size))
        else:
            assert kind is not None, "the pattern accepts any character and the end"
            tokens.append(_Token(kind, match[kind], match.start(kind)))
            if kind == "end":
                break
            if kind == "other":
                what = f"`{tokens[-1].text}` has no meaning in an expression"
                _fail(tokens[-1], "RW0201", what, _OTHER_HINTS.get(tokens[-1].text, _HAS))
    return tokens


def _number(digits: str, suffix: str, offset: int, size: bool) -> _Token:
    factor = _SUFFIXES.get(suffix)
    if factor is not None and (size or not suffix) and _USUAL.fullmatch(digits):
        return _Token("number", digits + suffix, offset, int(digits) * factor)
    return _unusual_number(_Token("number", digits + suffix, offset), digits, suffix, size)


def _unusual_number(whole: _Token, digits: str, suffix: str, size: bool) -> _Token:
    if "_" in digits:
        _fail(whole, "RW0201", f"`{whole.text}` is not a number", "write it without `_`")
    hexadecimal = digits[:2] in ("0x", "0X")
    if not hexadecimal and len(digits) > 1 and digits[0] == "0":
        _fail(
            whole,
            "RW0201",
            f"`{whole.text}` has a leading zero",
            "write decimal without leading zeros, or hexadecimal as 0x…; octal is not known here",
        )
    if suffix not in _SUFFIXES:
        _fail(whole, "RW0201", f"`{whole.text}` is not a number", _suffix_hint(digits, suffix))
    if suffix and not size:
        _fail(
            whole,
            "RW0205",
            f"`{whole.text}`: K and M are for sizes only",
            f"write {whole.text[:-1]} * {_SUFFIXES[suffix]} if that is meant",
        )
    if len(digits.lstrip("0xX")) > MAX_DIGITS:
        _fail(whole, "RW0203", "a number of more than 64 bits")
    value = int(digits, 16 if hexadecimal else 10) * _SUFFIXES[suffix]
    if value > MAX_VALUE:
        _fail(whole, "RW0203", "a number of more than 64 bits")
    return whole._replace(value=value)


def _meant_suffix(suffix: str) -> str:
    """K or M where `suffix` is another spelling of it, else ""."""
    letter = suffix[:1].upper()
    return letter if letter in "KM" and suffix[1:].upper() in ("", "B", "IB") else ""


def _suffix_hint(digits: str, suffix: str) -> str:
    upper, meant = suffix.upper(), _meant_suffix(suffix)
    if _HEXADECIMAL.fullmatch(digits + suffix):
        return f"write 0x{(digits + suffix)[:-1]}"
    if meant:
        factor = "1024" if meant == "K" else "1024 * 1024"
        return f"write {digits}{meant}: {meant} stands for {factor} bytes"
    if upper in ("G", "GB", "GIB"):
        return "the largest suffix is M: 1024M"
    if upper in ("U", "L", "UL", "ULL", "B"):
        return f"leave out the `{suffix}`"
    return "write decimal digits or 0x… for hexadecimal, and K or M behind a size"


_SUMS, _PRODUCTS = frozenset("+-"), frozenset("*/")


class _Parser:
    """Recursive descent; the recursion is bounded by MAX_NESTING."""

    def __init__(self, tokens: list[_Token], constants: Mapping[str, int | None]) -> None:
        self._tokens = tokens
        self._next = 0
        self._nesting = 0
        self._constants = constants

    def whole(self) -> int:
        if self._peek().kind == "end":
            _fail(self._peek(), "RW0201", "an empty expression", "write a number")
        value = self._sum()
        if self._peek().kind != "end":
            token = self._peek()
            hint = "put an operator between two values" if token.kind != ")" else ""
            before = self._tokens[self._next - 1]
            if before.kind == "number" and (meant := _meant_suffix(token.text)):
                hint = f"write {before.text}{meant}, without the space"
            _fail(token, "RW0201", f"`{token.text}` is not expected here", hint)
        return value

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _expect(self, sign: str) -> None:
        token = self._peek()
        if token.kind != sign:
            found = f"`{token.text}`" if token.text else "the end"
            _fail(token, "RW0201", f"expected `{sign}`, found {found}")
        self._next += 1

    def _sum(self) -> int:
        value = self._product()
        while (sign := self._tokens[self._next]).kind in _SUMS:
            self._next += 1
            right = self._product()
            value = _bounded(sign, value + right if sign.kind == "+" else value - right)
        return value

    def _product(self) -> int:
        value = self._factor()
        while (sign := self._tokens[self._next]).kind in _PRODUCTS:
            self._next += 1
            right = self._factor()
            value = _bounded(
                sign, value * right if sign.kind == "*" else _quotient(sign, value, right)
            )
        return value

    def _factor(self) -> int:
        token = self._tokens[self._next]
        if token.kind == "number":
            self._next += 1
            return token.value
        if token.kind != "-":
            return self._atom()
        negative = False
        while self._peek().kind == "-":
            self._next += 1
            negative = not negative
        value = self._atom()
        return -value if negative else value

    def _atom(self) -> int:
        token = self._peek()
        if token.kind == "number":
            self._next += 1
            return token.value
        if token.kind == "name":
            self._next += 1
            return self._align_up(token) if token.text == "align_up" else self._constant(token)
        if token.kind == "(":
            self._open(token)
            value = self._sum()
            self._close()
            return value
        found = f"`{token.text}`" if token.text else "the end"
        _fail(token, "RW0201", f"expected a value, found {found}")

    def _open(self, token: _Token) -> None:
        self._expect("(")
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            _fail(token, "RW0201", f"more than {MAX_NESTING} open parentheses")

    def _close(self) -> None:
        self._expect(")")
        self._nesting -= 1

    def _constant(self, token: _Token) -> int:
        value = self._constants.get(token.text, _UNKNOWN)
        if value is None:
            raise _UnknowableError
        if value != _UNKNOWN:
            return value
        hint = did_you_mean(token.text, self._constants) or "declare it under `constants`"
        _fail(token, "RW0202", f"there is no constant `{token.text}`", hint)

    def _align_up(self, name: _Token) -> int:
        self._open(self._peek())
        value = self._sum()
        self._expect(",")
        step_token = self._peek()
        step = self._sum()
        self._close()
        if step <= 0 or step & (step - 1):
            low = 1 << max(0, step.bit_length() - 1) if step > 0 else 1
            hint = f"the nearest: {low} or {low * 2}"
            _fail(step_token, "RW0206", f"align_up to {step}, which is not a power of two", hint)
        return _bounded(name, -(-value // step) * step)


def _bounded(token: _Token, value: int) -> int:
    if abs(value) > MAX_VALUE:
        _fail(token, "RW0203", "an intermediate value of more than 64 bits")
    return value


def _quotient(token: _Token, value: int, divisor: int) -> int:
    if divisor == 0:
        _fail(token, "RW0206", "a division by zero")
    if value % divisor:
        _fail(
            token,
            "RW0206",
            f"{value} / {divisor} leaves a remainder of {abs(value) % abs(divisor)}",
            "only exact division is allowed; align_up(x, a) rounds up",
        )
    return value // divisor
