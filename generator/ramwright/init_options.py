# SPDX-License-Identifier: Apache-2.0
"""What `init` is told: by options, or on a terminal by answers to its questions."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ramwright.config_options import CannotDo

if TYPE_CHECKING:
    from ramwright.errors import Problem

_USUAL_NAME = "memory.ramwright.yaml"


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
        return _of_device(options.device, options.home, file), ()
    return _of_script(options.from_ld, options.linker, options.home, file)


def _of_device(name: str, home: str | None, file: str) -> str:
    from ramwright import presets
    from ramwright.device_list import device
    from ramwright.starter import device_starter, with_notes
    from ramwright.wording import did_you_mean, shown

    known = presets.resolved(name)
    if known is None:
        hint = did_you_mean(name, presets.names()) or "`ramwright devices` lists all"
        raise CannotDo(f"there is no preset for device {shown(name)}: {hint}")
    part = device(known)
    fit = [r for r in part.regions if r.alias_of is None and "retained" not in r.attributes]
    banks = [region.name for region in fit]
    _check_home(home, banks)
    text = device_starter(part.name, part.home, home or part.home, part.regions, file)
    return with_notes(text, part.notes)


def _of_script(
    script: Path, linker: str, home: str | None, file: str
) -> tuple[str, tuple[Problem, ...]]:
    from ramwright.errors import has_errors
    from ramwright.import_ld import regions_of
    from ramwright.starter import starter

    if not script.is_file():
        raise CannotDo(f"cannot read {script}: no such file")
    try:
        shlex.split(linker)
    except ValueError as error:
        raise CannotDo(f"--linker {linker}: {error}") from error
    regions, problems = regions_of(script, linker)
    if has_errors(problems):
        return "", problems
    _check_home(home, [region.name for region in regions])
    return starter(regions, script.name, file, linker, home or None), problems


def _check_home(home: str | None, known: list[str]) -> None:
    if home and home not in known:
        raise CannotDo(f"{home} is no region that can be the home; choose of {', '.join(known)}")
