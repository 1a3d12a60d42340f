# SPDX-License-Identifier: Apache-2.0
"""Which line of a variant makes a region overflow: the one that says something else than the base,
and not the line of the base that it changes.

What the variant says about the object that does not fit is looked at first, then about its region,
about the other objects of the region, about objects whose region a rule chooses, and then what may
change any of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from ramwright.errors import Mark, Problem, Related
from ramwright.merge import OBJECTS
from ramwright.source import Entry, Mapping, Node, Scalar
from ramwright.wording import shown

_ANYTHING = ("constants", "home", "target")
_NO_BYTES = ("debug_name", "header", "linker", "sharing")  # keys that move and enlarge nothing


def at_variant(problem: Problem, root: Mapping, overlay: Mapping) -> Problem:
    """`problem`, an overflow in `root` that is none without `overlay`, at the line that makes it
    one. As it was, where that line is not known or is the place of `problem` anyhow."""
    places = [problem.where, *(related.where for related in problem.related)]
    changes = _changes(places, root, overlay)
    where = next((_narrowest(entry) for entry in changes), problem.where)
    if where == problem.where:
        return problem
    name = next((e.key for _, e in _named(root) if e.where == problem.where), "")
    first = Related(problem.where, f"`{shown(name)}` is declared here" if name else "declared here")
    return problem._replace(where=where, related=(first, *problem.related))


def _changes(places: list[Mark], root: Mapping, overlay: Mapping) -> Iterator[Entry]:
    """What `overlay` says about what stands at `places` of `root`, the likeliest first."""
    named = list(_named(root))
    regions = {e.key for group, e in named if group == "regions" and e.where in places}
    for place in places:
        for group, entry in named:
            if entry.where == place:
                yield from _said(overlay, group, entry.key)
    for chosen in (False, True):
        for group, entry in named:
            if group in OBJECTS and _in(entry, regions, chosen=chosen):
                yield from _said(overlay, group, entry.key)
    yield from (overlay.entries[key] for key in _ANYTHING if key in overlay.entries)


def _named(root: Mapping) -> Iterator[tuple[str, Entry]]:
    for group in ("regions", *OBJECTS):
        entry = root.entries.get(group)
        if entry is not None and isinstance(entry.value, Mapping):
            yield from ((group, one) for one in entry.value.entries.values())


def _in(entry: Entry, regions: set[str], *, chosen: bool) -> bool:
    """Whether the object `entry` names one of `regions`, or has its region chosen by a rule."""
    keys = entry.value.entries if isinstance(entry.value, Mapping) else {}
    region = keys["region"].value if "region" in keys else None
    if not isinstance(region, Scalar):
        return chosen and "requires" in keys
    return not chosen and region.value in regions


def _said(overlay: Mapping, group: str, name: str) -> Iterator[Entry]:
    """What `overlay` says about an object or a region that has to do with room."""
    there = overlay.entries.get(group)
    known = there.value.entries if there and isinstance(there.value, Mapping) else {}
    value = known[name].value if name in known else None
    if isinstance(value, Mapping):
        keys = {key: entry for key, entry in value.entries.items() if key not in _NO_BYTES}
        if keys:
            yield known[name]._replace(value=value._replace(entries=keys))


def _narrowest(entry: Entry) -> Mark:
    """The place of the one value that `entry` changes; its own where it changes several."""
    node: Node = entry.value
    while isinstance(node, Mapping) and len(node.entries) == 1:
        entry = next(iter(node.entries.values()))
        node = entry.value
    return entry.where if isinstance(node, Mapping) else node.where
