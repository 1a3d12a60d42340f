# SPDX-License-Identifier: Apache-2.0
"""A region that overflows in a variant only: the line of the variant is shown, not that of the
base that it changes.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ramwright.errors import Problem
from ramwright.load import Request, load, load_all_variants

BASE = """\
ramwright: 1
name: app
target: {cpu: cortex-m4}
home: ram
constants: {N: 8, EXTRA: 1}
regions:
  ram: {origin: 0x20000000, size: 64K, attributes: [dma]}
  ccm: {origin: 0x10000000, size: 16K}
pools:
  log: {region: ccm, block_size: 64, count: N}
heaps:
  first: {region: ccm, size: 4K}
  last: {region: ccm, size: 8K}
  main: {region: ram, size: 32K}
"""


def overflows(text: str, folder: Path) -> tuple[list[Problem], list[str]]:
    """The overflows of all variants of a config, and the text that each points at."""
    file = folder / "app.yaml"
    file.write_text(text, encoding="utf-8")
    _, problems, sources = load_all_variants(file, file.name)
    assert {problem.code for problem in problems} <= {"RW0230"}
    alone, _, _ = load(file, file.name, Request(variant="v"))
    assert alone is None or alone.variant == "v"
    return list(problems), [
        sources[p.where.file][p.where.line - 1][p.where.column - 1 : p.where.end_column - 1]
        for p in problems
    ]


@pytest.mark.parametrize(
    ("overlay", "shown"),
    [
        ("{heaps: {last: {size: 12K}}}", "12K"),
        ("{heaps: {last: {size: 12K, sharing: none}}}", "12K"),
        ("{heaps: {last: {size: 12K, alignment: 64}}}", "last"),
        ("{heaps: {first: {size: 12K}}}", "12K"),
        ("{heaps: {last: {sharing: none}, first: {size: 12K}}}", "12K"),
        ("{regions: {ccm: {reserve: 6K}}}", "6K"),
        ("{regions: {ccm: {linker: CCM}}, constants: {N: 200}}", "200"),
        ("{constants: {N: 200, EXTRA: 2}}", "constants"),
        ("{heaps: {main: {region: ccm}}}", "ccm"),
        ("{heaps: {more: {region: ccm, size: 12K}}}", "more"),
        (
            "{regions: {new: {origin: 0x30000000, size: 1K}}, heaps: {last: {region: new}}}",
            "new",
        ),
        ("{home: ccm, pools: {log: {count: 60}}}", "60"),
        ("{heaps: {last: null, main: {size: 80K}}}", "80K"),
    ],
)
def test_the_variant_is_shown(overlay: str, shown: str, tmp_path: Path) -> None:
    text = f"{BASE}variants:\n  v: {overlay}\n"
    (problem,), (marked,) = overflows(text, tmp_path)
    assert marked == shown
    assert problem.where.line == text.count("\n")
    if shown == "more":
        assert [related.what[:5] for related in problem.related] == ["`ccm`"]
    else:
        assert problem.related[0].what.endswith(" is declared here")
    file = tmp_path / "app.yaml"
    _, alone, _ = load(file, file.name, Request(variant="v"))
    assert [p.where for p in alone] == [problem.where], "the same for who asks for the variant"


CROWDED = BASE.replace("ram: {origin: 0x20000000, size: 64K", "ram: {origin: 0x20000000, size: 16K")
CROWDED = CROWDED.replace("size: 32K", "size: 8K").replace("size: 16K}", "size: 1M}")
LONELY = CROWDED.replace("  main: {region: ram, size: 8K}\n", "")


@pytest.mark.parametrize(
    ("base", "overlay", "shown"),
    [
        (CROWDED, "{pools: {log: {count: 8000}}}", "8000"),
        (CROWDED, "{pools: {log: {count: 8000}}, heaps: {main: {size: 7K}}}", "8000"),
        (CROWDED, "{heaps: {first: {size: 8K}}, pools: {log: {count: 8000}}}", "8000"),
        (CROWDED, "{pools: {log: {count: 20}}, heaps: {main: {size: 16K}}}", "16K"),
        (CROWDED, "{pools: {more: {region: ccm, block_size: 8, count: 8000}}}", "more"),
        (CROWDED, "{constants: {N: 8000}}", "8000"),
        (CROWDED, "{heaps: {main: {size: 7K}}, constants: {N: 8000}}", "8000"),
        (LONELY, "{pools: {log: {count: 16000}}}", "16000"),
        (LONELY, "{heaps: {first: {size: 8K}}, pools: {log: {count: 16000}}}", "16000"),
        (LONELY, "{regions: {ram: {size: 64}}, pools: {log: {count: 9}}}", "64"),
    ],
)
def test_state_in_the_home_is_of_the_pool_that_has_it(
    base: str, overlay: str, shown: str, tmp_path: Path
) -> None:
    """Its blocks lie in another region, which has room."""
    text = f"{base}variants:\n  v: {overlay}\n"
    (problem,), (marked,) = overflows(text, tmp_path)
    assert marked == shown
    assert problem.where.line == text.count("\n")


def test_what_the_base_does_too_is_shown_there(tmp_path: Path) -> None:
    base = BASE.replace("size: 8K", "size: 16K")
    problems, marked = overflows(
        f"{base}variants:\n  v: {{heaps: {{main: {{size: 1K}}}}}}\n", tmp_path
    )
    assert marked == ["last"]
    assert "variant" not in problems[0].what
    problems, marked = overflows(
        f"{base}variants:\n  v: {{heaps: {{last: {{size: 20K}}}}}}\n", tmp_path
    )
    assert marked == ["last", "20K"]


def test_file_that_is_included_twice(tmp_path: Path) -> None:
    """Its lines stand for two objects each, of which the variant changes one."""
    (tmp_path / "part.yaml").write_text(
        "ramwright: 1\nheaps:\n  one: {region: ccm, size: 1K}\n", encoding="utf-8"
    )
    twice = "include: [{file: part.yaml, prefix: a_}, {file: part.yaml, prefix: b_}]\n"
    (problem,), (marked,) = overflows(
        f"{BASE}{twice}variants:\n  v: {{heaps: {{a_one: {{size: 12K}}}}}}\n", tmp_path
    )
    assert marked == "12K"
    assert problem.related[0].what.endswith(" declared here")
