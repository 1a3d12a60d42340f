# SPDX-License-Identifier: Apache-2.0
"""Memheaps and the default: what refers to other objects by name."""

from __future__ import annotations

from collections.abc import Mapping as Dict

from ramwright.cnames import Kind
from ramwright.errors import Mark, Related
from ramwright.model import Memheap
from ramwright.rules.fields import Fields
from ramwright.source import Scalar
from ramwright.wording import MOST_LISTED, did_you_mean, listed, shown

Kinds = Dict[str, Kind]


class Membership:
    """Which memheap has which member, so that none serves two."""

    def __init__(self) -> None:
        self._taken: dict[str, tuple[str, Mark]] = {}

    def memheap_of(self, fields: Fields, kinds: Kinds, debug_name: bool) -> Memheap | None:
        """The memheap that `fields` describe. `kinds` has every declared object."""
        items = fields.items("members")
        if items is None:
            return None
        members = []
        for item in items:
            if isinstance(item, Scalar) and self._may_join(fields, item, kinds):
                members.append(str(item.value))
        if len(members) < len(items) or not members:
            return None
        return Memheap(
            fields.name, tuple(members), fields.flag("debug_name", debug_name), fields.where
        )

    def _may_join(self, fields: Fields, item: Scalar, kinds: Kinds) -> bool:
        name = str(item.value)
        kind = kinds.get(name)
        if kind is None:
            fields.problem_at(
                item.where,
                "RW0260",
                f"there is no heap or slab `{shown(name)}`",
                did_you_mean(name, _joinable(kinds)) or _one_of(_joinable(kinds)),
            )
            return False
        if kind not in ("heap", "slab"):
            fields.problem_at(
                item.where,
                "RW0261",
                f"`{name}` is a {kind}; members of a memheap are heaps and slabs",
                did_you_mean(name, _joinable(kinds)),
            )
            return False
        owner, where = self._taken.setdefault(name, (fields.name, item.where))
        if owner != fields.name:
            fields.problem_at(
                item.where,
                "RW0262",
                f"`{name}` is a member of `{owner}` already",
                "a block must have one way back: keep one of them",
                Related(where, "joined here"),
            )
            return False
        return True


def _joinable(kinds: Kinds) -> list[str]:
    return [name for name, kind in kinds.items() if kind in ("heap", "slab")]


def _one_of(names: list[str]) -> str:
    return f"one of {listed(names[:MOST_LISTED])}" if names else ""


def default_of(top: Fields, kinds: Kinds) -> str | None:
    """The object behind malloc."""
    name = top.text("default")
    if name is None:
        return None
    kind = kinds.get(name)
    serving = [n for n, k in kinds.items() if k in ("heap", "slab", "memheap")]
    if kind is None:
        top.problem(
            "default",
            "RW0263",
            f"there is no heap, slab or memheap `{shown(name)}`",
            did_you_mean(name, serving) or _one_of(serving),
        )
        return None
    if name not in serving:
        top.problem(
            "default",
            "RW0263",
            f"`{name}` is a {kind}, which cannot serve any size",
            "choose a heap, slab or memheap",
        )
        return None
    return name
