# SPDX-License-Identifier: Apache-2.0
"""Buffers, pools and heaps: each on its own, given the regions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from ramwright import abi
from ramwright.cnames import BUILT_IN_TYPES, KEYWORDS
from ramwright.errors import Related
from ramwright.model import At, Buffer, Checks, CType, Heap, Placement, Pool, Region, Sharing
from ramwright.rules.fields import Fields
from ramwright.rules.regions import near
from ramwright.units import byte_count

HOST = "host"  # the one cpu without a linker script
CACHE_LINE = 32  # bytes, on every Cortex-M that has a data cache
CACHED_CPUS = frozenset(("cortex-m7", "cortex-m55", "cortex-m85"))
ABI_ALIGNMENT = 8  # of what malloc returns
MAX_ARENA = 2**32 - 1


@dataclass(frozen=True)
class Setting:
    """What the objects of a layout have in common."""

    regions: dict[str, Region | None]
    cpu: str
    checks: Checks
    debug_name: bool

    @property
    def on_host(self) -> bool:
        """Whether nothing has a place: the program runs on a workstation."""
        return self.cpu == HOST


def buffer_of(fields: Fields, setting: Setting) -> Buffer | None:
    """The buffer that `fields` describe."""
    size = positive(fields, "size")
    ctype = _ctype(fields)
    region = region_of(fields, setting, retained=True)
    if size is None or region is None:
        return None
    natural = 8 if size >= 8 else 4
    place = placement_of(fields, region, max(natural, _line(region, setting)), least=1)
    if place is None:
        return None
    return Buffer(fields.name, place, size, ctype)


def pool_of(fields: Fields, setting: Setting) -> Pool | None:
    """The pool that `fields` describe."""
    block_size = positive(fields, "block_size")
    count = positive(fields, "count", size=False)
    ctype = _ctype(fields)
    region = region_of(fields, setting)
    if count is not None and count > abi.POOL_COUNT_MAX:
        fields.problem(
            "count",
            "RW0244",
            f"{count} blocks; a pool has at most {abi.POOL_COUNT_MAX}",
            "split it into several pools, or use a slab",
        )
        count = None
    if block_size is None or region is None:
        return None
    default = max(_natural(block_size), _line(region, setting))
    place = placement_of(fields, region, default, least=1)
    if count is None or place is None:
        return None
    pool = Pool(
        name=fields.name,
        placement=place,
        block_size=block_size,
        count=count,
        ctype=ctype,
        sharing=sharing_of(fields),
        checks=checks_of(fields, setting),
        debug_name=fields.flag("debug_name", setting.debug_name),
    )
    if pool.stride * count > MAX_ARENA:
        fields.problem(
            "block_size",
            "RW0245",
            f"{count} blocks of {byte_count(pool.stride)} are "
            f"{byte_count(pool.stride * count)}, more than 32 bits count",
        )
        return None
    return pool


def heap_of(fields: Fields, setting: Setting) -> Heap | None:
    """The heap that `fields` describe."""
    size = positive(fields, "size")
    region = region_of(fields, setting)
    if size is not None and not _heap_size_fits(fields, size):
        size = None
    if size is None or region is None:
        return None
    place = placement_of(fields, region, ABI_ALIGNMENT, least=ABI_ALIGNMENT)
    if place is None:
        return None
    return Heap(
        name=fields.name,
        placement=place,
        size=size,
        sharing=sharing_of(fields),
        checks=checks_of(fields, setting),
        debug_name=fields.flag("debug_name", setting.debug_name),
    )


def _heap_size_fits(fields: Fields, size: int) -> bool:
    if size < MIN_HEAP:
        fields.problem(
            "size",
            "RW0246",
            f"a heap of {byte_count(size)}; {MIN_HEAP} is the least",
            "blocks of one size are better served by a pool",
        )
        return False
    if size > MAX_HEAP:
        fields.problem(
            "size",
            "RW0246",
            f"a heap of {byte_count(size)}; 32M is the most",
            "declare several heaps and join them in a memheap",
        )
        return False
    return multiple_of(fields, "size", size, abi.HEAP_GRANULE)


MIN_HEAP = 32
MAX_HEAP = (abi.HEAP_GRANULES_MAX + 1) * abi.HEAP_GRANULE


def positive(fields: Fields, key: str, *, size: bool = True) -> int | None:
    """The value of `key`, which may not be zero."""
    value = fields.size(key) if size else fields.number(key)
    if value == 0:
        fields.problem(
            key,
            "RW0240",
            f"`{key}` of `{fields.name}` is 0",
            f"give it a value, or delete `{fields.name}`",
        )
        return None
    return value


def multiple_of(fields: Fields, key: str, value: int, step: int) -> bool:
    """Whether `value` is a multiple of `step`; nothing is rounded silently."""
    if value % step == 0:
        return True
    low, high = value // step * step, -(-value // step) * step
    nearest = f"{low} or {high}" if low else f"{high}"
    fields.problem(
        key,
        "RW0247",
        f"`{key}` of `{fields.name}` is {value}, no multiple of {step}",
        f"the nearest: {nearest}",
    )
    return False


def region_of(fields: Fields, setting: Setting, *, retained: bool = False) -> Region | None:
    """The region the object lies in; `retained` regions only where the object allows it."""
    name = fields.text("region")
    if name is None:
        return None
    if name not in setting.regions:
        fields.problem(
            "region", "RW0220", f"there is no region `{name}`", near(name, setting.regions)
        )
        return None
    region = setting.regions[name]
    if region is None:
        return None
    declared = Related(region.where, f"`{name}` is declared here")
    if region.alias_of is not None:
        fields.problem(
            "region",
            "RW0228",
            f"region `{name}` is an alias and holds no objects",
            f"write `region: {region.alias_of}`",
            declared,
        )
        return None
    if "retained" in region.attributes and not retained:
        fields.problem(
            "region",
            "RW0229",
            f"region `{name}` is retained and takes buffers only",
            "an allocator's state is zeroed at boot, so it would forget what lives there",
            declared,
        )
        return None
    return region


def placement_of(fields: Fields, region: Region, default: int, *, least: int) -> Placement | None:
    """Where the object goes; its address is computed later where `at` is given."""
    alignment = fields.size("alignment", default)
    address = fields.number("address")
    ways = [key for key in ("address", "at", "section") if fields.has(key)]
    if len(ways) > 1:
        fields.problem(
            ways[1],
            "RW0234",
            f"`{fields.name}` has both `{ways[0]}` and `{ways[1]}`",
            "each of them decides the place: keep one",
        )
        return None
    if alignment is None or (fields.has("address") and address is None):
        return None
    if fields.at_fault("at") or fields.at_fault("section"):
        return None
    if not _alignment_fits(fields, region, alignment, least):
        return None
    return Placement(
        region=region.name,
        address=address,
        section=fields.text("section"),
        alignment=alignment,
        where=fields.where,
        at=cast(At | None, fields.text("at")),
    )


def _alignment_fits(fields: Fields, region: Region, alignment: int, least: int) -> bool:
    if alignment == 0 or alignment & (alignment - 1):
        low = 1 << max(0, alignment.bit_length() - 1)
        nearest = f"{low} or {low * 2}" if alignment else "1"
        fields.problem(
            "alignment",
            "RW0241",
            f"an alignment of {alignment}, no power of two",
            f"the nearest: {nearest}",
        )
        return False
    if alignment < least:
        fields.problem(
            "alignment",
            "RW0242",
            f"an alignment of {alignment}; `{fields.name}` needs {least}",
            "what it hands out must hold any C type; leave the key out",
        )
        return False
    if alignment > region.size:
        fields.problem(
            "alignment",
            "RW0243",
            f"an alignment of {byte_count(alignment)}, more than all of region `{region.name}`",
        )
        return False
    return True


def sharing_of(fields: Fields) -> Sharing:
    """Who may call at the same time."""
    return cast(Sharing, fields.text("sharing") or "task")


def checks_of(fields: Fields, setting: Setting) -> Checks:
    """The object's own checks, else the layout's."""
    return cast(Checks, fields.text("checks") or setting.checks)


def _natural(block_size: int) -> int:
    """The alignment a C object of `block_size` bytes can need, 8 at most."""
    power = block_size & -block_size
    return power if block_size < 4 else min(8, max(4, power))


def _line(region: Region, setting: Setting) -> int:
    """The cache line where DMA and a data cache meet, else 1."""
    meets = {"cached", "dma"} <= region.attributes and setting.cpu in CACHED_CPUS
    return CACHE_LINE if meets else 1


def _ctype(fields: Fields) -> CType | None:
    spelling, header = fields.text("type"), fields.text("header")
    if spelling is None:
        if header is not None and not fields.has("type"):
            fields.problem(
                "header",
                "RW0249",
                f"`{fields.name}` names a header, but no type",
                "add `type: …`, or delete `header`",
            )
        return None
    word = spelling.rpartition(" ")[2]
    if word in KEYWORDS and spelling not in BUILT_IN_TYPES:
        fields.problem("type", "RW0211", f"`{word}` is a keyword of C or C++, not a type")
        return None
    if header is None and not fields.has("header") and spelling not in BUILT_IN_TYPES:
        fields.problem(
            "type",
            "RW0248",
            f"`{spelling}` needs the header that declares it",
            "add `header: …`, so that its size can be checked",
        )
    return CType(spelling, header)
