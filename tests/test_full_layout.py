# SPDX-License-Identifier: Apache-2.0
"""Checks full in the linked firmware: verify knows the layer's descriptors and states, objects
without it are as they were, and what nobody uses is not linked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from boards.faults import Good
from boards.linking import RTTHREAD, Project
from ramwright.linked import state_addresses
from ramwright.load import understood
from ramwright.planner import plan
from ramwright.render import render
from ramwright.structs import size_of
from ramwright.verify import verify

OBJECTS = """
pools:
  frames: {region: ram, block_size: 20, count: 10, alignment: 16, sharing: interrupt, CHECKS}
heaps:
  small: {region: ram, size: 1K, CHECKS}
  bulk: {region: other, size: 16K}
slabs:
  kernel: {region: other, slab_size: 1K, slab_count: 4, zones: [{block_size: 16}], CHECKS}
memheaps:
  system: {members: [small, bulk]}
"""
EMULATE = Path(__file__).resolve().parent / "emulate"
FULL = OBJECTS.replace("CHECKS", "checks: full, quarantine: 3")
LINK = "link: {anchor: .data, insert: after}"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Good:
    """RT-Thread's board, objects with and without the layer."""
    directory = tmp_path_factory.mktemp("good")
    project = Project(RTTHREAD, directory, occupied=True)
    layout = project.layout(FULL, LINK)
    return Good(layout, project.firmware(layout), directory / "firmware.elf")


def test_verified(good: Good) -> None:
    assert verify(good.layout, good.elf) == ()


def test_map_and_elf_agree_on_the_states(good: Good) -> None:
    """The sizes in the plan, each to the word, are those of the linked states."""
    planned = {obj.name: obj.state_size for obj in good.layout.objects if obj.state_size}
    linked = dict.fromkeys(planned, 0)
    for name, _, size in state_addresses(good.layout, good.elf):
        linked[name] += size
    assert {name: size for name, size in linked.items() if name != "frames"} == {
        name: size for name, size in planned.items() if name != "frames"
    }
    assert abs(linked["frames"] - planned["frames"]) < 4


FIELDS = {
    "places": 40,
    "note_shift": 3,
    "block_size": 32,
}


@pytest.mark.parametrize(
    ("kind", "name"), [("pool", "frames"), ("heap", "small"), ("slab", "kernel")]
)
@pytest.mark.parametrize("field", FIELDS)
def test_another_value_in_the_layer_is_found(good: Good, kind: str, name: str, field: str) -> None:
    handle = f"{name}_{kind}"
    at = good.elf.symbols[handle].address + size_of(f"rw_{kind}_t", 4)
    symbols = {**good.elf.symbols, "layer": good.elf.symbols[handle]._replace(address=at)}
    seeded = replace(good, elf=good.elf._replace(symbols=symbols))
    elf = seeded.with_field("layer", "rw_full_t", field, FIELDS[field])
    found = [problem.what for problem in verify(good.layout, elf)]
    assert any(f"{field} is {FIELDS[field]}" in what for what in found), found


def test_a_quarantine_that_startup_does_not_clear_is_found(good: Good) -> None:
    at = good.elf.symbols["small_heap"].address + size_of("rw_heap_t", 4)
    symbols = {**good.elf.symbols, "layer": good.elf.symbols["small_heap"]._replace(address=at)}
    seeded = replace(good, elf=good.elf._replace(symbols=symbols))
    elf = seeded.with_field("layer", "rw_full_t", "held", good.address("bulk"))
    assert verify(good.layout, elf) != ()


WAITING = """
pools:
  near: {region: ram, block_size: 20, count: 10, sharing: interrupt, wait: true, CHECKS}
  far: {region: other, block_size: 24, count: 200, wait: true, CHECKS}
"""


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Good:
    """Pools that may wait, with the layer, in use, linked with the runtime and a kernel."""
    directory = tmp_path_factory.mktemp("waiting")
    port = ('-DRW_PORT_HEADER="waiting_port.h"', f"-I{EMULATE}")
    project = Project(RTTHREAD, directory, flags=port)
    objects = WAITING.replace("CHECKS", "checks: full, quarantine: 3")
    layout = project.layout(objects, LINK, rtos="freertos")
    kernel = directory / "kernel.c"
    kernel.write_text("#include <stdint.h>\nuint32_t port_now, port_sleeps;\n", encoding="utf-8")
    uses = "(void)near_free(near_alloc_wait(5)); (void)far_free(far_alloc_wait(RW_FOREVER))"
    parts = [*project.objects(layout, uses), project.compiled(kernel, "kernel", ())]
    elf = project.linked("firmware", [*parts, *project.runtime()], project.scripts(layout))
    return Good(layout, elf, directory / "firmware.elf")


def test_pools_that_wait_are_verified(waiting: Good) -> None:
    """Their calls are those of the layer, and a dropped pool would be named."""
    assert verify(waiting.layout, waiting.elf) == ()
    cores = [name for name in waiting.elf.symbols if name.startswith("rw_pool_alloc_wait_full")]
    assert cores, "the cores of such pools are linked"
    planned = {obj.name: obj.state_size for obj in waiting.layout.objects}
    linked = dict.fromkeys(planned, 0)
    for name, _, size in state_addresses(waiting.layout, waiting.elf):
        linked[name] += size
    for name, size in linked.items():
        assert abs(size - planned[name]) < 4, "but for the gap in front of a state"


@pytest.mark.parametrize("name", ["near", "far"])
@pytest.mark.parametrize("field", ["places", "block_size"])
def test_another_value_in_the_layer_of_a_pool_that_waits_is_found(
    waiting: Good, name: str, field: str
) -> None:
    at = waiting.elf.symbols[f"{name}_pool"].address + size_of("rw_pool_t", 4)
    symbols = {**waiting.elf.symbols, "layer": waiting.elf.symbols[f"{name}_pool"]}
    symbols["layer"] = symbols["layer"]._replace(address=at)
    seeded = replace(waiting, elf=waiting.elf._replace(symbols=symbols))
    elf = seeded.with_field("layer", "rw_full_t", field, FIELDS[field])
    found = [problem.what for problem in verify(waiting.layout, elf)]
    assert any(f"{field} is {FIELDS[field]}" in what for what in found), found


def test_lists_of_a_pool_that_waits_lie_where_startup_clears(waiting: Good) -> None:
    elf = waiting.with_field("near_pool", "rw_pool_t", "state", waiting.address("far"))
    assert {problem.code for problem in verify(waiting.layout, elf)} & {"RW0510", "RW0511"}


def generated(objects: str) -> dict[str, str]:
    """What is generated for a layout with these objects."""
    text = (
        "ramwright: 1\nname: app\ntarget: {cpu: cortex-m3}\nhome: ram\nregions:\n"
        "  ram: {origin: 0x20000000, size: 128K, linker: RAM}\n"
        "  other: {origin: 0x10000000, size: 64K, linker: OTHER}\n" + objects
    )
    config, problems, _ = understood(text.encode(), "app.yaml")
    assert config is not None, problems
    return render(plan(config))


def test_nothing_of_it_is_in_a_layout_without() -> None:
    outputs = generated(OBJECTS.replace("CHECKS", "checks: basic"))
    assert not any("full" in text.replace(".full = 10", "") for text in outputs.values())


def test_quarantine_is_one_for_all_or_each_its_own() -> None:
    mixed = OBJECTS.replace("CHECKS", "quarantine: 5", 1).replace("CHECKS", "debug_name: true")
    source = generated("checks: full\nquarantine: 2\n" + mixed)["app_memory.c"]
    assert source.count("rw_held_t held[9];") == 1  # frames; four places are spare
    assert source.count("rw_held_t held[6];") == 3
    assert "rw_held_t held[12];" in generated("checks: full\n" + mixed)["app_memory.c"]
