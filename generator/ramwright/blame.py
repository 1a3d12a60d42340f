# SPDX-License-Identifier: Apache-2.0
"""Which line of a variant makes a region overflow: the one that says something else than the base,
and not the line of the base that it changes.

What the variant says about the object that does not fit is looked at first, then about its region,
about the other objects of the region, about objects whose region a rule chooses, and then what may
change any of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Dict

from ramwright.errors import Mark, Problem, Related
from ramwright.merge import OBJECTS
from ramwright.source import Entry, Mapping, Node, Scalar
from ramwright.wording import listed, shown

_ANYTHING = ("constants", "home", "target")
_NO_BYTES = ("debug_name", "header", "linker", "sharing")  # keys that move and enlarge nothing


class Blame:
    """What a variant changes; `root` is the tree with `overlay` over it."""

    def __init__(self, root: Mapping, overlay: Mapping) -> None:
        self._overlay = overlay
        # A file that is included twice has the same lines for names of two prefixes.
        self._named: dict[Mark, list[tuple[str, str]]] = {}
        for group in ("regions", *OBJECTS):
            for name, entry in _entries(root, group).items():
                self._named.setdefault(entry.where, []).append((group, name))
        self._by_region: dict[str | None, list[Entry]] = {}  # None: a rule chooses the region
        for group in OBJECTS:
            objects = _entries(root, group)
            for name in _entries(overlay, group):
                if name in objects:
                    changes = self._said(group, name)
                    self._by_region.setdefault(_region(objects[name]), []).extend(changes)

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
        for group, name in named:
            yield from self._said(group, name)
        for region in [name for group, name in named if group == "regions"]:
            yield from self._by_region.get(region, ())
        yield from self._by_region.get(None, ())
        yield from (self._overlay.entries[key] for key in _ANYTHING if key in self._overlay.entries)

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
