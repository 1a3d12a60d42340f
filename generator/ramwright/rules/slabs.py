# SPDX-License-Identifier: Apache-2.0
"""Slabs and their zones."""

from __future__ import annotations

from ramwright import abi
from ramwright.errors import Related
from ramwright.model import Slab, Zone
from ramwright.rules.fields import Fields, positive
from ramwright.rules.objects import (
    ABI_ALIGNMENT,
    Setting,
    checks_of,
    multiple_of,
    placement_of,
    quarantine_of,
    region_of,
    sharing_of,
    warn_of_lines,
)
from ramwright.source import Mapping
from ramwright.units import byte_count

MIN_SLAB, MAX_SLAB = 64, 64 * 1024
MAX_SLABS = 65534
BLOCK_STEP = 8  # bytes between the sizes that the size-to-zone table tells apart


def slab_of(fields: Fields, setting: Setting) -> Slab | None:
    """The slab allocator that `fields` describe."""
    slab_size = _slab_size(fields)
    slab_count = _slab_count(fields)
    region = region_of(fields, setting)
    items = fields.items("zones")
    zones = [
        _zone(fields.item_fields(i), slab_size, slab_count)
        for i in items or ()
        if isinstance(i, Mapping)
    ]
    sound = [zone for zone in zones if zone is not None]
    distinct = _distinct(fields, sound)
    if slab_count is not None:
        _check_minimum(fields, sound, slab_count)
        _check_reachable(fields, sound, slab_count)
    if region is None:
        return None
    place = placement_of(fields, region, ABI_ALIGNMENT, least=ABI_ALIGNMENT)
    if place is None or slab_size is None or slab_count is None or not sound:
        return None
    if len(sound) < len(zones) or not distinct:
        return None
    warn_of_lines(fields, place, setting, *(zone.block_size for zone in sound))
    checks = checks_of(fields, setting)
    return Slab(
        name=fields.name,
        placement=place,
        slab_size=slab_size,
        slab_count=slab_count,
        zones=tuple(sorted(sound, key=lambda zone: zone.block_size)),
        sharing=sharing_of(fields, setting),
        checks=checks,
        debug_name=fields.flag("debug_name", setting.debug_name),
        quarantine=quarantine_of(fields, setting, checks),
    )


def _slab_size(fields: Fields) -> int | None:
    size = positive(fields, "slab_size")
    if size is None:
        return None
    if size & (size - 1) or not MIN_SLAB <= size <= MAX_SLAB:
        low = min(MAX_SLAB, max(MIN_SLAB, 1 << (size.bit_length() - 1)))
        high = min(MAX_SLAB, max(MIN_SLAB, 1 << (size - 1).bit_length()))
        nearest = f"{low} or {high}" if low != high else f"{low}"
        fields.problem(
            "slab_size",
            "RW0251",
            f"a slab of {byte_count(size)}; slabs are powers of two from 64 bytes to 64K",
            f"the nearest: {nearest}",
        )
        return None
    return size


def _slab_count(fields: Fields) -> int | None:
    count = positive(fields, "slab_count", size=False)
    if count is not None and count > MAX_SLABS:
        fields.problem(
            "slab_count",
            "RW0252",
            f"{count} slabs; {MAX_SLABS} is the most",
            "make the slabs larger",
        )
        return None
    return count


def _zone(fields: Fields, slab_size: int | None, slab_count: int | None) -> Zone | None:
    block_size = positive(fields, "block_size")
    least, most = fields.number("min_slabs", 0), fields.number("max_slabs", slab_count)
    sound = least is not None and most is not None
    if block_size is not None and not multiple_of(fields, "block_size", block_size, BLOCK_STEP):
        block_size = None
    if block_size is not None and slab_size is not None and block_size > slab_size:
        fields.problem(
            "block_size",
            "RW0253",
            f"a block of {byte_count(block_size)} in a slab of {byte_count(slab_size)}",
            f"larger slabs: `slab_size: {1 << (block_size - 1).bit_length()}`"
            if block_size <= MAX_SLAB
            else "serve such sizes from a heap",
        )
        block_size = None
    if block_size and slab_size is not None and slab_size // block_size > abi.SLAB_BLOCKS_MAX:
        fields.problem(
            "block_size",
            "RW0257",
            f"{slab_size // block_size} blocks of {byte_count(block_size)} in a slab of "
            f"{byte_count(slab_size)}; {abi.SLAB_BLOCKS_MAX} is the most",
            f"smaller slabs, and more of them: `slab_size: {_largest_slab(block_size)}`",
        )
        block_size = None
    if fields.has("max_slabs") and most is not None:
        sound = _maximum_fits(fields, least, most, slab_count) and sound
    if block_size is None or least is None or most is None or not sound:
        return None
    return Zone(block_size, least, most, fields.place("block_size"))


def _largest_slab(block_size: int) -> int:
    """The largest power of two that is not cut into more blocks than a slab can have."""
    return 1 << ((abi.SLAB_BLOCKS_MAX + 1) * block_size - 1).bit_length() - 1


def _maximum_fits(fields: Fields, least: int | None, most: int, slab_count: int | None) -> bool:
    if most == 0:
        fields.problem("max_slabs", "RW0240", "a zone of 0 slabs", "delete the zone")
    elif slab_count is not None and most > slab_count:
        fields.problem(
            "max_slabs",
            "RW0255",
            f"a zone may take {most} slabs, but there are only {slab_count}",
            "leave `max_slabs` out for no limit",
        )
    elif least is not None and least > most:
        what = f"a zone sets {least} slabs aside, but may take only {most}"
        fields.problem("min_slabs", "RW0255", what, f"write `max_slabs: {least}`, or leave it out")
    else:
        return True
    return False


def _distinct(fields: Fields, zones: list[Zone]) -> bool:
    first: dict[int, Zone] = {}
    distinct = True
    for zone in zones:
        known = first.setdefault(zone.block_size, zone)
        if known is not zone:
            distinct = False
            fields.problem_at(
                zone.where,
                "RW0254",
                f"a second zone of {byte_count(zone.block_size)}",
                "delete one of them",
                Related(known.where, "the first is here"),
            )
    return distinct


def _check_reachable(fields: Fields, zones: list[Zone], slab_count: int) -> None:
    """Reports zones that never get a slab, since the others have set all of them aside."""
    if sum(zone.min_slabs for zone in zones) != slab_count:
        return
    for zone in zones:
        if zone.min_slabs == 0:
            fields.problem_at(
                zone.where,
                "RW0340",
                f"the zone of {byte_count(zone.block_size)} never gets a slab: the others set "
                f"aside all {slab_count}",
                "give it a `min_slabs` of its own, more slabs in all, or delete it",
            )


def _check_minimum(fields: Fields, zones: list[Zone], slab_count: int) -> None:
    total = sum(zone.min_slabs for zone in zones)
    if total > slab_count:
        fields.problem(
            "slab_count",
            "RW0256",
            f"the zones of `{fields.name}` set aside {total} "
            f"slabs in all, but there are {slab_count}",
            f"write `slab_count: {total}` or lower `min_slabs`",
        )
