# SPDX-License-Identifier: Apache-2.0
"""YAML with positions and our own scalar rules; hostile input is refused, cheaply and in words."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ramwright.characters import MAX_BYTES, MAX_REPORTED
from ramwright.diagnostics import format_text
from ramwright.errors import MAX_PROBLEMS, Problem, has_errors
from ramwright.load import load, understood
from ramwright.source import Broken, Mapping, Scalar, Sequence, Source, parsed


def source_of(text: str) -> Source:
    return parsed(text.encode("utf-8", "surrogateescape"), "f.yaml")


def value_of(text: str) -> str | int | bool:
    source = source_of(f"key: {text}\n")
    assert source.problems == ()
    assert source.root is not None
    node = source.root.entries["key"].value
    assert isinstance(node, Scalar)
    return node.value


def codes_of(text: str) -> list[str]:
    return [problem.code for problem in source_of(text).problems]


def only_problem(text: str) -> Problem:
    (problem,) = source_of(text).problems
    return problem


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("48", 48),
        ("-5", -5),
        ("0", 0),
        ("0x4000", 0x4000),
        ("18446744073709551615", 2**64 - 1),
        ("true", True),
        ("false", False),
        ("16K", "16K"),
        ("6 * 1536 + 64", "6 * 1536 + 64"),
        ("struct can_frame", "struct can_frame"),
        ("cortex-m4", "cortex-m4"),
        ("<can.h>", "<can.h>"),
        ("y", "y"),
        ("one", "one"),
        ("'010'", "010"),
        ('"on"', "on"),
        ("'null'", "null"),
    ],
)
def test_scalar(text: str, value: str | int | bool) -> None:
    found = value_of(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        *("010", "0o17", "0b11", "-07", "1_000", "0x1_0", "1:30", "190:20:30", "1:30.5"),
        *("on", "On", "OFF", "yes", "No", "True", "FALSE"),
        *(".5", "1.", "1.5", "1e3", "1.5e-3", ".inf", "-.INF", ".nan"),
        *("2024-01-01", "2024-1-1 10:00", "="),
    ],
)
def test_what_yaml_readers_disagree_on_is_rejected_with_a_hint(text: str) -> None:
    problem = only_problem(f"key: {text}\n")
    assert problem.code == "RW0015"
    assert problem.hint
    assert (problem.where.line, problem.where.column) == (1, 6)
    assert problem.where.end_column == 6 + len(text)


@pytest.mark.parametrize("text", ["", "~", "Null", "NULL", "[1, ~]", "[1, , 2]"])
def test_nothing_is_no_value(text: str) -> None:
    assert codes_of(f"key: {text}\n") in (["RW0016"], ["RW0006"])


def test_every_key_and_value_has_its_place() -> None:
    source = source_of('a: 1\nbb:\n  - x\n  - {c: "16K"}\n')
    assert source.root is not None
    entries = source.root.entries
    assert (entries["bb"].where.line, entries["bb"].where.column) == (2, 1)
    items = entries["bb"].value
    assert isinstance(items, Sequence)
    inner = items.items[1]
    assert isinstance(inner, Mapping)
    node = inner.entries["c"].value
    assert isinstance(node, Scalar)
    assert (node.where.line, node.where.column, node.where.end_column) == (4, 9, 14)
    assert node.column == 10  # the text starts behind the quote


@pytest.mark.parametrize("text", ['"a\\x20b"', "'it''s'", "a\n  b", "|\n  text", ">\n  text"])
def test_text_out_of_step_with_the_file_has_no_column(text: str) -> None:
    source = source_of(f"key: {text}\n")
    assert source.root is not None
    node = source.root.entries["key"].value
    assert isinstance(node, Scalar)
    assert node.column == 0


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", ["RW0005"]),
        ("# only a comment\n", ["RW0005"]),
        ("---\n", ["RW0005"]),
        ("- a\n", ["RW0013"]),
        ("a\n", ["RW0013"]),
        ("a: 1\n---\nb: 1\n", ["RW0008"]),
        ("a: 1\n...\n", []),
        ("---\na: 1\n", []),
        ("%YAML 1.1\n---\na: 1\n", ["RW0011"]),
        ("a: !!str x\n", ["RW0011"]),
        ("a: !x {b: 1}\n", ["RW0011"]),
        ("a: &x 1\n", ["RW0009"]),
        ("a: *x\n", ["RW0009"]),
        ("<<: {a: 1}\n", ["RW0010"]),
        ("'<<': 1\n", []),
        ("a: 1\na: 2\na: 3\n", ["RW0012", "RW0012"]),
        ("? [a]\n: 1\nb: 1\n", ["RW0017"]),
        ("1: 1\n", ["RW0017"]),
        ("true: 1\n", ["RW0017"]),
        ("? \n: 1\n", ["RW0017"]),
        ("on: 1\n", ["RW0015"]),
        ("a: [1, 2\n", ["RW0006"]),
        ("a: 'x\n", ["RW0006"]),
        ("a: 1\n  b: 2\n", ["RW0006"]),
        ("a:\n\tb: 1\n", ["RW0007"]),
        ("a: 1 # tab\there\n", []),
        ("a: 1\r\nb: 2\r\n", []),
        ("a: 1\rb: 2\n", ["RW0003"]),
        ("a: x\x07y\n", ["RW0003"]),
        ("a: 'x\u202ey'\n", ["RW0003"]),
        ("a: x\u200by\n", ["RW0003"]),
        ("a: x\udcffy\n", ["RW0001"]),
        ("\ufeffa: 1\n", ["RW0002"]),
        ("a: grün # Übergröße 寸法\n", []),
    ],
)
def test_codes(text: str, codes: list[str]) -> None:
    assert codes_of(text) == codes


def test_without_libyaml_the_same_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    good = (Path(__file__).parent / "good" / "everything.yaml").read_bytes()
    fast = parsed(good, "f.yaml")
    monkeypatch.setattr("ramwright.source._LOADER", yaml.SafeLoader)
    assert parsed(good, "f.yaml") == fast
    assert codes_of("a: [1, 2\n") == ["RW0006"]
    assert codes_of("k: " + "[" * 5000) == ["RW0014"]


def test_the_first_of_duplicate_keys_counts() -> None:
    source = source_of("a: 1\na: 2\n")
    assert source.root is not None
    assert source.root.entries["a"].value == Scalar(1, source.root.entries["a"].value.where, 4)


def test_reading_goes_on_behind_a_problem() -> None:
    text = "a: 010\nb: on\nb: 2\nc: *x\nd: ~\n<<: {}\ne: !t 1\nf: 1\n"
    source = source_of(text)
    found = [(p.where.line, p.code) for p in source.problems]
    assert found == [
        (1, "RW0015"),
        (2, "RW0015"),
        (3, "RW0012"),
        (4, "RW0009"),
        (5, "RW0016"),
        (6, "RW0010"),
        (7, "RW0011"),
    ]
    assert source.root is not None
    assert isinstance(source.root.entries["a"].value, Broken)
    assert "f" in source.root.entries


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-32-be"])
def test_other_encodings_are_named(encoding: str) -> None:
    (problem,) = parsed("a: 1\n".encode(encoding), "f.yaml").problems
    assert problem.code == "RW0001"


def test_a_binary_file_is_not_a_flood() -> None:
    found = parsed(bytes(range(1, 256)) * 1000, "f.yaml").problems
    assert len(found) <= 4 * MAX_REPORTED


def test_billion_laughs_is_refused() -> None:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]
    before = time.perf_counter()
    assert set(codes_of("\n".join(lines))) == {"RW0009"}
    assert time.perf_counter() - before < 5


INDENTED = "\n".join(" " * level + "a:" for level in range(1500))


@pytest.mark.parametrize("text", ["k: " + "[" * 5000, "k: " + "{a: " * 5000, INDENTED])
def test_deep_nesting_is_refused(text: str) -> None:
    before = time.perf_counter()
    assert "RW0014" in codes_of(text)
    assert time.perf_counter() - before < 5


@pytest.mark.parametrize("text", ["9" * 10_000, "0x" + "f" * 10_000, "18446744073709551616"])
def test_huge_integers_are_refused(text: str) -> None:
    assert codes_of(f"key: {text}\n") == ["RW0203"]


def test_a_large_file_is_refused_without_reading_it_whole(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as file:
        file.truncate(100 << 20)
    before = time.perf_counter()
    config, (problem,), _ = load(path, "large.yaml")
    assert time.perf_counter() - before < 5
    assert config is None
    assert problem.code == "RW0004"


def test_the_largest_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "full.yaml"
    path.write_bytes(b"#" * (MAX_BYTES - 1) + b"\n")
    _, (problem,), _ = load(path, "full.yaml")
    assert problem.code == "RW0005"


@pytest.mark.parametrize(
    "text",
    [
        "k: on\n" * 100_000,
        "".join(f"k{number}: 1\n" for number in range(40_000)),
        "a: [" + "*a," * 100_000 + "]",
        "heaps:\n" + "".join(f"  h{n}: {{region: rum, size: 0}}\n" for n in range(2_000)),
    ],
    ids=["duplicates", "unknown keys", "aliases", "unknown regions"],
)
def test_a_flood_of_problems_is_cut_short(text: str) -> None:
    before = time.perf_counter()
    config, problems, _ = understood(text.encode(), "f.yaml")
    assert time.perf_counter() - before < 30
    assert config is None
    assert len(problems) == MAX_PROBLEMS + 1
    assert problems[-1].code == "RW0018"
    assert "RW0018" not in {problem.code for problem in problems[:-1]}


@given(st.binary(max_size=200))
def test_any_bytes_are_reported_on_not_raised(data: bytes) -> None:
    config, problems, sources = understood(data, "f.yaml")
    assert config is None
    assert problems
    assert format_text(problems, sources)


YAMLISH = st.lists(
    st.sampled_from(
        [
            *("ramwright: 1\n", "name: n\n", "regions:\n", "pools: ", "heaps:\n", "  ", "    "),
            *(
                "a: ",
                "- ",
                "[",
                "]",
                "{",
                "}",
                ", ",
                ": ",
                "\n",
                "\t",
                "'",
                '"',
                "&a ",
                "*a ",
                "|\n",
            ),
            *("16K", "010", "on", "~", "size: 4K\n", "region: ram\n", "ram", "<<: ", "!!int ", "#"),
            *("---\n", "...\n", "%YAML 1.1\n", "? ", "\u202e", "\ud800", "é", "\r", "\x00"),
        ]
    ),
    max_size=30,
).map("".join)


@settings(max_examples=400)
@given(YAMLISH)
def test_what_looks_like_yaml_is_reported_on_not_raised(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    _, problems, sources = understood(data, "f.yaml")
    assert format_text(problems, sources)


@pytest.mark.parametrize(
    "data",
    [b"\x7fELF\x01\x01\x01" + bytes(60), bytes(100), bytes(range(256)) * 40],
    ids=["ELF", "zeros", "all bytes"],
)
def test_a_binary_file_is_one_problem(data: bytes) -> None:
    _, (problem,), _ = understood(data, "f.yaml")
    assert (problem.code, problem.what) == ("RW0001", "the file holds binary data, not text")


def test_a_control_character_in_a_text_is_shown_where_it_is() -> None:
    _, problems, _ = understood(b"ramwright: 1\nname: a\x00b\n" + b"# text\n" * 9, "f.yaml")
    assert ("RW0003", 2, 8) in {(p.code, p.where.line, p.where.column) for p in problems}


WASTE = "{region: ram, block_size: 1, count: 9, alignment: 64}"
WASTEFUL = (
    "ramwright: 1\nname: a\ntarget: {cpu: cortex-m4}\nhome: ram\n"
    "regions: {ram: {origin: 0x20000000, size: 1M}}\npools:\n"
    + "".join(f"  p{n}: {WASTE}\n" for n in range(300))
)


def test_a_flood_of_warnings_is_no_error() -> None:
    config, problems, _ = understood(WASTEFUL.encode(), "f.yaml")
    assert config is not None
    assert not has_errors(problems)
    assert (len(problems), problems[-1].code) == (MAX_PROBLEMS + 1, "RW0018")


def test_a_flood_of_warnings_hides_no_error() -> None:
    text = WASTEFUL + "heaps:\n  h: {region: ram, size: 8M}\n"
    _, problems, _ = understood(text.encode(), "f.yaml")
    assert "RW0230" in {problem.code for problem in problems}
    assert (len(problems), problems[-1].severity) == (MAX_PROBLEMS + 1, "warning")


def test_a_long_value_counts_as_several() -> None:
    short = parsed(b"a: 1 + 1\n", "f.yaml").values
    assert parsed(b"a: 1" + b" + 1" * 20 + b"\n", "f.yaml").values == short + 10


def test_regions_are_bounded() -> None:
    regions = "".join(f"  r{n}: {{origin: {n * 16}, size: 16}}\n" for n in range(65))
    _, problems, _ = understood(f"ramwright: 1\nregions:\n{regions}".encode(), "f.yaml")
    assert "`regions` has 65 keys; at most 64 allowed" in {problem.what for problem in problems}
