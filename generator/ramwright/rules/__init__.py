# SPDX-License-Identifier: Apache-2.0
"""Meaning: from a tree of the right shape to a Config, with every rule of the language.

A thing at fault is left out of the rest, but its name stays known, so that one mistake is reported
once. What could be read is checked to the end: all problems come out of one run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from ramwright import sizing
from ramwright.cnames import BUILT_IN_TYPES, Kind
from ramwright.errors import Mark, Problem, Problems, Related, TooManyProblemsError
from ramwright.model import (
    Buffer,
    Checks,
    Config,
    Heap,
    Insert,
    Link,
    Memheap,
    Pool,
    Region,
    Rtos,
    Slab,
    Target,
)
from ramwright.placement import Owner
from ramwright.probe import Measured
from ramwright.rules.advice import warnings
from ramwright.rules.choice import Rooms, Undecided, state_bound
from ramwright.rules.constants import constants_of
from ramwright.rules.cores import cores_of
from ramwright.rules.fields import Fields
from ramwright.rules.groups import Membership, default_of
from ramwright.rules.names import Declared, check_names, declared
from ramwright.rules.objects import (
    HOST,
    MAX_HEAP,
    MIN_HEAP,
    QUARANTINE,
    REST,
    Setting,
    address_bits,
    buffer_of,
    cache_line,
    heap_of,
    heap_size_fits,
    pool_of,
    quarantine_within,
)
from ramwright.rules.regions import home_of, regions_of
from ramwright.rules.slabs import slab_of
from ramwright.rules.space import Space, check_space, with_addresses
from ramwright.source import Entry, Mapping
from ramwright.wording import DID_YOU_MEAN

_GROUPS: tuple[tuple[Kind, str], ...] = (
    ("buffer", "buffers"),
    ("pool", "pools"),
    ("heap", "heaps"),
    ("slab", "slabs"),
    ("memheap", "memheaps"),
)

_BUILDERS: dict[Kind, Callable[[Fields, Setting], Owner | None]] = {
    "buffer": buffer_of,
    "pool": pool_of,
    "heap": heap_of,
    "slab": slab_of,
}


def config_of(
    root: Mapping, file: str, types: Measured
) -> tuple[Config | None, tuple[Problem, ...]]:
    """The config that `root` means; None where too much of it is at fault to name its parts.

    `types` is what the compiler says about the C types it names."""
    problems = Problems()
    try:
        config = _config_of(root, file, types, problems)
    except TooManyProblemsError:
        config = None
    said = _without_consequences(root, problems)
    return config, (*said, *(warnings(config, types) if config else ()))


# What is said of a name that is not declared, by the groups that could have declared it.
_UNDECLARED = {
    "regions": ("RW0220",),
    "constants": ("RW0202",),
    **dict.fromkeys(("heaps", "slabs", "memheaps"), ("RW0260", "RW0263")),
}


def _without_consequences(root: Mapping, problems: list[Problem]) -> list[Problem]:
    """`problems` without those about names that are not known, perhaps, because of a fault in the
    group that declares them, which has been reported. A slip is known by the name it is near."""
    top = Fields(Entry("", root.where, root), {}, [])
    target = top.inner("target")
    groups = [key for key in _UNDECLARED if top.in_doubt(key)]
    if top.in_doubt("target") or (target and target.in_doubt("device")):
        groups.append("regions")  # those of the device
    dropped = {code for key in groups for code in _UNDECLARED[key]}
    return [p for p in problems if p.code not in dropped or p.hint.startswith(DID_YOU_MEAN)]


def _config_of(root: Mapping, file: str, types: Measured, problems: list[Problem]) -> Config | None:
    top = Fields(Entry("", Mark(file, 1, 1), root), {}, problems)
    target = top.inner("target")
    cpu = target.text("cpu") if target else None
    constants = constants_of(top.entries("constants"), cache_line(cpu), problems)
    top = Fields(Entry("", top.where, root), constants, problems)
    cores = cores_of(target) if target else 1
    rtos = _rtos(target, cpu)
    regions = regions_of(top, address_bits(cpu))
    home = home_of(top, regions)
    everything = [(kind, entry) for kind, key in _GROUPS for entry in top.entries(key)]
    objects = declared(everything, problems)
    setting = Setting(
        regions,
        cpu or "",
        rtos,
        cast(Checks, top.text("checks") or "basic"),
        quarantine_within(top, QUARANTINE),
        top.flag("debug_name", True),
        types,
        cores,
    )
    built = _Built(top, everything, objects, setting, home)
    default = default_of(top, {name: kind for name, (kind, _) in objects.items()})
    name = top.text("name")
    layout = (name, top.place("name")) if name else None
    problems += check_names(layout, objects, _typedefs(built.owners))
    link = _link(top, setting)
    owners = _spaced(built, setting, home, problems)
    if name is None or cpu is None or home is None:
        return None
    return Config(
        name=name,
        file=file,
        target=Target(cpu, rtos, cores),
        home=home,
        link=link,
        regions={n: r for n, r in regions.items() if r is not None},
        buffers={o.name: o for o in owners if isinstance(o, Buffer)},
        pools={o.name: o for o in owners if isinstance(o, Pool)},
        heaps={o.name: o for o in owners if isinstance(o, Heap)},
        slabs={o.name: o for o in owners if isinstance(o, Slab)},
        memheaps={m.name: m for m in built.memheaps},
        default=default,
        default_where=top.place("default"),
    )


class _Built:
    """The objects that could be built, in the linker's order; the first of each name.

    One whose name is taken is built all the same, to see what else is wrong with it."""

    def __init__(
        self,
        top: Fields,
        everything: list[tuple[Kind, Entry]],
        objects: Declared,
        setting: Setting,
        home: str | None,
    ) -> None:
        self.memheaps: list[Memheap] = []
        self.pins: dict[str, Mark] = {}  # where each pinned object says so
        self._setting = setting
        self._top = top
        self._by_rank: dict[int, Owner] = {}
        self._undecided: list[Undecided] = []
        self._rest: dict[int, Fields] = {}  # heaps that have the rest of their region
        membership = Membership()
        kinds = {name: kind for name, (kind, _) in objects.items()}
        for rank, (kind, entry) in enumerate(everything):
            fields = Fields.of(entry, top)
            first = objects[entry.key][1] is entry
            if kind == "memheap":
                memheap = membership.memheap_of(fields, kinds, setting.debug_name)
                self.memheaps += [memheap] if memheap and first else []
            else:
                self._add(rank, kind, fields, first)
        self._decide(home)
        self.owners = [owner for _, owner in sorted(self._by_rank.items())]

    def _add(self, rank: int, kind: Kind, fields: Fields, first: bool) -> None:
        sound = not (self._setting.on_host and _placed(fields, ("address", "at", "section")))
        if (required := fields.words("requires")) and not fields.has("region"):
            if sound and first:
                self._undecided.append(self._undecided_of(rank, kind, fields, required))
            return
        owner = _BUILDERS[kind](fields, self._setting)
        if owner is None or not first or not sound:
            return
        self._by_rank[rank] = owner
        if kind == "heap" and fields.text("size") == REST:
            self._rest[rank] = fields
        self._note_pin(owner, fields)

    def _note_pin(self, owner: Owner, fields: Fields) -> None:
        if owner.placement.section is None:
            self.pins[owner.name] = fields.place("at" if owner.placement.at else "address")

    def _undecided_of(
        self, rank: int, kind: Kind, fields: Fields, required: tuple[str, ...]
    ) -> Undecided:
        def build(region: Region) -> tuple[Owner | None, list[Problem]]:
            found: list[Problem] = []
            inside = fields.reporting_to(found).with_text("region", region.name, "requires")
            return _BUILDERS[kind](inside, self._setting), found

        rest = kind == "heap" and fields.text("size") == REST
        return Undecided(rank, fields, required, build, kind == "buffer", rest)

    def _decide(self, home: str | None) -> None:
        """Finds regions for those that only say what they require, and the size of the rest."""
        if not self._undecided and not self._rest:
            return
        regions = [region for region in self._setting.regions.values() if region is not None]
        rooms = Rooms(regions, home, self._setting.pointer)
        for rank, owner in self._by_rank.items():
            rooms.put(rank, owner)
            rooms.expect_state(state_bound(owner, rank in self._rest, self._setting.pointer))
        for one in self._undecided:
            rooms.expect_undecided(one)
        taken = self._rests_taken()
        for one in sorted(self._undecided, key=lambda one: (one.rest, one.rank)):
            chosen = rooms.decide(one, self._top.problems, taken)
            if chosen is None:
                continue
            self._by_rank[one.rank] = chosen
            self._note_pin(chosen, one.fields)
            if one.rest:
                self._rest[one.rank] = one.fields
                taken.add(chosen.placement.region)
        self._give_rest(rooms, home)

    def _rests_taken(self) -> set[str]:
        """The regions whose rest a heap has that names its region; two are a mistake."""
        first: dict[str, Fields] = {}
        for rank, fields in list(self._rest.items()):
            region = self._by_rank[rank].placement.region
            other = first.setdefault(region, fields)
            if other is not fields:
                fields.problem(
                    "size",
                    "RW0348",
                    f"`{other.name}` has the rest of region `{region}` already",
                    "give one of them a size",
                    Related(other.place("size"), "here"),
                )
                del self._rest[rank], self._by_rank[rank]
        return set(first)

    def _give_rest(self, rooms: Rooms, home: str | None) -> None:
        for rank, fields in sorted(
            self._rest.items(), key=lambda item: self._by_rank[item[0]].placement.region == home
        ):
            heap = self._by_rank[rank]
            assert isinstance(heap, Heap)
            sized = rooms.rest(rank, heap)
            if sized is None:
                region = self._setting.regions[heap.placement.region]
                assert region is not None
                fields.problem(
                    "size",
                    "RW0349",
                    f"nothing remains of region `{region.name}` for `{fields.name}`",
                    f"a heap needs {MIN_HEAP} bytes, and the objects of the region come first",
                    Related(region.where, f"`{region.name}` is declared here"),
                )
                del self._by_rank[rank]
            elif sized.size > MAX_HEAP:
                heap_size_fits(fields, sized.size)
                del self._by_rank[rank]
            else:
                self._by_rank[rank] = sized


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


def _rtos(target: Fields | None, cpu: str | None) -> Rtos:
    """The kernel whose port is compiled: on a host one choice, elsewhere all the others."""
    own: Rtos = "posix" if cpu == HOST else "none"
    rtos = target.text("rtos") if target else None
    if target is None or rtos is None:
        # One that is at fault has been reported: what needs a kernel shall not be, once more.
        return "freertos" if target and target.at_fault("rtos") else own
    if cpu is not None and (cpu == HOST) != (rtos == "posix"):
        target.problem(
            "rtos",
            "RW0282",
            f"`rtos: {rtos}` does not go with `cpu: {cpu}`",
            "`posix` is the kernel of `host`, and of nothing else",
        )
    return cast(Rtos, rtos)


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
    state = sum(sizing.state_size(owner, setting.pointer) for owner in owners)
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
            region,
            tuple(mine),
            state if at_home else 0,
            built.pins,
            at_home,
            setting.on_host,
            setting.pointer,
        )
        problems += check_space(space)
    return [_at(owner, addresses.get(owner.name)) for owner in owners]


def _at(owner: Owner, address: int | None) -> Owner:
    if address is None:
        return owner
    return owner._replace(placement=owner.placement._replace(address=address))
