# SPDX-License-Identifier: Apache-2.0
"""From Config to Layout: every constant, every size, every nominal offset."""

from __future__ import annotations

from ramwright import placement, sizing
from ramwright.layout import (
    HeapPlan,
    Kind,
    Layout,
    MemheapPlan,
    Object,
    PoolPlan,
    RegionPlan,
    SlabPlan,
    State,
)
from ramwright.model import Buffer, Config, Heap, Pool, Region, Slab
from ramwright.placement import Owner


def plan(config: Config) -> Layout:
    """The layout of `config`, which has passed the meaning rules but may overflow its regions."""
    owners = placement.owners_by_region(config)
    regions = tuple(_region(config, region, owners) for region in config.regions.values())
    memheaps = tuple(
        MemheapPlan(memheap.name, memheap.members, memheap.debug_name)
        for memheap in config.memheaps.values()
    )
    return Layout(config, regions, memheaps)


def _region(config: Config, region: Region, owners: dict[str, list[Owner]]) -> RegionPlan:
    mine = owners[region.name]
    home = region.name == config.home
    everybody = [owner for some in owners.values() for owner in some]
    pointer = config.target.pointer
    state = sum(sizing.state_size(owner, pointer) for owner in everybody) if home else 0
    placed = placement.place(region, [placement.wanted(owner) for owner in mine], state)
    pins = placement.pinned_addresses(region, [placement.wanted(owner) for owner in mine])
    objects = [
        _object(owner, placed.offsets[owner.name], pins.get(owner.name), pointer) for owner in mine
    ]
    return RegionPlan(
        name=region.name,
        origin=region.origin,
        size=region.size,
        linker=region.linker,
        attributes=tuple(sorted(region.attributes)),
        reserve_start=region.reserve_start,
        reserve_end=region.reserve_end,
        alias_of=region.alias_of,
        home=home,
        states=_states(everybody, placed.state_start, pointer) if home else (),
        objects=tuple(sorted(objects, key=lambda obj: obj.offset)),
        borders=region.borders,
    )


def _states(owners: list[Owner], offset: int, pointer: int) -> tuple[State, ...]:
    states = []
    for owner in owners:
        if size := sizing.state_size(owner, pointer):
            states.append(State(owner.name, offset, size))
            offset += size
    return tuple(states)


def _object(owner: Owner, offset: int, address: int | None, pointer: int) -> Object:
    place = owner.placement
    return Object(
        name=owner.name,
        kind=_kind(owner),
        region=place.region,
        section=place.section.input if place.section else None,
        adopted=place.section.output if place.section else None,
        address=address,
        offset=offset,
        size=placement.arena_size(owner),
        alignment=place.alignment,
        payload=_payload(owner),
        state_size=sizing.state_size(owner, pointer),
        descriptor_size=sizing.descriptor_size(owner, pointer),
        ctype=owner.ctype if isinstance(owner, Buffer | Pool) else None,
        sharing="none" if isinstance(owner, Buffer) else owner.sharing,
        checks="none" if isinstance(owner, Buffer) else owner.checks,
        debug_name=not isinstance(owner, Buffer) and owner.debug_name,
        plan=_constants(owner, pointer),
        full=None if isinstance(owner, Buffer) else sizing.full_plan(owner),
    )


def _kind(owner: Owner) -> Kind:
    if isinstance(owner, Buffer):
        return "buffer"
    if isinstance(owner, Pool):
        return "pool"
    return "heap" if isinstance(owner, Heap) else "slab"


def _payload(owner: Owner) -> int:
    """Bytes of the arena that are not padding: a pool's blocks without what aligns them."""
    if isinstance(owner, Pool):
        return owner.block_size * owner.count
    return placement.arena_size(owner)


def _constants(owner: Owner, pointer: int) -> PoolPlan | HeapPlan | SlabPlan | None:
    if isinstance(owner, Pool):
        return sizing.pool_plan(owner, pointer)
    if isinstance(owner, Heap):
        return sizing.heap_plan(owner)
    return sizing.slab_plan(owner) if isinstance(owner, Slab) else None
