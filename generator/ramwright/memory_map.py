# SPDX-License-Identifier: Apache-2.0
"""The memory map: what lies at which byte of every region, planned or as linked.

The spans of a region tile it exactly, but for `overflow`, which begins at the region's size and
says how much does not fit. report_text.py and report_json.py print it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from ramwright.layout import Layout, Object, RegionPlan

Basis = Literal["plan", "elf"]
SpanKind = Literal[
    "payload", "padding", "metadata", "gap", "reserve", "foreign", "free", "overflow"
]


@dataclass(frozen=True)
class Span:
    """Consecutive bytes of one kind; `object` is whose, or a section's name for foreign ones."""

    offset: int
    size: int
    kind: SpanKind
    object: str | None = None

    @property
    def end(self) -> int:
        """First offset past the span."""
        return self.offset + self.size


@dataclass(frozen=True)
class RegionMap:
    """One region, tiled."""

    plan: RegionPlan
    spans: tuple[Span, ...]

    def total(self, *kinds: SpanKind) -> int:
        """Bytes of the spans of `kinds`."""
        return sum(span.size for span in self.spans if span.kind in kinds)


@dataclass(frozen=True)
class MemoryMap:
    """All regions, and where each object is: known for all with an ELF, in a plan if pinned."""

    layout: Layout
    basis: Basis
    regions: tuple[RegionMap, ...]  # aliases have no spans and are left out
    addresses: dict[str, int | None]


@dataclass(frozen=True)
class Claim:
    """Bytes that something occupies. `linked` marks an object the linker put where it is, so that
    a hole before it is an alignment gap; before anything else a hole is free memory."""

    span: Span
    linked: bool = False


def plan_map(layout: Layout) -> MemoryMap:
    """The map as planned: offsets are nominal, the firmware's own sections are their reserve."""
    regions = tuple(
        RegionMap(region, tile(region.size, _planned(region)))
        for region in layout.regions
        if region.alias_of is None
    )
    addresses = {obj.name: obj.address for obj in layout.objects}
    return MemoryMap(layout, "plan", regions, addresses)


def object_spans(obj: Object, offset: int) -> tuple[Span, ...]:
    """The bytes of one object: what the user can use, then what alignment costs inside it."""
    payload = Span(offset, obj.payload, "payload", obj.name)
    padding = Span(payload.end, obj.size - obj.payload, "padding", obj.name)
    return (payload, padding) if padding.size else (payload,)


def tile(size: int, claims: Iterable[Claim]) -> tuple[Span, ...]:
    """Spans that cover [0, size) exactly; what lies past `size` becomes one overflow span."""
    spans: list[Span] = []
    cursor = beyond = 0
    for claim in sorted(claims, key=lambda claim: claim.span.offset):
        span = claim.span
        beyond = max(beyond, span.end - size)
        end = min(span.end, size)
        start = max(span.offset, cursor)
        if start > cursor:
            hole_end = min(start, size)
            if hole_end > cursor:
                kind: SpanKind = "gap" if claim.linked else "free"
                spans.append(Span(cursor, hole_end - cursor, kind))
                cursor = hole_end
        if end > start:
            spans.append(replace(span, offset=start, size=end - start))
            cursor = end
    if cursor < size:
        spans.append(Span(cursor, size - cursor, "free"))
    if beyond > 0:
        spans.append(Span(size, beyond, "overflow"))
    return tuple(spans)


def _planned(region: RegionPlan) -> list[Claim]:
    claims = [Claim(Span(start, size, kind, whose)) for start, size, kind, whose in _fixed(region)]
    for obj in region.objects:
        linked = obj.address is None
        claims += [Claim(span, linked) for span in object_spans(obj, obj.offset)]
    return claims


def _fixed(region: RegionPlan) -> list[tuple[int, int, SpanKind, str | None]]:
    """Reserves and the allocators' state, in a plan."""
    fixed: list[tuple[int, int, SpanKind, str | None]] = []
    if region.reserve_start:
        fixed.append((0, region.reserve_start, "reserve", None))
    if region.reserve_end:
        fixed.append((region.size - region.reserve_end, region.reserve_end, "reserve", None))
    for state in region.states:
        fixed.append((state.offset, state.size, "metadata", state.object))
    return fixed
