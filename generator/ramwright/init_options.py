# SPDX-License-Identifier: Apache-2.0
"""What `init` is told: by options, or on a terminal by answers to its questions."""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ramwright.config_options import CannotDo
from ramwright.wording import did_you_mean, listed, shown

if TYPE_CHECKING:
    from ramwright.errors import Problem
    from ramwright.starter import Core

_USUAL_NAME = "memory.ramwright.yaml"
# A core that the toolchain compiles for, by a word of the linker's name; the first that occurs.
_GUESSES = {
    "riscv": "rv32imac",
    "xtensa-lx106": "xtensa-lx106",
    "xtensa-esp32-": "xtensa-lx6",
    "xtensa": "xtensa-lx7",
}
_TOLD = re.compile(r"-m(?:cpu|arch)=([a-z0-9-]+)")  # up to what is added: +nofp, _zicsr


def add_init(init: argparse.ArgumentParser) -> None:
    """Adds the options of `init`."""
    source = init.add_mutually_exclusive_group()
    source.add_argument(
        "--device",
        metavar="PART",
        help="take core and banks from the preset of this part; `ramwright devices` lists them",
    )
    source.add_argument(
        "--from-ld",
        metavar="SCRIPT",
        type=Path,
        help="import the memory regions of this linker script; without either, init asks, on a "
        "terminal",
    )
    init.add_argument(
        "--cpu",
        metavar="CORE",
        help="core of the firmware, e.g. cortex-m7, which a script does not tell; default: that of "
        "-mcpu or -march in --linker, else a guess",
    )
    init.add_argument("--home", metavar="REGION", help="region of .data and .bss, if not the usual")
    init.add_argument(
        "-o", "--output", metavar="FILE", type=Path, help="write here; default: standard output"
    )
    init.add_argument(
        "--linker",
        metavar="COMMAND",
        default="arm-none-eabi-gcc",
        help="what evaluates the script; default: %(default)s",
    )


def ask(options: argparse.Namespace, answer: Callable[[str], str] = input) -> None:
    """Completes `options` by questions where they name neither part nor script."""
    if options.device or options.from_ld:
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise CannotDo("init: name the part with --device, or a linker script with --from-ld")
    try:
        said = answer("Part (stm32f407vg) or linker script (board.ld): ").strip()
        if Path(said).is_file() or Path(said).suffix == ".ld":
            options.from_ld = Path(said)
            options.cpu = options.cpu or answer("Core, as -mcpu names it [a guess]: ").strip()
        else:
            options.device = said
        options.home = options.home or answer("Home region, of .data and .bss [usual]: ").strip()
        if options.output is None:
            options.output = Path(answer(f"Write to [{_USUAL_NAME}]: ").strip() or _USUAL_NAME)
    except EOFError as error:
        raise CannotDo("init: no answer") from error


def text_of(options: argparse.Namespace) -> tuple[str, tuple[Problem, ...]]:
    """The config, empty where it cannot be written, and what is doubtful about its source."""
    file = options.output.name if options.output else _USUAL_NAME
    if options.device:
        if options.cpu:
            raise CannotDo("--cpu goes with --from-ld; a preset names the core of its part")
        return _of_device(options.device, options.home, file)
    return _of_script(options.from_ld, options.linker, options.cpu, options.home, file)


def _of_device(name: str, home: str | None, file: str) -> tuple[str, tuple[Problem, ...]]:
    from ramwright import presets
    from ramwright.device_list import device, of_line
    from ramwright.starter import device_starter, with_notes

    known = presets.resolved(name)
    meant = () if known else of_line(name)
    if known is None and not meant:
        raise CannotDo(f"there is no preset for device {shown(name)}: {presets.suggestion(name)}")
    part = device(known) if known else meant[0]
    fit = [r for r in part.regions if r.alias_of is None and "retained" not in r.attributes]
    banks = [region.name for region in fit]
    _check_home(home, banks)
    home = home or part.home
    named = name if meant else ""
    text = device_starter(part.name, part.home, home, part.regions, file, named)
    notes = (_taken(name, [one.name for one in meant]),) if meant else ()
    return with_notes(text, part.notes), notes


def _taken(name: str, parts: list[str]) -> Problem:
    """Which of `parts`, all with the same banks, is taken for `name`."""
    from ramwright.errors import Mark, Problem

    others = f"; the banks are those of {listed(parts[1:])} too" if parts[1:] else ""
    return Problem(
        Mark(name),
        "RW0606",
        f"taken as `{parts[0]}`, of which there is a preset{others}",
        "RAM may depend on the size of flash: compare the banks with your part's",
        severity="note",
    )


def _of_script(
    script: Path, linker: str, cpu: str | None, home: str | None, file: str
) -> tuple[str, tuple[Problem, ...]]:
    from ramwright.errors import has_errors
    from ramwright.import_ld import LEFT_OUT, regions_of
    from ramwright.starter import starter

    if not script.is_file():
        raise CannotDo(f"cannot read {script}: no such file")
    try:
        words = shlex.split(linker)
    except ValueError as error:
        raise CannotDo(f"--linker {linker}: {error}") from error
    core = core_of(cpu, words)
    regions, problems = regions_of(script, linker)
    if has_errors(problems):
        return "", problems
    _check_home(home, [region.name for region in regions])
    left_out = [problem.what for problem in problems if problem.code == LEFT_OUT]
    text = starter(regions, script.name, file, core, home or None, left_out)
    return text, (*problems, *_guessed(core, script))


def core_of(cpu: str | None, linker: Sequence[str]) -> Core:
    """The core: as the user says, as `linker` is told, or a guess."""
    from ramwright.schema import language
    from ramwright.starter import Core

    known = language()["properties"]["target"]["properties"]["cpu"]["enum"]
    if cpu:
        if cpu not in known:
            hint = did_you_mean(cpu, known) or f"one of {listed(known)}"
            raise CannotDo(f"--cpu {shown(cpu)}: there is no such core: {hint}")
        return Core(cpu, guessed=False)
    told = [match[1] for word in linker if (match := _TOLD.match(word))]
    sure = [name for name in told if name in known]
    if sure:
        return Core(sure[-1], guessed=False)
    command = " ".join(linker)
    guess = next((core for word, core in _GUESSES.items() if word in command), "cortex-m4")
    return Core(guess, guessed=True)


def _guessed(core: Core, script: Path) -> Iterator[Problem]:
    from ramwright.errors import Mark, Problem

    if core.guessed:
        yield Problem(
            Mark(str(script)),
            "RW0607",
            f"a script does not name the core: `cpu: {core.name}` is a guess",
            "name it with `--cpu`, or correct `target` in the file",
            severity="note",
        )


def _check_home(home: str | None, known: list[str]) -> None:
    if home and home not in known:
        raise CannotDo(f"{home} is no region that can be the home; choose of {', '.join(known)}")
