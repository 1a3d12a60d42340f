# SPDX-License-Identifier: Apache-2.0
"""Which line of a variant makes a region overflow: the one that says something else than the base,
and not the line of the base that it changes.

Of what the variant names, that is shown which takes more of the region than in the base, and most:
objects of other regions take what state their allocators have in the home. What takes no more can
move others all the same: what the variant says about the object that does not fit is looked at
first, then about its region, about the other objects of the region, about objects whose region a
rule chooses, and then what may change any of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Dict

from ramwright import sizing
from ramwright.errors import Mark, Problem, Related
from ramwright.merge import OBJECTS
from ramwright.model import Buffer, Config, Heap, Pool, Slab
from ramwright.placement import arena_size
from ramwright.source import Entry, Mapping, Node, Scalar
from ramwright.wording import listed, shown

_Named = tuple[str, str]  # a group and a name in it

_GROUPS = {Buffer: "buffers", Pool: "pools", Heap: "heaps", Slab: "slabs"}
_ANYTHING = ("constants", "home", "target")
_NO_BYTES = ("debug_name", "header", "linker", "sharing")  # keys that move and enlarge nothing


class Blame:
    """What a variant changes; `root` is the tree with `overlay` over it, `config` what it means and
    `base` what the tree means without. Where either is not known, nothing is known to take more."""

    def __init__(
        self, root: Mapping, overlay: Mapping, config: Config | None, base: Config | None
    ) -> None:
        self._overlay = overlay
        self._configs = (config, base) if config and base else None
        # A file that is included twice has the same lines for names of two prefixes.
        self._named: dict[Mark, list[_Named]] = {}
        for group in ("regions", *OBJECTS):
            for name, entry in _entries(root, group).items():
                self._named.setdefault(entry.where, []).append((group, name))
        # None: a rule chooses the region.
        self._by_region: dict[str | None, list[tuple[str, Entry]]] = {}
        for group in OBJECTS:
            objects = _entries(root, group)
            for name in _entries(overlay, group):
                if name in objects:
                    changes = self._said(group, name)
                    some = self._by_region.setdefault(_region(objects[name]), [])
                    some.extend((group, entry) for entry in changes)

    def of(self, problem: Problem) -> Problem:
        """`problem`, an overflow that is none in the base, at the line that makes it one. As it
        was, where that line is not known or is the place of `problem` anyhow."""
        where = next(map(_narrowest, self._changes(problem)), problem.where)
        if where == problem.where:
            return problem
        names = [name for _, name in self._named[problem.where]]
        verb = "is" if len(names) == 1 else "are"
        first = Related(problem.where, f"{listed(map(shown, names))} {verb} declared here")
        return problem._replace(where=where, related=(first, *problem.related))

    def _changes(self, problem: Problem) -> Iterator[Entry]:
        """What the variant says about what `problem` names, the likeliest first."""
        places = (problem.where, *(related.where for related in problem.related))
        named = [one for place in places for one in self._named.get(place, ())]
        region = next((name for group, name in named if group == "regions"), "")
        more = self._taken_more(region)
        for one in sorted(more, key=lambda one: -more[one]):
            if more[one] > 0:
                yield from self._said(*one)
        for one in named:
            if more.get(one, 0) >= 0:
                yield from self._said(*one)
        for group, entry in self._by_region.get(region, ()):
            if more.get((group, entry.key), 0) >= 0:
                yield entry
        yield from (entry for _, entry in self._by_region.get(None, ()))
        yield from (self._overlay.entries[key] for key in _ANYTHING if key in self._overlay.entries)

    def _taken_more(self, region: str) -> Dict[_Named, int]:
        """How many more bytes of a region each object, and the region's own reserve, take than in
        the base; fewer where negative."""
        if not self._configs:
            return {}
        now, before = (_taken(config, region) for config in self._configs)
        return {one: now.get(one, 0) - before.get(one, 0) for one in {**now, **before}}

    def _said(self, group: str, name: str) -> Iterator[Entry]:
        """What the variant says about an object or a region that has to do with room."""
        entry = _entries(self._overlay, group).get(name)
        if entry is not None and isinstance(entry.value, Mapping):
            keys = {key: one for key, one in entry.value.entries.items() if key not in _NO_BYTES}
            if keys:
                yield entry._replace(value=entry.value._replace(entries=keys))


def _entries(tree: Mapping, key: str) -> Dict[str, Entry]:
    entry = tree.entries.get(key)
    return entry.value.entries if entry and isinstance(entry.value, Mapping) else {}


def _taken(config: Config, region: str) -> dict[_Named, int]:
    """What each object takes of a region, its allocator's state in the home, and what the region
    itself lacks for objects."""
    groups = (config.buffers, config.pools, config.heaps, config.slabs)
    taken: dict[_Named, int] = {}
    for owner in (owner for group in groups for owner in group.values()):
        state = sizing.state_size(owner, config.target.pointer) if region == config.home else 0
        arena = arena_size(owner) if owner.placement.region == region else 0
        taken[_GROUPS[type(owner)], owner.name] = state + arena
    if own := config.regions.get(region):
        taken["regions", region] = own.reserve_start + own.reserve_end - own.size
    return taken


def _region(entry: Entry) -> str | None:
    """The region that the object `entry` names."""
    keys = entry.value.entries if isinstance(entry.value, Mapping) else {}
    region = keys["region"].value if "region" in keys else None
    return str(region.value) if isinstance(region, Scalar) else None


def _narrowest(entry: Entry) -> Mark:
    """The place of the one value that `entry` changes; its own where it changes several."""
    node: Node = entry.value
    while isinstance(node, Mapping) and len(node.entries) == 1:
        entry = next(iter(node.entries.values()))
        node = entry.value
    return entry.where if isinstance(node, Mapping) else node.where
