# SPDX-License-Identifier: Apache-2.0
"""A linked ELF as plain values: allocated sections, symbols, and the bytes of the image."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, NamedTuple

if TYPE_CHECKING:
    from elftools.elf.elffile import ELFFile


class ElfError(Exception):
    """The file is not an ELF that can be read; the text says why."""


class Section(NamedTuple):
    """An output section that occupies memory at run time."""

    name: str
    address: int
    size: int
    nobits: bool  # takes no bytes of the image

    @property
    def end(self) -> int:
        """First address past the section."""
        return self.address + self.size


class Symbol(NamedTuple):
    """A defined symbol."""

    name: str
    address: int
    size: int
    section: str | None  # None for an absolute one


class ElfImage(NamedTuple):
    """What a linked ELF says about memory."""

    name: str  # of the file
    machine: str  # EM_ARM, EM_RISCV, …
    pointer_size: int
    little_endian: bool
    stripped: bool  # it has no symbol table
    sections: tuple[Section, ...]  # allocated and not empty, by address
    symbols: dict[str, Symbol]  # global ones
    variables: dict[str, Symbol]  # local ones: link-time optimisation makes globals local
    functions: dict[int, frozenset[str]]  # what the functions at an address are called
    contents: tuple[tuple[int, bytes], ...]  # address and bytes of each section with bits
    loaded: tuple[tuple[int, int], ...]  # address and size of what a loader writes to memory

    def address(self, name: str) -> int | None:
        """The value of global symbol `name`; None if there is none."""
        symbol = self.symbols.get(name)
        return symbol.address if symbol else None

    def variable(self, name: str) -> int | None:
        """The address of variable `name`, global or local; None if there is none."""
        symbol = self.symbols.get(name) or self.variables.get(name)
        return symbol.address if symbol else None

    def read(self, address: int, size: int) -> bytes | None:
        """`size` bytes of the image at run-time address `address`; None if it has none there."""
        for start, data in self.contents:
            if start <= address and address + size <= start + len(data):
                return data[address - start : address - start + size]
        return None

    def number(self, address: int, size: int) -> int | None:
        """The unsigned number of `size` bytes at `address`; None if the image has none there."""
        data = self.read(address, size)
        return None if data is None else int.from_bytes(data, self._order)

    def text(self, address: int) -> str | None:
        """The C string at `address`; None if the image has none there."""
        for start, data in self.contents:
            if start <= address < start + len(data):
                end = data.find(b"\0", address - start)
                return data[address - start : end].decode(errors="replace") if end >= 0 else None
        return None

    def holder(self, address: int, size: int) -> Section | None:
        """The section that holds all of the bytes at `address`; None if there is none."""
        for section in self.sections:
            if section.address <= address and address + size <= section.end:
                return section
        return None

    @property
    def _order(self) -> Literal["little", "big"]:
        return "little" if self.little_endian else "big"


def read_elf(path: Path) -> ElfImage:
    """The ELF in the file at `path`. Raises OSError or ElfError."""
    with path.open("rb") as file:
        return _image(file, path.name)


def _image(file: BinaryIO, name: str) -> ElfImage:
    from elftools.common.exceptions import ELFError, ELFParseError
    from elftools.elf.elffile import ELFFile

    try:
        elf = ELFFile(file)
        if elf.header.e_type != "ET_EXEC" and elf.header.e_type != "ET_DYN":
            raise ElfError("not a linked program; verify wants the ELF that the linker wrote")
        return ElfImage(
            name=name,
            machine=str(elf.header.e_machine),
            pointer_size=elf.elfclass // 8,
            little_endian=elf.little_endian,
            stripped=elf.get_section_by_name(".symtab") is None,
            sections=tuple(sorted(_sections(elf), key=lambda s: (s.address, s.size, s.name))),
            symbols={symbol.name: symbol for symbol in _symbols(elf, _is_global)},
            variables={symbol.name: symbol for symbol in _symbols(elf, _is_local_variable)},
            functions=_functions(elf),
            contents=tuple(_contents(elf)),
            loaded=tuple(_loaded(elf)),
        )
    except (ELFError, ELFParseError) as error:
        raise ElfError(f"not an ELF file: {error}") from error


_ALLOC = 0x2  # SHF_ALLOC
_TLS = 0x400  # SHF_TLS
_LTO_SUFFIX = ".lto_priv."  # of a global that gcc made local


def _sections(elf: ELFFile) -> Iterator[Section]:
    for section in elf.iter_sections():
        flags, nobits = section["sh_flags"], section["sh_type"] == "SHT_NOBITS"
        template = flags & _TLS and nobits  # .tbss: each thread has a copy, none is here
        if flags & _ALLOC and section["sh_size"] and not template:
            yield Section(section.name, section["sh_addr"], section["sh_size"], nobits)


def _is_global(info: Mapping[str, str]) -> bool:
    return info["bind"] != "STB_LOCAL"


def _is_local_variable(info: Mapping[str, str]) -> bool:
    return info["bind"] == "STB_LOCAL" and info["type"] == "STT_OBJECT"


def _is_function(info: Mapping[str, str]) -> bool:
    return info["type"] == "STT_FUNC"


def _functions(elf: ELFFile) -> dict[int, frozenset[str]]:
    names: dict[int, frozenset[str]] = {}
    for symbol in _symbols(elf, _is_function):
        names[symbol.address] = names.get(symbol.address, frozenset()) | {symbol.name}
    return names


def _symbols(elf: ELFFile, wanted: Callable[[Mapping[str, str]], bool]) -> Iterator[Symbol]:
    from elftools.elf.sections import SymbolTableSection

    table = elf.get_section_by_name(".symtab")
    if not isinstance(table, SymbolTableSection):
        return
    names = [section.name for section in elf.iter_sections()]
    for symbol in table.iter_symbols():
        index, info = symbol["st_shndx"], symbol["st_info"]
        if symbol.name and index != "SHN_UNDEF" and wanted(info):
            value = symbol["st_value"]
            if info["type"] == "STT_FUNC":
                value &= ~1  # the Thumb bit is no part of the address
            name = symbol.name.partition(_LTO_SUFFIX)[0]
            section = names[index] if isinstance(index, int) else None
            yield Symbol(name, value, symbol["st_size"], section)


def _contents(elf: ELFFile) -> Iterator[tuple[int, bytes]]:
    for section in elf.iter_sections():
        if section["sh_flags"] & _ALLOC and section["sh_type"] != "SHT_NOBITS":
            yield section["sh_addr"], section.data()


def _loaded(elf: ELFFile) -> Iterator[tuple[int, int]]:
    for segment in elf.iter_segments():
        if segment["p_type"] == "PT_LOAD" and segment["p_filesz"]:
            yield segment["p_vaddr"], segment["p_filesz"]
