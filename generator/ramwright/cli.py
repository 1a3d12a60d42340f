# SPDX-License-Identifier: Apache-2.0
"""The command `ramwright`: the only file that prints or exits.

Exit status: 0 clean, 1 problems found, 2 usage or a file that cannot be read or written,
70 an error of our own, 130 interrupted. What a command does not need it does not import: start-up
is what a build feels.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ramwright import __version__
from ramwright.config_options import (
    CannotDo,
    add_config,
    add_problem_format,
    blamed_on,
    is_for_programs,
    request_of,
)
from ramwright.errors import MAX_PROBLEMS, Mark, Problem, has_errors, in_order, shortened
from ramwright.init_options import add_init, ask, text_of
from ramwright.wording import one_line

if TYPE_CHECKING:
    from ramwright.elf import ElfImage
    from ramwright.layout import Layout
    from ramwright.load import Sources
    from ramwright.model import Config

OK, PROBLEMS, USAGE, INTERNAL, INTERRUPTED = 0, 1, 2, 70, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    # A run makes many small objects and drops few: collecting them costs a third of a large config.
    gc.disable()
    try:
        options = _parser().parse_args(arguments)
        command: Callable[[argparse.Namespace], int] = options.command
        options.found = []
        status = command(options)
        _print_document(options)
        sys.stdout.flush()
        return status
    except CannotDo as reason:
        return _given_up(str(reason), USAGE)
    except BrokenPipeError:  # the reader of our output went away
        return _given_up("", PROBLEMS)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _given_up(f"{place}{error.strerror or error}", USAGE)
    except UnicodeEncodeError as error:
        text = error.object[error.start : error.end]
        return _given_up(f"cannot write {text!r} as {error.encoding}", USAGE)
    except KeyboardInterrupt:
        return _given_up("interrupted", INTERRUPTED)
    except Exception as error:
        if os.environ.get("RAMWRIGHT_TRACEBACK"):
            raise
        print(
            f"ramwright: internal error: {type(error).__name__}: {error}\n"
            "This is a fault of ramwright, not of your config. Set RAMWRIGHT_TRACEBACK=1 for the "
            "details and report it with them.",
            file=sys.stderr,
        )
        return INTERNAL
    finally:
        gc.enable()


def _given_up(reason: str, status: int) -> int:
    """Says why in one line. What standard output does not take now, it must not at exit either."""
    if reason:
        print(f"ramwright: {one_line(reason)}", file=sys.stderr)
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ramwright",
        description="Describe the RAM of a firmware once; get allocators that need no set-up, "
        "linker fragments, a map, and a proof that the ELF is what you described. Begin with "
        "`init`; `ramwright COMMAND --help` says what a command takes.",
        epilog="Exit status: 0 clean, 1 problems found, 2 usage or missing file, 70 own error, "
        "130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"ramwright {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    check = _command(commands, "check", _check, "find the mistakes in a config; writes nothing")
    add_config(check)
    add_problem_format(check)

    effective = _command(
        commands, "config", _effective, "print the config as merged, with the origin of each value"
    )
    add_config(effective)

    generate = _command(
        commands, "generate", _generate, "write the C source and header, linker scripts and map"
    )
    add_config(generate)
    add_problem_format(generate)
    generate.add_argument(
        "-o", "--output", metavar="DIR", required=True, type=Path, help="folder of the outputs"
    )
    generate.add_argument(
        "--depfile", metavar="FILE", type=Path, help="also write a Make depfile of all inputs"
    )
    generate.add_argument(
        "--depfile-target",
        metavar="FILE",
        type=Path,
        help="the target its rule names, e.g. a stamp; default: the outputs",
    )
    mode = generate.add_mutually_exclusive_group()
    mode.add_argument(
        "--check", action="store_true", help="write nothing; fail if an output is not up to date"
    )
    mode.add_argument(
        "--list-outputs", action="store_true", help="write nothing; print the outputs' paths"
    )

    map_ = _command(commands, "map", _map, "show what lies where, planned or as linked")
    add_config(map_)
    map_.add_argument("--elf", metavar="ELF", type=Path, help="the linked firmware: real addresses")
    map_.add_argument(
        "--format", choices=("text", "json"), default="text", help="default: %(default)s"
    )

    verify = _command(
        commands, "verify", _verify, "prove that a linked firmware is what the config says"
    )
    add_config(verify)
    add_problem_format(verify)
    verify.add_argument("elf", metavar="ELF", type=Path, help="the linked firmware, with symbols")

    init = _command(commands, "init", _init, "write a starter config")
    add_init(init)

    devices = _command(commands, "devices", _devices, "list the parts that have a preset")
    devices.add_argument("query", metavar="QUERY", nargs="?", default="", help="part of a name")
    devices.add_argument(
        "--format", choices=("text", "json"), default="text", help="default: %(default)s"
    )

    explain = _command(commands, "explain", _explain, "explain a diagnostic: cause, example, cure")
    explain.add_argument(
        "code",
        metavar="CODE",
        nargs="?",
        default="",
        help="as printed, e.g. RW0101; its beginning, e.g. RW02, lists the codes that begin so; "
        "nothing lists all",
    )

    schema = _command(commands, "schema", _schema, "print the JSON Schema of the config language")
    schema.add_argument(
        "--part",
        choices=("layout", "include", "variant"),
        default="layout",
        help="of a whole layout, an included file, or a variant; default: %(default)s",
    )

    paths = _command(commands, "paths", _paths, "print where the files for your build are")
    what = paths.add_mutually_exclusive_group(required=True)
    for name, text in (
        ("cmake", "folder of the CMake package"),
        ("make", "the file to include in a Makefile"),
        ("include", "folder of the runtime's headers"),
        ("src", "folder of the runtime's sources"),
        ("shims", "folder of the shims, a folder each: malloc, operator new, …"),
    ):
        what.add_argument(f"--{name}", dest="asset", action="store_const", const=name, help=text)
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    function: Callable[[argparse.Namespace], int],
    text: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    command.set_defaults(command=function)
    return command


def _check(options: argparse.Namespace) -> int:
    """Without a variant named: the config and all its variants, with notes too."""
    from ramwright.load import load, load_all_variants
    from ramwright.rules.advice import notes

    request = request_of(options)
    with blamed_on(options.config):
        if request.variant is None:
            configs, problems, sources = load_all_variants(
                Path(options.config), options.config, request
            )
        else:
            config, problems, sources = load(Path(options.config), options.config, request)
            configs = (config,) if config else ()
    if len(problems) <= MAX_PROBLEMS:
        advice = (note for config in configs for note in notes(config))
        problems = shortened(in_order((*problems, *advice)))
    _print_problems(options, problems, sources)
    return PROBLEMS if has_errors(problems) else OK


def _effective(options: argparse.Namespace) -> int:
    from ramwright.effective import effective
    from ramwright.load import merged

    with blamed_on(options.config):
        root, config, problems, sources = merged(
            Path(options.config), options.config, request_of(options)
        )
    _print_problems(options, problems, sources)
    if root is None or config is None or has_errors(problems):
        return PROBLEMS
    print(effective(root, config), end="")
    return OK


def _generate(options: argparse.Namespace) -> int:
    layout = _layout(options)
    if layout is None:
        return PROBLEMS
    folder: Path = options.output
    if options.list_outputs:
        if is_for_programs(options):
            raise CannotDo(f"--list-outputs and --format {options.problem_format}: choose one")
        from ramwright.outputs import output_names

        print("\n".join(str(folder / name) for name in output_names(layout.name)))
        return OK
    from ramwright.render import render

    outputs = {folder / name: text for name, text in render(layout).items()}
    if options.check:
        return _report_stale(options, outputs)
    if options.depfile:
        from ramwright.depfile import CannotName, depfile

        targets = [options.depfile_target] if options.depfile_target else list(outputs)
        try:
            outputs[options.depfile] = depfile(targets, map(Path, layout.config.files))
        except CannotName as error:
            raise CannotDo(str(error)) from error
    _write(outputs)
    return OK


def _map(options: argparse.Namespace) -> int:
    from ramwright.planner import plan

    config, problems = _load(options)
    if config is None:
        return PROBLEMS
    layout = plan(config)
    if options.elf:
        from ramwright.linked_map import linked_map
        from ramwright.verify import verify

        elf = _elf(options.elf)
        memory = linked_map(layout, elf)
        found = verify(layout, elf)
        _print_problems(options, found, {})
        problems += found
    else:
        from ramwright.memory_map import plan_map

        memory = plan_map(layout)
    if options.format == "json":
        from ramwright.report_json import map_json

        print(map_json(memory, problems), end="")
    else:
        from ramwright.report_text import map_text

        print(map_text(memory), end="")
    return PROBLEMS if has_errors(problems) else OK


def _verify(options: argparse.Namespace) -> int:
    layout = _layout(options)
    if layout is None:
        return PROBLEMS
    from ramwright.verify import verify

    problems = verify(layout, _elf(options.elf))
    _print_problems(options, problems, {})
    if has_errors(problems):
        return PROBLEMS
    if is_for_programs(options):
        return OK
    count = len(layout.objects)
    objects = "1 object is" if count == 1 else f"{count} objects are"
    print(f"{options.elf}: {objects} where {options.config} says")
    return OK


def _init(options: argparse.Namespace) -> int:
    ask(options)
    if options.output and options.output.exists():
        raise CannotDo(f"{options.output} exists already; remove it or choose another name")
    text, problems = text_of(options)
    _print_problems(options, problems, {})
    if not text:
        return PROBLEMS
    if options.output is None:
        print(text, end="")
    else:
        _write({options.output: text})
    return OK


def _devices(options: argparse.Namespace) -> int:
    from ramwright.device_list import devices_json, devices_text, matching
    from ramwright.presets import suggestion

    found = matching(options.query)
    if not found:
        raise CannotDo(
            f"no part with a preset is called {options.query}: {suggestion(options.query)}"
        )
    print(devices_json(found) if options.format == "json" else devices_text(found), end="")
    return OK


def _explain(options: argparse.Namespace) -> int:
    from ramwright.explain import explanation, listing

    text = explanation(options.code) or listing(options.code)
    if not text:
        raise CannotDo(f"no diagnostic is called {options.code}; `ramwright explain` lists all")
    print(text, end="")
    return OK


def _schema(options: argparse.Namespace) -> int:
    import json

    from ramwright.schema import language

    print(json.dumps(language(options.part), indent=2, ensure_ascii=False))
    return OK


def _paths(options: argparse.Namespace) -> int:
    from ramwright import assets

    print(assets.path(options.asset))
    return OK


def _elf(path: Path) -> ElfImage:
    from ramwright.elf import ElfError, read_elf

    try:
        return read_elf(path)
    except OSError as error:
        raise CannotDo(f"cannot read {path}: {error.strerror}") from error
    except ElfError as error:
        raise CannotDo(f"{path}: {error}") from error
    except Exception as error:  # the parser believes what a damaged file says
        raise CannotDo(f"{path}: a damaged ELF file ({type(error).__name__}: {error})") from error


def _load(options: argparse.Namespace) -> tuple[Config | None, tuple[Problem, ...]]:
    """The config that `options` name, its problems printed."""
    from ramwright.load import load

    with blamed_on(options.config):
        config, problems, sources = load(Path(options.config), options.config, request_of(options))
    _print_problems(options, problems, sources)
    return config, problems


def _layout(options: argparse.Namespace) -> Layout | None:
    """The layout of the config that `options` name; None if it has errors. Problems are printed."""
    config, problems = _load(options)
    if config is None or has_errors(problems):
        return None
    from ramwright.planner import plan

    return plan(config)


def _print_problems(
    options: argparse.Namespace, problems: Iterable[Problem], sources: Sources
) -> None:
    """As text at once; in other formats they are one document, see _print_document."""
    problems = tuple(problems)
    options.found += problems
    if problems and not is_for_programs(options):
        from ramwright.diagnostics import format_text

        color = sys.stderr.isatty() and "NO_COLOR" not in os.environ
        print(format_text(problems, sources, color=color), end="", file=sys.stderr)


def _print_document(options: argparse.Namespace) -> None:
    if is_for_programs(options):
        from ramwright.problem_formats import FORMATS

        print(FORMATS[options.problem_format](options.found), end="")


def _report_stale(options: argparse.Namespace, outputs: Mapping[Path, str]) -> int:
    from ramwright.files import is_current

    stale = [path for path, text in outputs.items() if not is_current(path, text)]
    problems = [
        Problem(
            Mark(str(path)),
            "RW0301",
            "not what the config generates" if path.exists() else "missing",
            f"run: ramwright generate {options.config} -o {path.parent}",
        )
        for path in stale
    ]
    _print_problems(options, problems, {})
    return PROBLEMS if stale else OK


def _write(outputs: Mapping[Path, str]) -> None:
    from ramwright.files import CannotWrite, write_all

    try:
        write_all(outputs)
    except CannotWrite as error:
        raise CannotDo(str(error)) from error
