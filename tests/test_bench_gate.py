# SPDX-License-Identifier: Apache-2.0
"""Nothing gets slower or larger unnoticed: main figures against bench/results.json.

After a change that is meant to cost something: `make bench`, and commit its results with it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench import closures, heaps, results, slabs, suite, tables
from bench.build import Target, compiler
from bench.calls import Figures

COMMITTED = results.results_of(results.RESULTS.read_text(encoding="utf-8"))
SAME_COMPILER = pytest.mark.skipif(
    compiler() != COMMITTED.compiler, reason=f"bench/results.json is of {COMMITTED.compiler}"
)

# The shipped port, but taking a lock costs three instructions more.
SLOW_PORT = """\
#ifndef SLOW_PORT_H
#define SLOW_PORT_H
#include "ramwright/ports/cortex_m.h"
static inline uintptr_t slow_lock(void)
{
    __asm volatile("nop\\n\\tnop\\n\\tnop");
    return rw_port_lock_interrupt();
}
#define rw_port_lock_interrupt slow_lock
#endif
"""


GATED_ON_M4 = ("pool-basic-interrupt", "heap-basic-none", "slab-basic-interrupt")


def sizes_on_m4(directory: Path) -> Figures:
    """Sizes of the main rows where some marks are stated."""
    return closures.closure_figures(Target("cortex-m4", "Os", directory), GATED_ON_M4)


def rest_on_m3(directory: Path) -> Figures:
    """All of trace (b), what more holes and more slabs cost, blocks that fit."""
    target = Target("cortex-m3", "Os", directory)
    on = suite.images(target)
    return {
        **heaps.heap_figures(on.counts, target.cpu, target.level, "basic-none"),
        **heaps.density_figures(on.counts),
        **slabs.many_figures(on.slabs, target.cpu, target.level),
        **slabs.smallest_figures(on.slabs),
    }


@SAME_COMPILER
@pytest.mark.parametrize("measured", [suite.gated_m3, suite.gated_m0plus, sizes_on_m4, rest_on_m3])
def test_no_main_figure_is_worse_than_the_committed_one(
    measured: Callable[[Path], Figures], tmp_path: Path
) -> None:
    worse = results.grown(COMMITTED.figures, measured(tmp_path))
    assert not worse, "worse than bench/results.json:\n" + "\n".join(worse)


@SAME_COMPILER
def test_a_slower_core_is_noticed(tmp_path: Path) -> None:
    port = tmp_path / "slow_port.h"
    port.write_text(SLOW_PORT, encoding="utf-8")
    flags = (f"-I{tmp_path}", '-DRW_PORT_HEADER="slow_port.h"')
    worse = results.grown(COMMITTED.figures, suite.gated_m0plus(tmp_path, flags))
    noticed = {line.partition(": ")[0] for line in worse}
    assert "pool/basic-interrupt/cortex-m0plus/Os/accessor.alloc" in noticed
    assert "pool/basic-interrupt/cortex-m0plus/Os/accessor.free" in noticed
    assert "closure/pool-basic-interrupt/cortex-m0plus/Os.code" in noticed
    assert "pool/basic-none/cortex-m0plus/Os/accessor.alloc" not in noticed, "it takes no lock"


@pytest.mark.parametrize(("now", "noticed"), [(100, False), (103, False), (104, True)])
def test_growth_beyond_three_per_cent_is_noticed(now: int, noticed: bool) -> None:
    committed: Figures = {"pool/alloc": 100}
    assert bool(results.grown(committed, {"pool/alloc": now})) is noticed


def test_fewer_blocks_and_what_is_no_longer_flat_are_noticed() -> None:
    committed: Figures = {"heap/basic/16K/blocks.24": 100, "holes.more": 0, "generic.more": 3}
    assert not results.grown(committed, {"heap/basic/16K/blocks.24": 97, "holes.more": 0})
    assert results.grown(committed, {"heap/basic/16K/blocks.24": 96})
    assert results.grown(committed, {"holes.more": 1})
    assert not results.grown(committed, {"generic.more": 4}), "left to the two it is between"


def test_a_figure_that_was_never_committed_is_noticed() -> None:
    assert results.grown({}, {"pool/alloc": 1})


def test_tables_are_what_the_results_render_to() -> None:
    assert results.TABLES.read_text(encoding="utf-8") == tables.markdown(COMMITTED), (
        "bench/results.md is stale: run `python -m bench --tables-only`"
    )


def test_results_are_written_as_they_are_read() -> None:
    assert results.text_of(COMMITTED) == results.RESULTS.read_text(encoding="utf-8")
