# SPDX-License-Identifier: Apache-2.0
"""Whatever a config says: problems or outputs, never an exception."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ramwright.diagnostics import format_text
from ramwright.errors import has_errors
from ramwright.load import understood
from ramwright.planner import plan
from ramwright.render import render

GOOD: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent / "good" / "everything.yaml").read_text("utf-8")
)


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in `document`."""
    if path:
        yield path
    if isinstance(document, dict | list):
        for key in document if isinstance(document, dict) else range(len(document)):
            yield from places(document[key], (*path, key))


PLACES = list(places(GOOD))
NUMBERS = st.sampled_from([0, 1, 2, 3, 4, 7, 8, 12, 24, 31, 32, 48, 64, 100, 1000, 1024, 4096])
VALUES = (
    NUMBERS
    | st.integers(0, 2**33)
    | st.sampled_from(["1K", "24K", "64K", "1M", "33M", "CAN_DEPTH * 8", "1 - 2", "4 / 3", "X"])
    | st.sampled_from(["ram", "ccm", "d2", "bkp", "code_ram", "sdram", "none", "main", "kernel"])
    | st.sampled_from(["can_rx", "system", "start", "end", "int", "host", "cortex-m0", "malloc"])
    | st.sampled_from([[], {}, ["main"], ["dma", "cached"], {"start": "1K"}, True])
)


@settings(max_examples=120)
@given(st.lists(st.tuples(st.sampled_from(PLACES), VALUES | st.none()), min_size=1, max_size=3))
def test_any_change_to_a_good_config_is_reported_on_or_generated(
    changes: list[tuple[tuple[Any, ...], Any]],
) -> None:
    document = copy.deepcopy(GOOD)
    for path, value in changes:
        try:
            parent = document
            for key in path[:-1]:
                parent = parent[key]
            if value is None:
                del parent[path[-1]]
            else:
                parent[path[-1]] = copy.deepcopy(value)
        except (KeyError, IndexError, TypeError):
            pass  # an earlier change took this place away
    text = yaml.dump(document, Dumper=Plain, sort_keys=False)
    config, problems, sources = understood(text.encode(), "f.yaml")
    assert bool(format_text(problems, sources)) == bool(problems)
    if config is None:
        assert has_errors(problems)
    elif not has_errors(problems):
        assert render(plan(config))


class Plain(yaml.SafeDumper):
    """Writes what occurs twice twice, without aliases."""

    def ignore_aliases(self, *_: Any) -> bool:
        return True
