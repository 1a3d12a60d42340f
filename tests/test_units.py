# SPDX-License-Identifier: Apache-2.0
"""Sizes and expressions: values, faults with their place, and no way to make them expensive."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ramwright.units import MAX_VALUE, Fault, byte_count, spelled, value_of

CONSTANTS = {"DEPTH": 48, "SIZE": 1536, "BROKEN": None}


def fault_of(text: str, *, size: bool = True) -> Fault:
    found = value_of(text, CONSTANTS, size=size)
    assert isinstance(found, Fault), f"{text!r} is {found}"
    return found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("24576", 24576),
        ("16K", 16384),
        ("2M", 2 << 20),
        ("0x4000", 0x4000),
        ("0XfF", 255),
        ("0x4K", 4096),
        ("6 * 1536 + 64", 9280),
        ("6*1536+64", 9280),
        ("  7  ", 7),
        ("2 + 3 * 4", 14),
        ("(2 + 3) * 4", 20),
        ("20 - 4 - 3", 13),
        ("64 / 4 / 2", 8),
        ("-4 + 8", 4),
        ("8 - -8", 16),
        ("2 * -(-8)", 16),
        ("--8", 8),
        ("DEPTH * 2", 96),
        ("6 * SIZE + 64", 9280),
        ("align_up(100, 64)", 128),
        ("align_up(128, 64)", 128),
        ("align_up(6 * SIZE, 2 * 16) + 1K", 10240),
        ("0xFFFFFFFFFFFFFFFF", MAX_VALUE),
        ("18446744073709551615", MAX_VALUE),
    ],
)
def test_value(text: str, value: int) -> None:
    assert value_of(text, CONSTANTS, size=True) == value


@pytest.mark.parametrize(
    ("text", "code", "offset", "length"),
    [
        ("", "RW0201", 0, 1),
        ("  ", "RW0201", 2, 1),
        ("4 *", "RW0201", 3, 1),
        ("4 * * 2", "RW0201", 4, 1),
        ("(4", "RW0201", 2, 1),
        ("4)", "RW0201", 1, 1),
        ("1 2", "RW0201", 2, 1),
        ("16k", "RW0201", 0, 3),
        ("1 + 16KB", "RW0201", 4, 4),
        ("1G", "RW0201", 0, 2),
        ("1_000", "RW0201", 0, 5),
        ("010", "RW0201", 0, 3),
        ("1.5K", "RW0201", 1, 1),
        ("2 ^ 3", "RW0201", 2, 1),
        ("1, 2", "RW0201", 1, 1),
        ("+5", "RW0201", 0, 1),
        ("align_up 4", "RW0201", 9, 1),
        ("align_up(4)", "RW0201", 10, 1),
        ("٣", "RW0201", 0, 1),
        ("4 + DEPHT", "RW0202", 4, 5),
        ("DEPTH(1)", "RW0201", 5, 1),
        ("18446744073709551616", "RW0203", 0, 20),
        ("0x10000000000000000", "RW0203", 0, 19),
        ("0xFFFFFFFFFFFFFFFF * 2", "RW0203", 19, 1),
        ("0xFFFFFFFFFFFFFFFF + 1", "RW0203", 19, 1),
        ("18014398509481984K", "RW0203", 0, 18),
        ("-1", "RW0204", 0, 2),
        ("4 - 5", "RW0204", 0, 5),
        ("10 / 4", "RW0206", 3, 1),
        ("10 / (2 - 2)", "RW0206", 3, 1),
        ("align_up(10, 6)", "RW0206", 13, 1),
        ("align_up(10, 0)", "RW0206", 13, 1),
    ],
)
def test_fault(text: str, code: str, offset: int, length: int) -> None:
    fault = fault_of(text)
    assert (fault.code, fault.offset, fault.length) == (code, offset, length)
    assert fault.what


def test_suffix_belongs_to_sizes() -> None:
    assert fault_of("4 + 16K", size=False).code == "RW0205"
    assert value_of("4 * 16", CONSTANTS, size=False) == 64


@pytest.mark.parametrize(
    ("text", "meant"), [("64 K", "64K"), ("64 kB", "64K"), ("64KB", "64K"), ("2MiB", "2M")]
)
def test_suffix_in_another_spelling_is_shown_as_it_should_be(text: str, meant: str) -> None:
    assert fault_of(text).hint.startswith(f"write {meant}")


def test_misspelled_constant_gets_a_suggestion() -> None:
    assert fault_of("DEPHT").hint == "did you mean `DEPTH`?"


def test_constant_at_fault_is_not_reported_again() -> None:
    assert value_of("4 + BROKEN", CONSTANTS, size=True) is None


@pytest.mark.parametrize("text", ["(" * 255, "-" * 255 + "1", "9" * 255, "1+" * 127 + "1"])
def test_longest_expressions_are_cheap(text: str) -> None:
    before = time.perf_counter()
    value_of(text, CONSTANTS, size=True)
    assert time.perf_counter() - before < 0.5


@pytest.mark.parametrize("text", ["1" * 10_000, "(" * 10_000, "1" + "*9" * 100_000])
def test_longer_expressions_are_refused_unread(text: str) -> None:
    assert fault_of(text).code == "RW0201"


@given(st.text(alphabet="0123456789xKM+-*/() ,_alignupDEPTH", max_size=40))
def test_any_text_has_a_value_or_a_fault_inside_it(text: str) -> None:
    found = value_of(text, CONSTANTS, size=True)
    if isinstance(found, Fault):
        assert 0 <= found.offset <= len(text)
    elif found is not None:
        assert 0 <= found <= MAX_VALUE


@given(
    st.recursive(
        st.integers(0, 1000).map(str),
        lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(
            lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
        ),
        max_leaves=12,
    )
)
def test_agrees_with_python(text: str) -> None:
    expected = eval(text)  # of numbers, + - * and parentheses made above
    found = value_of(text, {}, size=True)
    if isinstance(found, Fault):
        assert expected < 0 or found.code == "RW0203"
    else:
        assert found == expected


@given(st.integers(0, MAX_VALUE))
def test_spelling_can_be_read_back(value: int) -> None:
    assert value_of(spelled(value), {}, size=True) == value


def test_byte_count_is_spoken() -> None:
    assert byte_count(1) == "1 byte"
    assert byte_count(1000) == "1000 bytes"
    assert byte_count(24576) == "24576 bytes (24K)"
