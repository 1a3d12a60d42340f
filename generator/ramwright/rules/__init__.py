# SPDX-License-Identifier: Apache-2.0
"""Meaning: from a tree of the right shape to a Config, with every rule of the language.

A thing at fault is left out of the rest, but its name stays known, so that one mistake is reported
once. What could be read is checked to the end: all problems come out of one run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from ramwright import sizing
from ramwright.cnames import BUILT_IN_TYPES, Kind
from ramwright.errors import Mark, Problem
from ramwright.model import (
    Buffer,
    Checks,
    Config,
    Heap,
    Insert,
    Link,
    Memheap,
    Pool,
    Slab,
    Target,
)
from ramwright.placement import Owner
from ramwright.rules.fields import Constants, Fields, evaluated
from ramwright.rules.groups import Membership, default_of
from ramwright.rules.names import Declared, check_names, declared
from ramwright.rules.objects import HOST, Setting, buffer_of, heap_of, pool_of
from ramwright.rules.regions import home_of, regions_of
from ramwright.rules.slabs import slab_of
from ramwright.rules.space import Space, check_space, with_addresses
from ramwright.source import Entry, Mapping

_GROUPS: tuple[tuple[Kind, str], ...] = (
    ("buffer", "buffers"),
    ("pool", "pools"),
    ("heap", "heaps"),
    ("slab", "slabs"),
    ("memheap", "memheaps"),
)

_TAKEN = {  # names that mean something else in an expression
    "align_up": "`align_up` is a function of expressions",
    "K": "`K` behind a number is a factor of 1024",
    "M": "`M` behind a number is a factor of 1024 * 1024",
}

_BUILDERS: dict[Kind, Callable[[Fields, Setting], Owner | None]] = {
    "buffer": buffer_of,
    "pool": pool_of,
    "heap": heap_of,
    "slab": slab_of,
}


def config_of(root: Mapping, file: str) -> tuple[Config | None, tuple[Problem, ...]]:
    """The config that `root` means; None where too much of it is at fault to name its parts."""
    problems: list[Problem] = []
    top = Fields(Entry("", Mark(file, 1, 1), root), {}, problems)
    top = Fields(Entry("", top.where, root), _constants(top, problems), problems)
    target = top.inner("target")
    cpu = target.text("cpu") if target else None
    regions = regions_of(top, 64 if cpu == HOST else 32)
    home = home_of(top, regions)
    everything = [(kind, entry) for kind, key in _GROUPS for entry in top.entries(key)]
    objects = declared(everything, problems)
    setting = Setting(
        regions,
        cpu or "",
        cast(Checks, top.text("checks") or "basic"),
        top.flag("debug_name", True),
    )
    built = _Built(top, everything, objects, setting)
    default = default_of(top, {name: kind for name, (kind, _) in objects.items()})
    name = top.text("name")
    layout = (name, top.place("name")) if name else None
    problems += check_names(layout, objects, _typedefs(built.owners))
    link = _link(top, setting)
    owners = _spaced(built, setting, home, problems)
    if name is None or cpu is None or home is None:
        return None, tuple(problems)
    config = Config(
        name=name,
        file=file,
        target=Target(cpu),
        home=home,
        link=link,
        regions={n: r for n, r in regions.items() if r is not None},
        buffers={o.name: o for o in owners if isinstance(o, Buffer)},
        pools={o.name: o for o in owners if isinstance(o, Pool)},
        heaps={o.name: o for o in owners if isinstance(o, Heap)},
        slabs={o.name: o for o in owners if isinstance(o, Slab)},
        memheaps={m.name: m for m in built.memheaps},
        default=default,
    )
    return config, tuple(problems)


class _Built:
    """The objects that could be built, in the linker's order; the first of each name.

    One whose name is taken is built all the same, to see what else is wrong with it."""

    def __init__(
        self,
        top: Fields,
        everything: list[tuple[Kind, Entry]],
        objects: Declared,
        setting: Setting,
    ) -> None:
        self.owners: list[Owner] = []
        self.memheaps: list[Memheap] = []
        self.pins: dict[str, Mark] = {}  # where each pinned object says so
        membership = Membership()
        kinds = {name: kind for name, (kind, _) in objects.items()}
        for kind, entry in everything:
            fields = Fields.of(entry, top)
            first = objects[entry.key][1] is entry
            if kind == "memheap":
                memheap = membership.memheap_of(fields, kinds, setting.debug_name)
                self.memheaps += [memheap] if memheap and first else []
                continue
            owner = _BUILDERS[kind](fields, setting)
            if setting.on_host and _placed(fields, ("address", "at", "section")):
                owner = None
            self.owners += [owner] if owner and first else []
            if owner and first and owner.placement.section is None:
                self.pins[owner.name] = fields.place("at" if owner.placement.at else "address")


def _placed(fields: Fields, keys: tuple[str, ...]) -> bool:
    """Whether one of `keys`, which say where something lies on a target, is written; reports it."""
    written = [key for key in keys if fields.has(key)]
    for key in written:
        fields.problem(
            key,
            "RW0237",
            f"`{key}` means nothing on a host: no linker script places anything there",
            f"delete `{key}`, or name the `cpu` of the firmware",
        )
    return bool(written)


def _constants(top: Fields, problems: list[Problem]) -> Constants:
    values: dict[str, int | None] = {}
    for entry in top.entries("constants"):
        values[entry.key] = evaluated(entry, values, problems, size=True)
        if entry.key in _TAKEN:
            problems.append(
                Problem(entry.where, "RW0212", _TAKEN[entry.key], "choose another name")
            )
    return values


def _link(top: Fields, setting: Setting) -> Link:
    if setting.on_host:
        _placed(top, ("link",))
    fields = top.inner("link")
    anchor, insert = (fields.text("anchor"), fields.text("insert")) if fields else (None, None)
    return Link(anchor or ".data", cast(Insert, insert or "after"))


def _typedefs(owners: list[Owner]) -> dict[str, Mark]:
    """The typedef names the objects use: in C they share a namespace with functions."""
    return {
        owner.ctype.spelling: owner.placement.where
        for owner in owners
        if isinstance(owner, Buffer | Pool)
        and owner.ctype is not None
        and " " not in owner.ctype.spelling
        and owner.ctype.spelling not in BUILT_IN_TYPES
    }


def _spaced(
    built: _Built,
    setting: Setting,
    home: str | None,
    problems: list[Problem],
) -> list[Owner]:
    """The owners with the addresses that `at:` means; reports what does not fit."""
    owners = built.owners
    state = sum(sizing.state_size(owner) for owner in owners)
    by_region: dict[str, list[Owner]] = {}
    for owner in owners:
        by_region.setdefault(owner.placement.region, []).append(owner)
    addresses: dict[str, int] = {}
    for name, region in setting.regions.items():
        if region is None:
            continue
        mine = by_region.get(name, [])
        addresses |= with_addresses(region, mine)
        at_home = name == home
        space = Space(
            region, tuple(mine), state if at_home else 0, built.pins, at_home, setting.on_host
        )
        problems += check_space(space)
    return [_at(owner, addresses.get(owner.name)) for owner in owners]


def _at(owner: Owner, address: int | None) -> Owner:
    if address is None:
        return owner
    return replace(owner, placement=replace(owner.placement, address=address))
