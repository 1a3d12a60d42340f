# SPDX-License-Identifier: Apache-2.0
"""The options of every command that reads a config."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ramwright.load import Request


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
