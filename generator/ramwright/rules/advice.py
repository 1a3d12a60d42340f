# SPDX-License-Identifier: Apache-2.0
"""What is allowed, but likely not meant or worth knowing: warnings, and notes for `check`."""

from __future__ import annotations

from collections.abc import Iterator

from ramwright import sizing
from ramwright.errors import Problem, Related
from ramwright.model import Buffer, Config, Heap, Pool, Region, Sharing, Slab
from ramwright.placement import Owner, arena_size, owners_by_region, place, wanted
from ramwright.presets import is_preset
from ramwright.probe import Measured
from ramwright.units import byte_count, spelled

LEAST_WASTE = 256  # bytes; less is not worth a word
WASTED_PART = 4  # more than one in so many bytes
_CALLERS: tuple[Sharing, ...] = ("none", "task", "interrupt", "core")  # each allows more


def warnings(config: Config, types: Measured) -> tuple[Problem, ...]:
    """What of `config` is likely a mistake."""
    owners = owners_by_region(config)
    everybody = (owner for some in owners.values() for owner in some)
    state = sum(sizing.state_size(owner, config.target.pointer) for owner in everybody)
    found: list[Problem] = []
    for region in config.regions.values():
        mine = owners[region.name]
        found += [p for owner in mine if isinstance(owner, Pool) for p in _padding(owner)]
        found += _gaps(region, mine, state if region.name == config.home else 0)
        found += _mailboxes(region, mine, types)
    return (*found, *_mixed(config))


def notes(config: Config) -> tuple[Problem, ...]:
    """What is worth knowing about `config`, which is sound."""
    return (*_masked(config), *_unused(config))


def _padding(pool: Pool) -> Iterator[Problem]:
    """Bytes that align the blocks of a pool."""
    waste, arena = (pool.stride - pool.block_size) * pool.count, arena_size(pool)
    if waste >= LEAST_WASTE and waste * WASTED_PART > arena:
        yield Problem(
            pool.placement.where,
            "RW0351",
            f"{waste} of the {arena} bytes of `{pool.name}` are padding: blocks of "
            f"{pool.block_size} bytes, {pool.stride} apart",
            "a smaller `alignment`, or a region where DMA and a cache do not meet",
            severity="warning",
        )


def _gaps(region: Region, owners: list[Owner], state: int) -> Iterator[Problem]:
    """Bytes skipped before an object to align it."""
    plan = place(region, [wanted(owner) for owner in owners], state)
    by_name = {owner.name: owner for owner in owners}
    end = plan.linked_start
    for name in plan.linked:
        owner, gap = by_name[name], plan.offsets[name] - end
        end = plan.offsets[name] + arena_size(owner)
        alignment = owner.placement.alignment
        if gap >= LEAST_WASTE and gap * WASTED_PART > arena_size(owner) and gap < alignment:
            yield Problem(
                owner.placement.where,
                "RW0351",
                f"{byte_count(gap)} before `{name}` are lost to its alignment of {alignment}",
                "declare it first of its kind, or pin it with `at: start`",
                severity="warning",
            )


def _mailboxes(region: Region, owners: list[Owner], types: Measured) -> Iterator[Problem]:
    """Buffers at a fixed address that another program writes too, or an earlier version did."""
    if not {"shared", "retained"} & region.attributes:
        return
    for owner in owners:
        if not isinstance(owner, Buffer) or owner.placement.address is None or owner.placement.at:
            continue
        known = types.types.get(owner.ctype) if owner.ctype else None
        if owner.ctype is None:
            what = f"mailbox `{owner.name}` has no type, so nothing in it says what it holds"
        elif known is not None and not known.versioned:
            what = f"`{owner.ctype.spelling}` in mailbox `{owner.name}` has no `magic` or `version`"
        else:
            continue
        hint = "a type with a member `magic` or `version` lets the reader know what it finds"
        declared = (Related(region.where, f"`{region.name}` outlives or is shared"),)
        where = owner.placement.where
        yield Problem(where, "RW0354", what, hint, declared, severity="warning")


def _mixed(config: Config) -> Iterator[Problem]:
    """Memheaps whose members may not all be called by the same callers."""
    members: dict[str, Heap | Slab] = {**config.heaps, **config.slabs}
    for memheap in config.memheaps.values():
        owners = sorted(
            (members[name] for name in memheap.members if name in members),
            key=lambda owner: _CALLERS.index(owner.sharing),
        )
        if len({owner.sharing for owner in owners}) < 2:
            continue
        weakest, strongest = owners[0], owners[-1]
        yield Problem(
            memheap.where,
            "RW0358",
            f"members of memheap `{memheap.name}` are shared differently, so it may be called only "
            f"as `sharing: {weakest.sharing}` allows",
            "give all members the same `sharing`, that of those who call the memheap",
            (
                Related(weakest.placement.where, f"`{weakest.name}`: {weakest.sharing}"),
                Related(strongest.placement.where, f"`{strongest.name}`: {strongest.sharing}"),
            ),
            severity="warning",
        )


def _masked(config: Config) -> Iterator[Problem]:
    """Allocators of any size that interrupts may call."""
    owners: tuple[Heap | Slab, ...] = (*config.heaps.values(), *config.slabs.values())
    for owner in owners:
        if owner.sharing == "interrupt":
            kind = "heap" if isinstance(owner, Heap) else "slab"
            yield Problem(
                owner.placement.where,
                "RW0356",
                f"{kind} `{owner.name}` is shared with interrupts: each call masks them from "
                "beginning to end",
                "a pool with `sharing: interrupt` masks none or a few instructions",
                severity="note",
            )


def _unused(config: Config) -> Iterator[Problem]:
    """Regions that hold nothing, all in one note: a config just begun has several."""
    used = {config.home} | {region.alias_of for region in config.regions.values()}
    used |= {name for name, owners in owners_by_region(config).items() if owners}
    # A preset's regions are there whether the user wants them or not.
    empty = [
        region
        for name, region in config.regions.items()
        if name not in used
        and not (region.reserve_start or region.reserve_end or region.alias_of)
        and not is_preset(region.where.file)
    ]
    if empty:
        names = ", ".join(f"`{region.name}` ({spelled(region.size)})" for region in empty)
        yield Problem(
            empty[0].where,
            "RW0355",
            f"nothing lies in {'regions' if empty[1:] else 'region'} {names}",
            "use what the firmware has, give it a `reserve` for the firmware's own sections, or "
            "delete it",
            severity="note",
        )
