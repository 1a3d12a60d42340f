# SPDX-License-Identifier: Apache-2.0
"""Buffers, pools and heaps: each on its own, given the regions."""

from __future__ import annotations

from typing import NamedTuple, cast

from ramwright import abi
from ramwright.errors import Related
from ramwright.model import (
    At,
    Buffer,
    Checks,
    Heap,
    Placement,
    Pool,
    Region,
    Rtos,
    Section,
    Sharing,
    pointer_size,
)
from ramwright.probe import Measured
from ramwright.rules.ctypes import alignment_of, block_size_of, check_holds, ctype_of
from ramwright.rules.fields import Fields, positive
from ramwright.rules.regions import near
from ramwright.units import byte_count
from ramwright.wording import listed, shown

HOST = "host"  # the one cpu without a linker script
# Bytes of a line of the data cache, on every cpu that has one where DMA and it meet. That of LX7,
# before external RAM, is 16, 32 or on the ESP32-S3 also 64, as the firmware sets it.
CACHE_LINES = {"cortex-m7": 32, "cortex-m55": 32, "cortex-m85": 32, "xtensa-lx7": 64}
ABI_ALIGNMENT = 8  # of what malloc returns
MAX_ARENA = 2**31 - 1
LINK = 4  # bytes and alignment of the link that a free block holds without checks


class Setting(NamedTuple):
    """What the objects of a layout have in common."""

    regions: dict[str, Region | None]
    cpu: str
    rtos: Rtos
    checks: Checks
    quarantine: int
    debug_name: bool
    types: Measured
    cores: int

    @property
    def on_host(self) -> bool:
        """Whether nothing has a place: the program runs on a workstation."""
        return self.cpu == HOST

    @property
    def pointer(self) -> int:
        """Bytes of one."""
        return pointer_size(self.cpu)


def address_bits(cpu: str | None) -> int:
    """How many `cpu` has; of a host those of its pointers."""
    return 64 if cpu is not None and (cpu == HOST or pointer_size(cpu) == 8) else 32


def buffer_of(fields: Fields, setting: Setting) -> Buffer | None:
    """The buffer that `fields` describe."""
    size = positive(fields, "size")
    ctype = ctype_of(fields)
    region = region_of(fields, setting, retained=True)
    if size is None or region is None:
        return None
    check_holds(fields, "size", size, ctype, setting.types)
    natural = max(8 if size >= 8 else 4, alignment_of(ctype, setting.types))
    place = placement_of(fields, region, max(natural, _line(region, setting)), least=1)
    if place is None:
        return None
    check_lines(fields, place, setting, size)
    return Buffer(fields.name, place, size, ctype)


def pool_of(fields: Fields, setting: Setting) -> Pool | None:
    """The pool that `fields` describe."""
    ctype = ctype_of(fields)
    block_size = block_size_of(fields, ctype, setting.types)
    count = positive(fields, "count", size=False)
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
    checks = checks_of(fields, setting)
    least = LINK if checks == "none" else 1
    natural = max(_natural(block_size), alignment_of(ctype, setting.types), least)
    default = max(natural, _line(region, setting))
    place = placement_of(fields, region, default, least=least)
    if count is None or place is None:
        return None
    check_lines(fields, place, setting)
    sharing = sharing_of(fields, setting)
    pool = Pool(
        name=fields.name,
        placement=place,
        block_size=block_size,
        count=count,
        ctype=ctype,
        wait=_waits(fields, setting, sharing),
        sharing=sharing,
        checks=checks,
        debug_name=fields.flag("debug_name", setting.debug_name),
        quarantine=quarantine_of(fields, setting, checks),
    )
    if pool.stride * count > MAX_ARENA:
        fields.problem(
            "block_size",
            "RW0245",
            f"{count} blocks of {byte_count(pool.stride)} are "
            f"{byte_count(pool.stride * count)}, more than 31 bits count",
            f"{MAX_ARENA // pool.stride} such blocks are the most",
        )
        return None
    return pool


def _waits(fields: Fields, setting: Setting, sharing: Sharing) -> bool:
    """Whether tasks may wait for a block."""
    if not fields.flag("wait", False):
        return False
    if sharing not in ("task", "interrupt"):
        fields.problem(
            "sharing",
            "RW0281",
            f"`{fields.name}` waits, but is shared as `{sharing}`",
            "somebody else frees what a task waits for: choose `sharing: task` or `interrupt`",
        )
    elif setting.rtos == "none":
        fields.problem(
            "wait",
            "RW0280",
            f"`{fields.name}` waits, but no kernel is named that could suspend a task",
            "say which: `target: {rtos: freertos, …}`",
        )
    return True


def heap_of(fields: Fields, setting: Setting) -> Heap | None:
    """The heap that `fields` describe; one that takes the rest with the least size for now."""
    size = MIN_HEAP if takes_rest(fields) else positive(fields, "size")
    region = region_of(fields, setting)
    if size is not None and not heap_size_fits(fields, size):
        size = None
    if size is None or region is None:
        return None
    place = placement_of(fields, region, ABI_ALIGNMENT, least=ABI_ALIGNMENT)
    if place is None:
        return None
    warn_of_lines(fields, place, setting, abi.HEAP_GRANULE)
    checks = checks_of(fields, setting)
    return Heap(
        name=fields.name,
        placement=place,
        size=size,
        sharing=sharing_of(fields, setting),
        checks=checks,
        debug_name=fields.flag("debug_name", setting.debug_name),
        quarantine=quarantine_of(fields, setting, checks),
    )


def takes_rest(fields: Fields) -> bool:
    """Whether the heap has all that remains of its region; reports what contradicts it."""
    if fields.text("size") != REST:
        return False
    for key in ("address", "at", "section"):
        if fields.has(key):
            fields.problem(
                key,
                "RW0350",
                f"`{fields.name}` takes the rest of its region, so `{key}` cannot place it",
                f"give it a size, or delete `{key}`",
            )
    return True


def heap_size_fits(fields: Fields, size: int) -> bool:
    """Whether a heap can have `size` bytes; reports it where not."""
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


REST = "rest"
MIN_HEAP = 32
MAX_HEAP = (abi.HEAP_GRANULES_MAX + 1) * abi.HEAP_GRANULE


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
            "region", "RW0220", f"there is no region `{shown(name)}`", near(name, setting.regions)
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
    if lacking := [word for word in fields.words("requires") if word not in region.attributes]:
        fields.problem(
            "region",
            "RW0341",
            f"`{fields.name}` requires {listed(lacking)}, but region `{name}` does not have it",
            "choose another region, or delete `region` to get the first that has what is required",
            declared,
        )
        return None
    return region


def check_lines(fields: Fields, place: Placement, setting: Setting, size: int = 0) -> None:
    """Reports storage for DMA that shares a cache line with something else."""
    line = _line_that_matters(fields, place, setting)
    if (place.alignment | size) % line:
        key = "alignment" if place.alignment % line else "size"
        whole = "cache_line" if key == "alignment" else '"align_up(…, cache_line)"'
        fields.problem(
            key,
            "RW0344",
            f"`{fields.name}` requires dma and shares a cache line of {line} bytes with what "
            "lies beside it: the cache's copy of one would overwrite the other",
            f"write `{key}: {whole}`, or choose a region that is not cached",
        )


def warn_of_lines(fields: Fields, place: Placement, setting: Setting, *sizes: int) -> None:
    """Warns of an allocator for DMA whose blocks, of `sizes`, can share a cache line."""
    line = _line_that_matters(fields, place, setting)
    if any(size % line for size in (place.alignment, *sizes)):
        fields.warning(
            fields.where,
            "RW0345",
            f"`{fields.name}` requires dma, but its blocks can share a cache line of {line} bytes",
            "use a pool, whose blocks are aligned, or a region that is not cached",
        )


def _line_that_matters(fields: Fields, place: Placement, setting: Setting) -> int:
    """The cache line where DMA and a data cache meet in what `fields` describe, else 1."""
    region = setting.regions[place.region]
    required = "dma" in fields.words("requires")
    return _line(region, setting) if required and region is not None else 1


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
    section = _section_of(fields)
    if fields.at_fault("at") or (section is None and fields.has("section")):
        return None
    if not _alignment_fits(fields, region, alignment, least):
        return None
    return Placement(
        region=region.name,
        address=address,
        section=section,
        alignment=alignment,
        where=fields.where,
        at=cast("At | None", fields.text("at")),
    )


def _section_of(fields: Fields) -> Section | None:
    """The section of the board's script that adopts the object."""
    inner = fields.inner("section")
    output = inner.text("output") if inner else fields.text("section")
    if output is None or (inner and inner.at_fault("input")):
        return None
    own = f"{output}.rw.{fields.name}"
    return Section(output, (inner.text("input") if inner else None) or own)


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
            "with `checks: none` a free block holds a link of 4 bytes; leave the key out"
            if least == LINK
            else "what it hands out must hold any C type; leave the key out",
        )
        return False
    if alignment > region.size:
        fields.problem(
            "alignment",
            "RW0243",
            f"an alignment of {byte_count(alignment)}, more than all of region `{region.name}`",
            "write a smaller one, or leave the key out to get what the object needs",
        )
        return False
    return True


def sharing_of(fields: Fields, setting: Setting) -> Sharing:
    """Who may call at the same time."""
    sharing = cast(Sharing, fields.text("sharing") or "task")
    if sharing == "core" and setting.cores == 1:
        fields.problem(
            "sharing",
            "RW0264",
            f"`{fields.name}` is shared between cores, but `target` has one",
            "write `sharing: interrupt`, or `cores: 2` under `target`",
        )
    return sharing


def checks_of(fields: Fields, setting: Setting) -> Checks:
    """The object's own checks, else the layout's."""
    return cast(Checks, fields.text("checks") or setting.checks)


QUARANTINE = 8  # where nobody says


def quarantine_of(fields: Fields, setting: Setting, checks: Checks) -> int:
    """How many freed blocks the object holds back."""
    own = quarantine_within(fields, setting.quarantine)
    if fields.has("quarantine") and fields.text("checks") in ("none", "basic"):
        fields.problem(
            "quarantine",
            "RW0291",
            f"`{fields.name}` has a quarantine, but `checks: {checks}`, which knows none",
            "write `checks: full`, or delete `quarantine`",
        )
    return own if checks == "full" else 0


def quarantine_within(fields: Fields, default: int) -> int:
    """The value of `quarantine`, which has limits."""
    blocks = fields.number("quarantine", default)
    if blocks is None:
        return default
    if not 1 <= blocks <= abi.QUARANTINE_MAX:
        fields.problem(
            "quarantine",
            "RW0290",
            f"a quarantine of {blocks} blocks; it has 1 to {abi.QUARANTINE_MAX}",
            f"each costs {abi.HELD} bytes of .bss, and each free looks at all of them"
            if blocks
            else "`checks: basic` has none",
        )
        return default
    return blocks


def _natural(block_size: int) -> int:
    """The alignment a C object of `block_size` bytes can need, 8 at most."""
    power = block_size & -block_size
    return power if block_size < 4 else min(8, max(4, power))


def cache_line(cpu: str | None) -> int:
    """Bytes of a line of the data cache of `cpu`, 1 where it has none."""
    return CACHE_LINES.get(cpu or "", 1)


def _line(region: Region, setting: Setting) -> int:
    """The cache line where DMA and a data cache meet, else 1."""
    return cache_line(setting.cpu) if {"cached", "dma"} <= region.attributes else 1
