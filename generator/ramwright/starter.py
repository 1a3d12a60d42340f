# SPDX-License-Identifier: Apache-2.0
"""The starter config that `ramwright init` writes: complete, commented, ready to be changed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ramwright.import_ld import ImportedRegion
from ramwright.model import Region
from ramwright.units import spelled

_MAIN_MEMORY = re.compile(r"^(s?ram0?1?|dtcm(ram)?|ram_d1|data)$", re.IGNORECASE)
_HEAP_SHARE = 4  # the example heap takes a quarter of the home region
_RESERVE_SHARE = 8  # an eighth is kept for the firmware's own sections until the user knows better
_GRANULE = 8  # a heap's size is a multiple of this
_KNOWN = "  # decides how blocks are aligned for DMA"
_AT_ZERO = "  # address 0 is NULL to C: for code; else with `reserve: 32`"
_GUESSED = "  # A GUESS, for the script names no core: write yours; it decides alignment for DMA"

_HEAD = """\
# yaml-language-server: $schema=ramwright.schema.json
#
# Memory layout, begun from {source}. Reference: docs/config.md, `ramwright explain CODE`.
#
#   ramwright check {file}            finds mistakes
#   ramwright map {file}              shows what lies where
#   ramwright generate {file} -o DIR  writes sources, linker scripts, map
#   ramwright verify {file} ELF       proves that the firmware is what this says
#   ramwright schema >ramwright.schema.json   for completion and help in your editor
#
# In a build, with board.ld as the linker script you have, which stays as it is:
#   CMake   list(APPEND CMAKE_PREFIX_PATH <what `ramwright paths --cmake` prints>)
#           find_package(Ramwright REQUIRED)
#           ramwright_add_layout(TARGET firmware CONFIG {file} SCRIPT board.ld)
#   Make    include $(shell ramwright paths --make)    # its head says which variables to use
#   other   compile DIR/app_memory.c and $(ramwright paths --src)/*.c as your own sources,
#           with -ffunction-sections -I DIR -I $(ramwright paths --include)
#           link with -T board.ld -T DIR/app_memory.ld -T DIR/app_memory_check.ld -Wl,--gc-sections
ramwright: 1
"""

_FROM_SCRIPT = """\
name: app                      # prefix of the generated files: app_memory.h, app_memory.c, …
target: {{cpu: {cpu}}}{about_cpu}

# The bank of .data and .bss, where the allocators' state lives.
home: {home}

# Every bank of RAM, as the linker script's MEMORY has it. Take the # away from those that you use.
# Worth adding:
#   attributes: [dma]   what can be done there: dma fast cached external retained exec shared
#   reserve: 4K         bytes for the firmware's own sections, which the plan then keeps free
{left_out}regions:
{regions}

"""

_BANKS = "# The banks of the part"

_FROM_DEVICE = """\
name: app                      # prefix of the generated files: app_memory.h, app_memory.c, …
target: {{device: {device}}}  # cpu, home and banks of RAM: `ramwright devices {device}`
{meant}
{banks}. Decide for each bank that you use:
#   linker: NAME     what MEMORY of your linker script calls it. The script must give it the same
#                    ORIGIN and LENGTH; if it does not, the link says so.
#   reserve: 24K     bytes at its start for the firmware's own sections (.data, .bss), or
#                    {{start: 24K, end: 4K}} with a stack at its end: the plan keeps them free.
regions:
{regions}

"""

_OBJECTS = """\
# General allocation, any size: p = main_alloc(n); main_free(p);
heaps:
  main: {{region: {home}, size: {heap}}}

# To let malloc, operator new and the C library allocate there too: say so, and compile shims,
# $(ramwright paths --shims)/newlib/*.c or another's (CMake: SHIMS newlib; Make: RAMWRIGHT_SHIMS).
# Without them the C library has a heap of its own beside this one.
#default: main

# Blocks of one size: p = messages_alloc(); messages_free(p);
#pools:
#  messages: {{region: {home}, block_size: 64, count: 16, sharing: interrupt}}

# Placed storage without an allocator. Whatever DMA touches, pools too, says `requires: [dma]`: then
# banks out of its reach and shared cache lines are mistakes. (The bank says `attributes: [dma]`.)
#buffers:
#  dma_descriptors: {{{place}, size: 4 * 16}}
"""


class Core(NamedTuple):
    """A core, as `target.cpu` names it."""

    name: str
    guessed: bool  # nobody said so


def starter(
    regions: Sequence[ImportedRegion],
    source: str,
    file: str,
    cpu: Core,
    named: str | None = None,
    left_out: Sequence[str] = (),
) -> str:
    """The config for `regions`, imported from `source`, that will be called `file`.

    `named` is the home, where the user says so; `left_out` what is to be known of the entries of
    MEMORY that are not among the regions, a line each."""
    home = next((region for region in regions if region.name == named), None) or home_of(regions)
    head = _HEAD.format(source=_printable(source), file=file) + _FROM_SCRIPT.format(
        cpu=cpu.name,
        about_cpu=_GUESSED if cpu.guessed else _KNOWN,
        home=home.name,
        regions="\n".join(_rows(regions, home)),
        left_out="".join(f"# {_printable(line)}\n" for line in left_out),
    )
    return head + _objects(home.name, home.size, dma=False)


def device_starter(
    device: str, usual: str, home: str, regions: Sequence[Region], file: str, meant: str = ""
) -> str:
    """The config for the part `device` with these regions that will be called `file`.

    `usual` is the home of the preset; `meant` what the user called the part, where that is less."""
    banks = [region for region in regions if region.alias_of is None]
    first = next(region for region in banks if region.name == home)
    others = [region for region in banks if region is not first]
    reserve = spelled(max(_GRANULE, first.size // _RESERVE_SHARE // _GRANULE * _GRANULE))
    rows = [
        f"  # {_about(first)}; the home: .data, .bss and the allocators' state",
        f"  {home}: {{linker: {first.linker}, reserve: {reserve}}}",
    ]
    for region in others:
        rows += [f"  # {_about(region)}", f"  #{region.name}: {{linker: {region.linker}}}"]
    head = _HEAD.format(source=f"the preset of {device}", file=file)
    head += _FROM_DEVICE.format(
        device=device,
        banks=_BANKS,
        regions="\n".join(rows),
        meant=f"# You said {meant}: compare the banks, they may depend on the flash.\n"
        if meant
        else "",
    )
    if home != usual:
        head += f"home: {home}  # the preset says {usual}\n\n"
    return head + _objects(home, first.size, dma=any("dma" in bank.attributes for bank in banks))


def with_notes(text: str, notes: Sequence[str]) -> str:
    """`text`, a starter of a part, with what is to be known of its banks."""
    remarks = "".join(f"#   {note}\n" for note in notes)
    return text.replace(_BANKS, f"# To know about the part:\n{remarks}#\n{_BANKS}", 1)


def _objects(home: str, size: int, *, dma: bool) -> str:
    """Examples in a home of `size` bytes; `dma` tells whether a region is known to be reached."""
    heap = max(4 * _GRANULE, size // _HEAP_SHARE // _GRANULE * _GRANULE)
    place = "requires: [dma]" if dma else f"region: {home}"
    return _OBJECTS.format(home=home, heap=spelled(heap), place=place)


def _about(region: Region) -> str:
    words = f": {', '.join(sorted(region.attributes))}" if region.attributes else ""
    return f"{spelled(region.size)} at 0x{region.origin:08X}{words}"


def home_of(regions: Sequence[ImportedRegion]) -> ImportedRegion:
    """The region of .data; else one that is called so, else the largest."""
    told = [region for region in regions if region.home]
    if told:
        return told[0]
    called_so = [region for region in regions if _MAIN_MEMORY.match(region.linker)]
    return called_so[0] if called_so else max(regions, key=lambda region: region.size)


def _rows(regions: Sequence[ImportedRegion], home: ImportedRegion) -> list[str]:
    """A line a region, all but the home in comments until the user decides: an empty region would
    be remarked upon, and one that overlaps another is no region of its own."""
    kept: list[ImportedRegion] = [home]
    rows = {home: f"  {_row(home)}"}
    for region in regions:
        if region is home:
            continue
        rival = next((r for r in kept if r.origin < region.end and region.origin < r.end), None)
        rows[region] = f"  #{_row(region)}"
        if rival is not None:
            remark = f"overlaps {rival.name}: choose, or make them parts of one bank"
            rows[region] = f"  # {remark}\n{rows[region]}"
        else:
            kept.append(region)
            rows[region] += "" if region.origin else _AT_ZERO
    return [rows[region] for region in regions]


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)


def _row(region: ImportedRegion) -> str:
    values = [f"origin: 0x{region.origin:08X}", f"size: {spelled(region.size)}"]
    if region.linker != region.name:
        values.append(f'linker: "{region.linker}"')
    return f"{region.name}: {{{', '.join(values)}}}"
