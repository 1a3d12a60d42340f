# SPDX-License-Identifier: Apache-2.0
"""The memory map: what lies at which byte of every region, planned or as linked.

Whoever has bytes of a region claims them, the plan and the ELF alike; `painted` turns claims into
spans. They tile the region exactly, but for `overflow`, which begins at the region's size and says
how much does not fit. report_text.py and report_json.py print it.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from itertools import pairwise
from typing import Literal, NamedTuple

from ramwright.layout import Layout, Object, RegionPlan

Basis = Literal["plan", "elf"]
SpanKind = Literal[
    "payload", "padding", "metadata", "gap", "reserve", "foreign", "free", "overflow"
]


class Span(NamedTuple):
    """Consecutive bytes of one kind; `object` is whose, or a section's name for foreign ones."""

    offset: int
    size: int
    kind: SpanKind
    object: str | None = None

    @property
    def end(self) -> int:
        """First offset past the span."""
        return self.offset + self.size

    def overlaps(self, other: Span) -> bool:
        """Whether both have a byte."""
        return self.offset < other.end and other.offset < self.end


class RegionMap(NamedTuple):
    """One region, tiled."""

    plan: RegionPlan
    spans: tuple[Span, ...]

    def total(self, *kinds: SpanKind) -> int:
        """Bytes of the spans of `kinds`."""
        return sum(span.size for span in self.spans if span.kind in kinds)


class MemoryMap(NamedTuple):
    """All regions, and where each object is: known for all with an ELF, in a plan if pinned."""

    layout: Layout
    basis: Basis
    regions: tuple[RegionMap, ...]  # aliases have no spans and are left out
    addresses: dict[str, int | None]


class Claim(NamedTuple):
    """Bytes that something occupies. `linked` marks an object the linker put where it is, so that
    a hole before it is an alignment gap; before anything else a hole is free memory."""

    span: Span
    linked: bool = False


def plan_map(layout: Layout) -> MemoryMap:
    """The map as planned: offsets are nominal, the firmware's own sections are their reserve."""
    regions = tuple(_planned(region) for region in layout.regions if region.alias_of is None)
    addresses = {obj.name: obj.address for obj in layout.objects}
    return MemoryMap(layout, "plan", regions, addresses)


def object_claims(obj: Object, offset: int) -> tuple[Claim, ...]:
    """The bytes of one object: what the user can use, then what alignment costs inside it."""
    linked = obj.address is None
    payload = Span(offset, obj.payload, "payload", obj.name)
    padding = Span(payload.end, obj.size - obj.payload, "padding", obj.name)
    spans = (payload, padding) if padding.size else (payload,)
    return tuple(Claim(span, linked) for span in spans)


def painted(size: int, claims: Sequence[Claim], overflow: int = 0) -> tuple[Span, ...]:
    """Spans that cover [0, size) exactly. Bytes that several claim are the earliest claim's."""
    spans: list[Span] = []
    for claim, start, end in _pieces(size, claims):
        cursor = spans[-1].end if spans else 0
        if start > cursor:
            spans.append(Span(cursor, start - cursor, "gap" if claim.linked else "free"))
        spans.append(claim.span._replace(offset=start, size=end - start))
    cursor = spans[-1].end if spans else 0
    if cursor < size:
        spans.append(Span(cursor, size - cursor, "free"))
    if overflow > 0:
        spans.append(Span(size, overflow, "overflow"))
    return tuple(spans)


def _pieces(size: int, claims: Sequence[Claim]) -> list[tuple[Claim, int, int]]:
    """What each claim gets, by offset, in pieces as long as can be."""
    waiting = sorted(enumerate(claims), key=lambda ranked: -ranked[1].span.offset)
    borders = {0, size, *(c.span.offset for c in claims), *(c.span.end for c in claims)}
    active: list[tuple[int, Claim]] = []  # a heap: the earliest claim is first
    pieces: list[tuple[Claim, int, int]] = []
    for low, high in pairwise(sorted(border for border in borders if 0 <= border <= size)):
        while waiting and waiting[-1][1].span.offset <= low:
            heappush(active, waiting.pop())
        while active and active[0][1].span.end <= low:
            heappop(active)
        if not active:
            continue
        claim = active[0][1]
        if pieces and pieces[-1][0] is claim and pieces[-1][2] == low:
            low = pieces.pop()[1]
        pieces.append((claim, low, high))
    return pieces


def _planned(region: RegionPlan) -> RegionMap:
    """What is fixed keeps its bytes; what must end before it and does not is the overflow."""
    fixed = [
        Claim(Span(0, region.reserve_start, "reserve")),
        Claim(Span(region.size - region.reserve_end, region.reserve_end, "reserve")),
    ]
    movable = [Claim(Span(s.offset, s.size, "metadata", s.object)) for s in region.states]
    for obj in region.objects:
        (movable if obj.address is None else fixed).extend(object_claims(obj, obj.offset))
    begin = min((claim.span.offset for claim in movable), default=region.size)
    limit = min((c.span.offset for c in fixed if c.span.end > begin), default=region.size)
    behind = _behind(region, limit, movable, fixed)
    movable = [claim for claim in movable if claim not in behind]
    end = max((claim.span.end for claim in movable), default=0)
    claims = fixed + behind + [c._replace(span=_before(limit, c.span)) for c in movable]
    return RegionMap(region, painted(region.size, claims, end - limit))


def _behind(
    region: RegionPlan, limit: int, movable: Sequence[Claim], fixed: Sequence[Claim]
) -> list[Claim]:
    """What the plan has in the holes behind `limit`: adopted objects only."""
    adopted = {obj.name for obj in region.objects if obj.adopted}
    return [
        claim
        for claim in movable
        if claim.span.object in adopted
        and limit <= claim.span.offset
        and claim.span.end <= region.size
        and not any(claim.span.overlaps(other.span) for other in fixed)
    ]


def _before(limit: int, span: Span) -> Span:
    return span._replace(size=max(0, min(span.end, limit) - span.offset))
