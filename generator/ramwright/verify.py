# SPDX-License-Identifier: Apache-2.0
"""Is the linked firmware what the config says? Nothing is believed: every address is read from the
ELF and held against the layout and against everything else that is allocated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from ramwright import abi
from ramwright.descriptors import (
    Linked,
    State,
    linked_abi,
    linked_layout,
    linked_memheap,
    linked_object,
)
from ramwright.elf import ElfImage, Section
from ramwright.errors import Mark, Problem, in_order
from ramwright.layout import Layout, Object, RegionPlan
from ramwright.link_view import banks, check_symbol, digest, script_symbol
from ramwright.linked import arena_address, unaliased, unaliased_sections, unaliased_spans
from ramwright.model import is_xtensa, riscv_extensions
from ramwright.ranges import Range, cleared_names, library_heap, ranges, tells_cleared
from ramwright.units import spelled

_RELINK = "generate the layout again, then link again"
_WRITTEN = {
    "cleared": "startup code clears",
    "copied": "startup code copies to",
    "heap": "the C heap uses",
    "stack": "the stack uses",
}


def verify(layout: Layout, elf: ElfImage) -> tuple[Problem, ...]:
    """Everything in `elf` that differs from `layout`. A dropped object is a warning."""
    if elf.stripped:
        return (
            _whole(
                layout,
                "RW0501",
                f"{elf.name} has no symbols, so nothing in it can be found",
                "verify the ELF before it is stripped, or link without -s",
            ),
        )
    other = _machine(layout, elf)
    if other is not None:
        return (other,)
    scripts = tuple(_scripts(layout, elf))
    if scripts:
        return scripts
    written = tuple(_written(layout, elf))
    problems = [*_arenas(layout, elf, written), *_overlaps(layout, elf)]
    problems += _descriptors(layout, elf, written)
    problems += _cleared(layout, elf)
    problems += _second_heap(layout, elf)
    problems += _abi(layout, elf)
    problems += _banks(layout, elf)
    return in_order(problems)


def _machine(layout: Layout, elf: ElfImage) -> Problem | None:
    """An ELF for another architecture or word size, or for a host, where scripts place nothing."""
    target = layout.config.target
    if target.cpu == "host":
        return _whole(
            layout,
            "RW0520",
            f"with `cpu: host` no script places the arenas of {elf.name}: nothing can be compared",
            "verify the firmware, with the config that names its cpu",
        )
    machine = _machine_of(target.cpu)
    if (elf.machine, elf.pointer_size) == (machine, target.pointer):
        return None
    return _whole(
        layout,
        "RW0518",
        f"{elf.name} is for {elf.machine.removeprefix('EM_')} with {8 * elf.pointer_size} bits, "
        f"and `cpu: {target.cpu}` is {machine.removeprefix('EM_')} with {8 * target.pointer}",
        "compile for that cpu (on RISC-V with -march and -mabi), or correct `target`",
    )


def _machine_of(cpu: str) -> str:
    """The architecture of `cpu` as an ELF's header calls it."""
    if is_xtensa(cpu):
        return "EM_XTENSA"
    return "EM_RISCV" if riscv_extensions(cpu) else "EM_ARM"


def _scripts(layout: Layout, elf: ElfImage) -> Iterator[Problem]:
    """Scripts that are missing or of another config: then nothing else is worth a comparison."""
    scripts = (
        (script_symbol(layout), f"{layout.name}_memory.ld"),
        (check_symbol(layout), f"{layout.name}_memory_check.ld"),
    )
    for symbol, script in scripts:
        if symbol not in elf.symbols:
            yield _whole(
                layout,
                "RW0502",
                f"{elf.name} was linked without {script}",
                f"link with -T board.ld -T {layout.name}_memory.ld "
                f"-T {layout.name}_memory_check.ld, in this order",
            )
    linked = elf.address(script_symbol(layout))
    if linked is not None and linked != digest(layout):
        yield _whole(
            layout,
            "RW0515",
            f"{elf.name} was linked with {layout.name}_memory.ld of another config or version of "
            f"ramwright: its digest is {linked:#010x}, not {digest(layout):#010x}",
            _other_choice(layout),
        )


def _other_choice(layout: Layout) -> str:
    """The usual cause first: the ELF is sound, but was asked about as if it were another's."""
    variant = layout.config.variant
    of = "without a variant" if variant is None else f"as variant `{variant}`"
    return (
        f"this compares it with the config {of}; give the `--variant` and `-D` that it was "
        f"generated with. Else {_RELINK}"
    )


def _written(layout: Layout, elf: ElfImage) -> Iterator[Range]:
    """What others write, at addresses of the base regions."""
    every = ((region.origin, region.origin + region.size) for region in layout.regions)
    for other in ranges(elf, every):
        moved = unaliased(layout, other.start) - other.start
        yield other._replace(start=other.start + moved, end=other.end + moved)


def _arenas(layout: Layout, elf: ElfImage, written: Iterable[Range]) -> Iterator[Problem]:
    for region in layout.regions:
        for obj in region.objects:
            address = arena_address(layout, elf, obj)
            if address is None:
                yield _of(layout, obj, "RW0503", "has no arena in the ELF", _RELINK)
                continue
            yield from _place(layout, region, obj, address)
            yield from _image(layout, elf, obj, address)
            for other in written:
                if other.overlaps(address, obj.size):
                    yield _of(
                        layout,
                        obj,
                        "RW0508" if other.kind in ("cleared", "copied") else "RW0509",
                        f"at {address:#010x} lies where {_WRITTEN[other.kind]} "
                        f"{other.start:#010x}..{other.end:#010x} ({other.told_by})",
                        _clear_of(region, obj, address, other),
                    )


def _clear_of(region: RegionPlan, obj: Object, address: int, other: Range) -> str:
    """How to get `obj` at `address` out of the way of `other`.

    A stack or heap at the end of its bank stays there if the layout leaves it room; a heap that
    begins below the arena does not."""
    end = region.origin + region.size
    elsewhere = (
        "set link.anchor and link.insert to another place in the board's script"
        if obj.address is None and not obj.adopted
        else "pin it elsewhere, or adopt another section"
    )
    fixed = other.kind == "stack" or (other.kind == "heap" and address < other.start)
    if not fixed or other.end != end or obj.adopted:
        return elsewhere
    room = spelled(end - other.start)
    return f"`reserve: {{end: {room}}}` of region {region.name} keeps it free; or {elsewhere}"


def _place(layout: Layout, region: RegionPlan, obj: Object, address: int) -> Iterator[Problem]:
    end = region.origin + region.size
    if address < region.origin or address + obj.size > end:
        yield _of(
            layout,
            obj,
            "RW0504",
            f"lies at {address:#010x}..{address + obj.size:#010x}, outside region {region.name} "
            f"({region.origin:#010x}..{end:#010x})",
            "name the region where it is, or correct origin, size and linker of the region",
        )
    if obj.address is not None and obj.address != address:
        yield _of(
            layout,
            obj,
            "RW0505",
            f"is pinned to {obj.address:#010x} but linked at {address:#010x}",
            _RELINK,
        )
    for border in region.borders:
        if address < region.origin + border < address + obj.size:
            yield _of(
                layout,
                obj,
                "RW0517",
                f"lies at {address:#010x}..{address + obj.size:#010x}, across the border of two "
                f"banks at {region.origin + border:#010x}",
                "make it smaller or pin it, or correct `banks` of the region",
            )
    if address % obj.alignment:
        yield _of(
            layout,
            obj,
            "RW0505",
            f"is linked at {address:#010x}, which is not a multiple of {obj.alignment}",
            _RELINK,
        )


def _image(layout: Layout, elf: ElfImage, obj: Object, address: int) -> Iterator[Problem]:
    holder = elf.holder(address, obj.size)
    if holder is None:
        yield _of(layout, obj, "RW0503", f"at {address:#010x} is in no section of the ELF", _RELINK)
    elif not holder.nobits:
        yield _of(
            layout,
            obj,
            "RW0506",
            f"is part of the image: output section {holder.name} is not NOBITS",
            "adopt a NOLOAD section" if obj.adopted else "keep (NOLOAD) in the linker script",
        )
    elif any(
        at < address + obj.size and address < at + size
        for start, length in elf.loaded
        for at, size in unaliased_spans(layout, start, length)
    ):
        yield _of(
            layout,
            obj,
            "RW0506",
            "is part of the image: a segment of the program headers writes bytes there",
            "let the linker script give the sections before it no load address of their own",
        )
    elif obj.adopted and holder.name != obj.adopted:
        yield _of(
            layout,
            obj,
            "RW0504",
            f"is in output section {holder.name}, not {obj.adopted}",
            f"let {obj.adopted} collect {obj.section}, name the `input` that it collects, or adopt "
            f"{holder.name}",
        )


def _overlaps(layout: Layout, elf: ElfImage) -> Iterator[Problem]:
    spans = []
    for obj in layout.objects:
        address = arena_address(layout, elf, obj)
        if address is not None:
            spans.append((address, address + obj.size, obj))
            own = elf.holder(address, obj.size)
            others = (section for section in elf.sections if section is not own)
            yield from _section_overlaps(layout, unaliased_sections(layout, others), obj, address)
    spans.sort(key=lambda span: span[:2])
    for (_, end, obj), (start, _, other) in pairwise(spans):
        if start < end:
            yield _of(
                layout,
                other,
                "RW0507",
                f"at {start:#010x} overlaps {obj.name}, which ends at {end:#010x}",
                _RELINK,
            )


def _section_overlaps(
    layout: Layout, sections: Iterable[Section], obj: Object, address: int
) -> Iterator[Problem]:
    for section in sections:
        if section.address < address + obj.size and address < section.end:
            yield _of(
                layout,
                obj,
                "RW0507",
                f"at {address:#010x}..{address + obj.size:#010x} overlaps output section "
                f"{section.name} ({section.address:#010x}..{section.end:#010x})",
                "give the region a reserve for the board's own sections, or pin it elsewhere",
            )


def _descriptors(layout: Layout, elf: ElfImage, written: Iterable[Range]) -> Iterator[Problem]:
    cleared = [other for other in written if other.kind == "cleared"]
    astray: dict[str, list[tuple[Object, State]]] = {}
    for obj in layout.objects:
        if obj.kind == "buffer":
            continue
        linked = linked_object(layout, elf, obj)
        if linked is None:
            yield _of(
                layout,
                obj,
                "RW0513",
                f"is used by nothing and was dropped by the linker; its arena of {obj.size} bytes "
                "stays",
                "remove it from the config, or call it",
                warning=True,
            )
            continue
        yield from _faults(_where(layout, obj), f"{obj.kind} {obj.name}", linked)
        yield from _states(layout, elf, obj, linked, cleared)
        for state in linked.states:
            if section := _outside_home(layout, elf, state):
                astray.setdefault(section, []).append((obj, state))
    for section, states in astray.items():
        yield _strays(layout, section, states)
    for memheap in layout.memheaps:
        where = layout.config.memheaps[memheap.name].where
        linked = linked_memheap(layout, elf, memheap)
        if linked is None:
            yield Problem(
                where,
                "RW0513",
                f"memheap {memheap.name} is used by nothing and was dropped by the linker",
                "remove it from the config, or call it",
                severity="warning",
            )
        else:
            yield from _faults(where, f"memheap {memheap.name}", linked)
    linked = linked_layout(layout, elf)
    if linked is not None:
        yield from _faults(Mark(layout.config.file), f"layout {layout.name}", linked)


def _faults(where: Mark, what: str, linked: Linked) -> Iterator[Problem]:
    for fault in linked.faults:
        yield Problem(
            where, "RW0511", f"the descriptor of {what} is not as generated: {fault}", _RELINK
        )


def _states(
    layout: Layout, elf: ElfImage, obj: Object, linked: Linked, cleared: list[Range]
) -> Iterator[Problem]:
    for state in linked.states:
        section = elf.holder(state.address, state.size)
        what = f"has its state at {state.address:#010x}"
        if section is None or not section.nobits:
            where = f"in {section.name}, which is not NOBITS" if section else "in no section"
            hint = "compile the generated C without options that move .bss"
        elif _outside_home(layout, elf, state):
            continue  # _strays reports all of a section as one
        elif cleared and not any(other.holds(state.address, state.size) for other in cleared):
            where = f"in {section.name}, which startup code does not clear"
            hint = "let the board's .bss collect .bss.*"
        else:
            continue
        yield _of(layout, obj, "RW0510", f"{what}, {where}", hint)


def _outside_home(layout: Layout, elf: ElfImage, state: State) -> str:
    """The section that holds `state` where that is sound but for its bank, or ""."""
    section = elf.holder(state.address, state.size)
    home = layout.region_named[layout.config.home]
    stray = section and section.nobits and not _inside(home, state.address, state.size)
    return section.name if section and stray else ""


def _strays(layout: Layout, section: str, states: list[tuple[Object, State]]) -> Problem:
    """One cause, however many states: `home` names another bank than that of `section`."""
    obj, state = states[0]
    others = len({obj.name for obj, _ in states}) - 1
    home = layout.config.home
    banks_of_it = [r.name for r in layout.regions if _inside(r, state.address, state.size)]
    bank = banks_of_it[0] if banks_of_it else ""
    return _of(
        layout,
        obj,
        "RW0510",
        f"has its state at {state.address:#010x}, in {section}, outside the home region {home}"
        + (f", as {_counted(others)}" if others else ""),
        f"{section} lies in region {bank}: write `home: {bank}`, or let the board's script put it "
        f"into {home}"
        if bank
        else "declare the region of the board's .bss and name it as home",
    )


def _counted(others: int) -> str:
    return "has 1 other object" if others == 1 else f"have {others} other objects"


def _inside(region: RegionPlan, address: int, size: int) -> bool:
    return region.origin <= address and address + size <= region.origin + region.size


def _cleared(layout: Layout, elf: ElfImage) -> Iterator[Problem]:
    if not tells_cleared(elf):
        yield _whole(
            layout,
            "RW0516",
            f"nothing in {elf.name} tells what startup code clears, so no arena and no state of an "
            "allocator could be held against it",
            f"define one of these in the board's script: {cleared_names()}",
            warning=True,
        )


def _second_heap(layout: Layout, elf: ElfImage) -> Iterator[Problem]:
    """The C library's own heap, where the config says which object serves malloc."""
    default, variable = layout.config.default, library_heap(elf)
    if default is not None and variable:
        shim = "newlib" if "_malloc_r" in elf.symbols else "picolibc"
        yield Problem(
            layout.config.default_where,
            "RW0519",
            f"{elf.name} has a second heap beside `{default}`: the C library's own malloc is "
            f"linked ({variable})",
            f"link the shim `{shim}`, not from an archive: RAMWRIGHT_SHIMS of Make, SHIMS of CMake "
            f"or else the files of $(ramwright paths --shims)/{shim}",
            severity="warning",
        )


def _abi(layout: Layout, elf: ElfImage) -> Iterator[Problem]:
    number = linked_abi(layout, elf)
    if number is not None and number != abi.RW_ABI:
        yield _whole(
            layout,
            "RW0512",
            f"the compiled layout of {elf.name} is for runtime ABI {number}; this ramwright "
            f"generates for {abi.RW_ABI}",
            _RELINK,
        )


def _banks(layout: Layout, elf: ElfImage) -> Iterator[Problem]:
    """The firmware's own sections against the banks: one across a border tells of a wrong origin
    or size. Regions that share a MEMORY entry are one bank."""
    sections = unaliased_sections(layout, elf.sections)
    for bank in banks(layout):
        for section in sections:
            if any(section.address < border < section.end for border in (bank.origin, bank.end)):
                names = ", ".join(region.name for region in bank.regions)
                yield Problem(
                    layout.config.regions[bank.regions[0].name].where,
                    "RW0514",
                    f"output section {section.name} ({section.address:#010x}..{section.end:#010x}) "
                    f"crosses a border of region {names} ({bank.origin:#010x}..{bank.end:#010x})",
                    "correct origin and size of the region",
                )


def _where(layout: Layout, obj: Object) -> Mark:
    config = layout.config
    for kind in (config.buffers, config.pools, config.heaps, config.slabs):
        if obj.name in kind:
            return kind[obj.name].placement.where
    raise AssertionError(obj.name)


def _of(
    layout: Layout, obj: Object, code: str, what: str, hint: str, *, warning: bool = False
) -> Problem:
    return Problem(
        _where(layout, obj),
        code,
        f"{obj.kind} {obj.name} {what}",
        hint,
        severity="warning" if warning else "error",
    )


def _whole(layout: Layout, code: str, what: str, hint: str, *, warning: bool = False) -> Problem:
    return Problem(
        Mark(layout.config.file), code, what, hint, severity="warning" if warning else "error"
    )
