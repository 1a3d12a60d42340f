# SPDX-License-Identifier: Apache-2.0
"""A Layout in linker spelling: what memory.ld.j2 and memory_check.ld.j2 loop over and print.

The linker scripts allocate the arenas, C only names them (docs/adr/0001-linking.md). An output
section holds either the objects of a region whose place the linker chooses, or one pinned object.
Objects adopted by an output section of the board's script are storage of the generated C.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ramwright import abi
from ramwright.layout import Layout, Object, RegionPlan

SECTION = ".ramwright"  # followed by a region, in the output sections with objects

View = dict[str, object]


class Bank(NamedTuple):
    """One MEMORY entry of the board's script and the regions of the config that lie in it."""

    memory: str
    regions: tuple[RegionPlan, ...]

    @property
    def origin(self) -> int:
        """First address of the bank."""
        return min(region.origin for region in self.regions)

    @property
    def end(self) -> int:
        """First address past the bank."""
        return max(region.origin + region.size for region in self.regions)

    @property
    def board_end(self) -> str:
        """Symbol: first address past the board's own sections in this bank."""
        return f"ramwright_board_end_{self.regions[0].name}"

    @property
    def end_section(self) -> str:
        """The empty output section that marks it."""
        return f"{SECTION}_end.{self.regions[0].name}"


class Front(NamedTuple):
    """Where the board's own sections of a bank end in front of one that adopts objects. What is
    pinned below that one is apart from them all if it begins there or above."""

    bank: Bank
    holder: str  # the output section that adopts
    adopted: int  # bytes
    place: int  # of all of the bank

    @property
    def symbol(self) -> str:
        """Symbol: first address past the board's own sections before the holder."""
        return f"ramwright_front_{self.bank.regions[0].name}_{self.place}"

    @property
    def section(self) -> str:
        """The empty output section that marks it."""
        return f"{SECTION}_front.{self.bank.regions[0].name}.{self.place}"

    def may_lie_behind(self, obj: Object) -> bool:
        """Whether the holder has room behind a pinned object."""
        return _address(obj) + obj.size + self.adopted <= self.bank.end


def arena_symbol(layout: Layout, obj: Object) -> str:
    """The linker symbol of an object's first byte. A link without the script that defines it names
    it as undefined, so it says what is missing."""
    return f"{obj.name}_placed_by_{layout.name}_memory_ld"


def adopted_symbol(layout: Layout, obj: Object) -> str:
    """The symbol that the generated C gives to the storage of an adopted object."""
    return f"{obj.name}_adopted_by_{layout.name}"


def linked_section(region: RegionPlan) -> str:
    """The output section of a region's objects whose place the linker chooses."""
    return f"{SECTION}.{region.name}"


def pinned_section(obj: Object) -> str:
    """The output section of one pinned object."""
    return f"{SECTION}.{obj.region}.{obj.name}"


def script_symbol(layout: Layout) -> str:
    """The symbol that tells that the layout's script was linked; named as the linker will print it
    when it was not."""
    return f"{layout.name}_memory_ld_must_be_linked_too"


def check_symbol(layout: Layout) -> str:
    """The symbol that tells that the layout's check script was linked; named as the linker will
    print it when it was not."""
    return f"{layout.name}_memory_check_ld_must_be_linked_too"


def digest(layout: Layout) -> int:
    """32 bits that tell one layout from another: a script with the objects of another config, or
    of another runtime ABI, has another digest."""
    config = layout.config
    facts = (
        abi.RW_ABI,
        layout.name,
        config.target,
        config.link,
        config.default,
        layout.regions,
        layout.memheaps,
    )
    return int.from_bytes(hashlib.sha256(repr(facts).encode()).digest()[:4], "big")


def link_view(layout: Layout) -> View:
    """Everything both linker templates print, under the one key `link`."""
    used = banks(layout)
    home = next((r for r in layout.regions if r.home and _linked(r)), None)
    link = layout.config.link
    return {
        "link": {
            "script": f"{layout.name}_memory.ld",
            "check_script": f"{layout.name}_memory_check.ld",
            "script_symbol": script_symbol(layout),
            "check_symbol": check_symbol(layout),
            "digest": f"{digest(layout):#010x}",
            "anchor": link.anchor,
            "insert": link.insert.upper(),
            "home": _home(layout, home) if home else None,
            "turn": f"{SECTION}_turn",  # no region or object can be spelled like this
            "fronts": [
                {"section": f.section, "symbol": f.symbol, "memory": f.bank.memory, "of": f.holder}
                for bank in used
                for f in _fronts(bank)
            ],
            "board_ends": [
                {"section": bank.end_section, "symbol": bank.board_end, "memory": bank.memory}
                for bank in used
            ],
            "sections": [section for bank in used for section in _sections(layout, bank)],
            "adopted": [
                {"symbol": arena_symbol(layout, obj), "storage": adopted_symbol(layout, obj)}
                for obj in layout.objects
                if obj.adopted
            ],
            "asserts": [check for bank in used for check in _bank_asserts(layout, bank)],
        }
    }


def banks(layout: Layout) -> list[Bank]:
    """The MEMORY entries that the scripts name: the home's and those that hold objects."""
    regions = [r for r in layout.regions if r.alias_of is None]
    memories = dict.fromkeys(r.linker for r in regions if r.home or r.objects)
    return [Bank(m, tuple(r for r in regions if r.linker == m)) for m in memories]


def _linked(region: RegionPlan) -> list[Object]:
    return [obj for obj in region.objects if obj.address is None and not obj.adopted]


def _pinned(region: RegionPlan) -> list[Object]:
    pinned = (obj for obj in region.objects if obj.address is not None and not obj.adopted)
    return sorted(pinned, key=_address)


def _fronts(bank: Bank) -> list[Front]:
    """The fronts that the ASSERTs of pinned objects need."""
    adopted: dict[str, int] = {}
    for obj in (obj for region in bank.regions for obj in region.objects):
        if obj.adopted:
            adopted[obj.adopted] = adopted.get(obj.adopted, 0) + obj.size
    pinned = [obj for region in bank.regions for obj in _pinned(region)]
    fronts = (Front(bank, *one, place) for place, one in enumerate(adopted.items()))
    return [front for front in fronts if any(map(front.may_lie_behind, pinned))]


def _address(obj: Object) -> int:
    assert obj.address is not None
    return obj.address


def _low_pins(region: RegionPlan) -> list[Object]:
    """Pinned objects before the linked ones."""
    linked = _linked(region)
    first = min((obj.offset for obj in linked), default=region.size)
    return [obj for obj in _pinned(region) if obj.offset < first]


def _high_pins(region: RegionPlan) -> list[Object]:
    low = _low_pins(region)
    return [obj for obj in _pinned(region) if obj not in low]


def _floor(region: RegionPlan) -> int:
    """The lowest address that the linker may choose."""
    ends = (_address(obj) + obj.size for obj in _low_pins(region))
    return max(region.origin + region.reserve_start, *ends, 0)


def _limit(region: RegionPlan) -> int:
    """The address at which objects whose place the linker chooses must end at the latest."""
    end = region.origin + region.size - region.reserve_end
    return min([end, *(_address(obj) for obj in _high_pins(region))])


def _home(layout: Layout, region: RegionPlan) -> View:
    return {
        "section": linked_section(region),
        "memory": region.linker,
        **_contents(layout, _linked(region), _borders(region)),
    }


def _contents(layout: Layout, objects: Sequence[Object], borders: Sequence[int] = ()) -> View:
    return {
        "alignment": objects[0].alignment,  # as planned: each object is aligned, none of all
        "objects": [
            {
                "symbol": arena_symbol(layout, obj),
                "alignment": obj.alignment,
                "size": obj.size,
                "skips": [_skip(border, obj) for border in borders],
            }
            for obj in objects
        ],
    }


def _borders(region: RegionPlan) -> list[int]:
    """The addresses that no object straddles."""
    return [region.origin + border for border in region.borders]


def _skip(border: int, obj: Object) -> str:
    """Bytes to the next bank where `obj` would straddle its border, else 0."""
    here = "ABSOLUTE(.)"
    straddles = f"{here} < {border:#010x} && {here} + {obj.size} > {border:#010x}"
    # The difference of two absolute addresses is a number; a number less an address is none.
    return f"{straddles} ? ABSOLUTE({border:#010x}) - {here} : 0"


def _sections(layout: Layout, bank: Bank) -> list[View]:
    """The output sections at addresses of their own, ascending: what the linker places behind the
    board's own sections, and what is pinned."""
    sections: list[tuple[int, View]] = []
    for region in bank.regions:
        linked = [] if region.home else _linked(region)
        if linked:
            contents = _contents(layout, linked, _borders(region))
            floor = _floor(region)
            start = f"ALIGN(MAX({bank.board_end}, {floor:#010x}), {contents['alignment']})"
            view = _section(bank, linked_section(region), start, contents)
            sections.append((floor, view))
        for obj in _pinned(region):
            address = _address(obj)
            view = _section(bank, pinned_section(obj), f"{address:#010x}", _contents(layout, [obj]))
            sections.append((address, view))
    return [view for _, view in sorted(sections, key=lambda section: section[0])]


def _section(bank: Bank, name: str, start: str, contents: View) -> View:
    return {"section": name, "start": start, "memory": bank.memory, **contents}


def _bank_asserts(layout: Layout, bank: Bank) -> list[View]:
    checks = [_memory_assert(bank)]
    for region in bank.regions:
        if _linked(region):
            checks += _linked_asserts(region, bank)
        checks += [_pinned_assert(obj, bank) for obj in _pinned(region)]
        for obj in region.objects:
            if obj.adopted:
                checks += _adopted_asserts(layout, obj, region)
            if obj.address is None:
                checks += [_bank_assert(layout, obj, border) for border in _borders(region)]
    return checks


def _memory_assert(bank: Bank) -> View:
    names = _listed(region.name for region in bank.regions)
    size = bank.end - bank.origin
    return _assert(
        f"ORIGIN({bank.memory}) == {bank.origin:#010x} && LENGTH({bank.memory}) == {size:#x}",
        f"MEMORY {bank.memory} of the board's script is missing or differs from region {names} "
        f"(ORIGIN = {bank.origin:#010x}, LENGTH = {size:#x}): correct origin, size or linker of "
        "the region, or MEMORY",
    )


def _linked_asserts(region: RegionPlan, bank: Bank) -> list[View]:
    section = linked_section(region)
    limit = _limit(region)
    names = _listed(obj.name for obj in _linked(region))
    fits = _assert(
        f"ADDR({section}) + SIZEOF({section}) <= {limit:#010x}",
        f"region {region.name} is too small: {names} must end before {limit:#010x}, "
        f"{_what_is_at(limit, region)}: make them smaller, move one to another region, or shrink "
        f"the board's own sections in {bank.memory}",
    )
    if region.home:
        return [fits]
    apart = _assert(
        f"{bank.board_end} <= ADDR({section})",
        f"region {region.name}: its objects overlap the board's own sections in {bank.memory}: "
        "give the region a reserve.start of at least their size",
    )
    return [apart, fits]


def _what_is_at(limit: int, region: RegionPlan) -> str:
    for obj in _high_pins(region):
        if _address(obj) == limit:
            return f"where {obj.name} is pinned"
    return "where its reserve begins" if region.reserve_end else "its end"


def _pinned_assert(obj: Object, bank: Bank) -> View:
    start, end = f"{_address(obj):#010x}", f"{_address(obj) + obj.size:#010x}"
    apart = [f"{bank.board_end} <= {start}"]
    for front in _fronts(bank):
        if front.may_lie_behind(obj):
            apart.append(f"({front.symbol} <= {start} && {end} <= ADDR({front.holder}))")
    return _assert(
        " || ".join(apart),
        f"{obj.kind} {obj.name} is pinned at {_address(obj):#010x}, but the board's own sections "
        f"in {bank.memory} reach past that address: pin it behind them, or adopt a section",
    )


def _adopted_asserts(layout: Layout, obj: Object, region: RegionPlan) -> list[View]:
    symbol, holder = arena_symbol(layout, obj), obj.adopted
    return [
        _assert(
            f"{symbol} >= ADDR({holder}) && "
            f"{symbol} + {obj.size} <= ADDR({holder}) + SIZEOF({holder})",
            f"{obj.kind} {obj.name} is not in output section {holder}, which does not collect "
            f"input section {obj.section}: name the input section that it collects, as in "
            f"{{output: {holder}, input: ...}}, another section, or none",
        ),
        _assert(
            f"{symbol} >= {region.origin:#010x} && "
            f"{symbol} + {obj.size} <= {region.origin + region.size:#010x}",
            f"{obj.kind} {obj.name}: output section {holder} is not in region {obj.region}: "
            "name the region it is in",
        ),
    ]


def _bank_assert(layout: Layout, obj: Object, border: int) -> View:
    symbol = arena_symbol(layout, obj)
    return _assert(
        f"{symbol} + {obj.size} <= {border:#010x} || {symbol} >= {border:#010x}",
        f"{obj.kind} {obj.name} straddles the border of two banks of region {obj.region} at "
        f"{border:#010x}: make it smaller, or pin it",
    )


def _assert(condition: str, message: str) -> View:
    return {"condition": condition, "message": f"ramwright: {message}"}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
