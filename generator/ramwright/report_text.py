# SPDX-License-Identifier: Apache-2.0
"""The memory map as text: for a terminal and for a diff in a pull request. Plain ASCII."""

from __future__ import annotations

from ramwright.layout import HeapPlan, Object, PoolPlan, SlabPlan
from ramwright.memory_map import MemoryMap, RegionMap, Span, SpanKind
from ramwright.units import byte_count, spelled

_BAR = 64  # characters of a region's bar
_FILL: dict[SpanKind, str] = {
    "payload": "#",
    "padding": "-",
    "metadata": "=",
    "gap": "-",
    "reserve": "R",
    "foreign": "f",
    "free": ".",
}
_WHAT: dict[SpanKind, str] = {
    "padding": "padding",
    "metadata": "state",
    "gap": "gap",
    "reserve": "reserve",
    "foreign": "section",
    "free": "free",
    "overflow": "OVERFLOW",
}


def map_text(memory: MemoryMap) -> str:
    """The whole map."""
    layout = memory.layout
    basis = "as linked" if memory.basis == "elf" else "plan; offsets are nominal, = is exact"
    variant = f", variant {layout.config.variant}" if layout.config.variant else ""
    lines = [f"{layout.name}{variant}: memory map ({basis})", _totals(memory), ""]
    for region in memory.regions:
        lines += [*_region(memory, region), ""]
    lines += _aliases(memory) + _memheaps(memory)
    lines.append("legend: # object  = state  - padding or gap  R reserve  f firmware  . free")
    return "\n".join(lines) + "\n"


def _totals(memory: MemoryMap) -> str:
    objects = memory.layout.objects
    state = sum(obj.state_size for obj in objects)
    flash = sum(obj.descriptor_size for obj in objects)
    payload = sum(obj.payload for obj in objects)
    return (
        f"{len(objects)} object{'' if len(objects) == 1 else 's'}, {payload} bytes for the user; "
        f"{state} bytes of state, {flash} bytes of flash for descriptors"
    )


def _region(memory: MemoryMap, region: RegionMap) -> list[str]:
    plan = region.plan
    notes = [*(["home"] if plan.home else []), *plan.attributes]
    taken = plan.size - region.total("free")
    over = region.total("overflow")
    head = (
        f"{plan.name}  0x{plan.origin:08x}..0x{plan.origin + plan.size - 1:08x}  "
        f"{spelled(plan.size)}  linker {plan.linker}"
    )
    if notes:
        head += f"  [{', '.join(notes)}]"
    used = f"{taken} of {plan.size} bytes taken ({taken * 100 // plan.size} %)"
    if over:
        used += f"; {over} bytes TOO MANY"
    rows = [_row(memory, region, span) for span in region.spans]
    return [head, f"  |{_bar(region)}|  {used}", *rows]


def _bar(region: RegionMap) -> str:
    """A character for each 64th of the region: the kind of which it holds most."""
    size = region.plan.size
    cells = []
    for cell in range(_BAR):
        low, high = cell * size // _BAR, (cell + 1) * size // _BAR
        weight = dict.fromkeys(_FILL.values(), 0)
        for span in region.spans:
            if span.kind != "overflow":
                shared = min(span.end, high) - max(span.offset, low)
                weight[_FILL[span.kind]] += max(0, shared)
        cells.append(max(weight, key=lambda fill: weight[fill]))
    return "".join(cells)


def _row(memory: MemoryMap, region: RegionMap, span: Span) -> str:
    address = region.plan.origin + span.offset
    exact = memory.basis == "elf" or span.kind == "free" or _pinned(memory, span)
    mark = "=" if exact and memory.basis == "plan" and span.kind == "payload" else " "
    what, detail = _WHAT.get(span.kind, ""), span.object or ""
    if span.kind == "payload":
        obj = memory.layout.object_named[detail]
        what, detail = obj.kind, f"{obj.name:<16} {describe(obj)}"
    return f"  {mark}0x{address:08x} {span.size:>10}  {what:<8}  {detail}".rstrip()


def _pinned(memory: MemoryMap, span: Span) -> bool:
    return span.object is not None and memory.addresses.get(span.object) is not None


def describe(obj: Object) -> str:
    """What an object is, in a few words."""
    plan = obj.plan
    if isinstance(plan, PoolPlan):
        text = f"{plan.count} x {plan.block_size}"
        if plan.stride != plan.block_size:
            text += f" (stride {plan.stride})"
    elif isinstance(plan, HeapPlan):
        text = spelled(obj.size)
    elif isinstance(plan, SlabPlan):
        zones = "/".join(str(zone.block_size) for zone in plan.zones)
        text = f"{plan.slab_count} x {spelled(plan.slab_size)}, zones {zones}"
    else:
        text = obj.ctype.spelling if obj.ctype else byte_count(obj.size)
    return f"{text}, align {obj.alignment}"


def _aliases(memory: MemoryMap) -> list[str]:
    lines = [
        f"{region.name}  0x{region.origin:08x}  {spelled(region.size)}  alias of {region.alias_of}"
        for region in memory.layout.regions
        if region.alias_of is not None
    ]
    return [*lines, ""] if lines else []


def _memheaps(memory: MemoryMap) -> list[str]:
    lines = [
        f"memheap {memheap.name}: {', then '.join(memheap.members)}"
        for memheap in memory.layout.memheaps
    ]
    return [*lines, ""] if lines else []
