# SPDX-License-Identifier: Apache-2.0
"""The options of every command that reads a config, and what stands in the way of reading it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ramwright.load import Request


class CannotDo(Exception):
    """Something outside the config stands in the way: one line, exit 2."""


def add_config(command: argparse.ArgumentParser) -> None:
    """Adds the config and what is said about it to `command`."""
    command.add_argument("config", metavar="FILE", help="the config, e.g. memory.ramwright.yaml")
    command.add_argument("--variant", metavar="NAME", help="apply this overlay of the config")
    command.add_argument(
        "-D",
        dest="defines",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="give a constant of the config another value",
    )
    command.add_argument(
        "--root",
        metavar="DIR",
        type=Path,
        help="include nothing outside this folder; default: the git checkout",
    )
    command.add_argument(
        "--cc",
        metavar="COMMAND",
        help="C compiler with its flags, to measure the types that the config names",
    )


def request_of(options: argparse.Namespace) -> Request:
    """What `options` say about their config."""
    from ramwright.load import Request

    return Request(options.variant, tuple(options.defines), options.root, options.cc)


def add_problem_format(command: argparse.ArgumentParser) -> None:
    """Adds the choice of how problems are written."""
    command.add_argument(
        "--format",
        dest="problem_format",
        choices=("text", "json", "sarif", "github"),
        default="text",
        help="how problems are written: text to standard error, the others to standard output; "
        "default: %(default)s",
    )


def is_for_programs(options: argparse.Namespace) -> bool:
    """Whether the problems are for a program: then nothing else goes to standard output."""
    return getattr(options, "problem_format", "text") != "text"


@contextmanager
def blamed_on(name: str) -> Iterator[None]:
    """Turns what stands in the way of reading the config `name` into one line."""
    from ramwright.probe import MissingCompilerError

    try:
        yield
    except MissingCompilerError as error:
        raise CannotDo(f"--cc: {error}") from error
    except OSError as error:
        raise CannotDo(f"cannot read {error.filename or name}: {error.strerror}") from error
