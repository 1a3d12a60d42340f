# SPDX-License-Identifier: Apache-2.0
"""The starter config that `ramwright init` writes: complete, commented, ready to be changed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ramwright.import_ld import ImportedRegion
from ramwright.units import spelled

_MAIN_MEMORY = re.compile(r"^(s?ram0?1?|dtcm(ram)?|ram_d1|data)$", re.IGNORECASE)
_HEAP_SHARE = 4  # the example heap takes a quarter of the home region
_GRANULE = 8  # a heap's size is a multiple of this

_TEXT = """\
# yaml-language-server: $schema=ramwright.schema.json
#
# Memory layout, begun from {source}. Reference: docs/config.md, `ramwright explain CODE`.
#
#   ramwright check {file}            finds mistakes
#   ramwright map {file}              shows what lies where
#   ramwright generate {file} -o DIR  writes sources, linker scripts, map
#   ramwright schema >ramwright.schema.json   for completion and help in your editor
ramwright: 1
name: app                      # prefix of the generated files: app_memory.h, app_memory.c, …
target: {{cpu: cortex-m4}}       # a guess: name your core; it decides alignment for DMA

# The bank of .data and .bss, where the allocators' state lives.
home: {home}

# Every bank of RAM, as the linker script's MEMORY has it. Worth adding:
#   attributes: [dma]   what can be done there: dma fast cached external retained exec shared
#   reserve: 4K         bytes for the firmware's own sections, which the plan then keeps free
regions:
{regions}

# General allocation, any size: p = main_alloc(n); main_free(p);
heaps:
  main: {{region: {home}, size: {heap}}}

# Blocks of one size: p = messages_alloc(); messages_free(p);
#pools:
#  messages: {{region: {home}, block_size: 64, count: 16, sharing: interrupt}}

# Placed storage without an allocator:
#buffers:
#  dma_descriptors: {{region: {home}, size: 4 * 16, alignment: 32}}
"""


def starter(regions: Sequence[ImportedRegion], source: str, file: str) -> str:
    """The config for `regions`, imported from `source`, that will be called `file`."""
    home = home_of(regions)
    heap = max(4 * _GRANULE, home.size // _HEAP_SHARE // _GRANULE * _GRANULE)
    return _TEXT.format(
        source=source,
        file=file,
        home=home.name,
        heap=spelled(heap),
        regions="\n".join(_row(region) for region in regions),
    )


def home_of(regions: Sequence[ImportedRegion]) -> ImportedRegion:
    """The region of .data; else one that is called so, else the largest."""
    told = [region for region in regions if region.home]
    if told:
        return told[0]
    called_so = [region for region in regions if _MAIN_MEMORY.match(region.linker)]
    return called_so[0] if called_so else max(regions, key=lambda region: region.size)


def _row(region: ImportedRegion) -> str:
    values = [f"origin: 0x{region.origin:08X}", f"size: {spelled(region.size)}"]
    if region.linker != region.name:
        values.append(f'linker: "{region.linker}"')
    return f"  {region.name}: {{{', '.join(values)}}}"
