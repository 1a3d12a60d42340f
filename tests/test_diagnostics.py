# SPDX-License-Identifier: Apache-2.0
"""How problems look: position, code, source line, caret, notes, hint; colour only when asked."""

from __future__ import annotations

from pathlib import Path

from ramwright.diagnostics import WIDEST, format_text
from ramwright.errors import Mark, Problem, Related
from ramwright.load import understood

PROBLEM = Problem(Mark("f.yaml", 2, 4, 7), "RW0101", "unknown key `bbb`", "delete it")


def test_whole_report() -> None:
    problem = PROBLEM._replace(related=(Related(Mark("f.yaml", 1, 1), "first"),))
    assert format_text([problem], {"f.yaml": ("a: 1", "   bbb: 2")}) == (
        "f.yaml:2:4: error[RW0101]: unknown key `bbb`\n"
        "  2 |    bbb: 2\n"
        "    |    ^^^\n"
        "f.yaml:1:1: note: first\n"
        "  1 | a: 1\n"
        "    | ^\n"
        "  hint: delete it\n"
    )


def test_without_source_or_line() -> None:
    assert format_text([PROBLEM], {}).splitlines()[1] == "  hint: delete it"
    whole_file = Problem(Mark("f.yaml"), "RW0005", "the file is empty")
    assert format_text([whole_file], {}) == "f.yaml: error[RW0005]: the file is empty\n"
    behind_the_end = Problem(Mark("f.yaml", 9, 1), "RW0006", "x")
    assert len(format_text([behind_the_end], {"f.yaml": ("a",)}).splitlines()) == 1


def test_color_only_when_asked() -> None:
    assert "\033" not in format_text([PROBLEM], {"f.yaml": ("", "   bbb: 2")})
    assert "\033[1;31merror[RW0101]\033[0m" in format_text([PROBLEM], {}, color=True)


def test_warning_is_called_a_warning() -> None:
    warning = Problem(Mark("f", 1, 1), "RW0999", "x", severity="warning")
    assert format_text([warning], {}) == "f:1:1: warning[RW0999]: x\n"


def caret_below(line: str, column: int, end: int) -> tuple[str, str]:
    problem = Problem(Mark("f", 1, column, end), "RW0101", "x")
    _, source, caret = format_text([problem], {"f": (line,)}).splitlines()
    return source.removeprefix("  1 | "), caret.removeprefix("    | ")


def test_long_lines_are_cut_round_the_caret() -> None:
    line = "x" * 500 + "HERE" + "y" * 500
    source, caret = caret_below(line, 501, 505)
    assert len(source) == WIDEST
    assert source[caret.index("^") :].startswith("HERE")
    assert caret.count("^") == 4
    assert source[0] == source[-1] == "…"
    source, caret = caret_below(line, 1004, 1005)
    assert source[caret.index("^")] == "y"
    source, caret = caret_below(line, 1, 2)
    assert caret == "^"


def test_caret_reaches_no_further_than_the_line_shown() -> None:
    _, caret = caret_below("x" * 1000, 1, 1001)
    assert len(caret) <= WIDEST


def test_wide_and_combining_characters_do_not_move_the_caret() -> None:
    assert caret_below("寸法: x", 5, 6)[1] == " " * 6 + "^"
    assert caret_below("e\u0301: x", 5, 6)[1] == " " * 3 + "^"


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert caret_below("a\tb\x1b[31m", 3, 4) == ("a b [31m", "  ^")


def test_the_example_of_the_docs_is_what_is_printed() -> None:
    docs = Path(__file__).parents[1] / "docs" / "diagnostics.md"
    example = docs.read_text(encoding="utf-8").split("```\n")[1]
    text = (
        "ramwright: 1\nname: motor\ntarget: {cpu: cortex-m4}\nhome: ram\nregions:\n"
        "  ram: {origin: 0x20000000, size: 64K}\npools:\n"
        "  can_rx: {region: rma, block_size: 16, count: 8}\n"
    )
    _, problems, sources = understood(text.encode(), "memory.ramwright.yaml")
    assert format_text(problems, sources) == example
