# SPDX-License-Identifier: Apache-2.0
"""`python -m bench`: measures everything, writes results.json and results.md."""

from __future__ import annotations

import argparse
from pathlib import Path

from bench.build import ROOT, compiler
from bench.results import RESULTS, TABLES, Results, results_of, text_of
from bench.suite import measured
from bench.tables import markdown, summary


def main() -> None:
    """Parses the command line and does it."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--traces",
        type=Path,
        default=ROOT.parent / "shared" / "traces",
        help="folder of recorded traces (default: %(default)s)",
    )
    parser.add_argument(
        "--tables-only", action="store_true", help="measure nothing: render results.json again"
    )
    arguments = parser.parse_args()
    if arguments.tables_only:
        results = results_of(RESULTS.read_text(encoding="utf-8"))
    else:
        if not any(arguments.traces.glob("*.trace")):
            print(f"no recorded traces in {arguments.traces}: their rows are left out")
        results = Results(compiler(), measured(ROOT / "build" / "bench", arguments.traces))
        RESULTS.write_text(text_of(results), encoding="utf-8")
    TABLES.write_text(markdown(results), encoding="utf-8")
    print(summary(results))


if __name__ == "__main__":
    main()
