# SPDX-License-Identifier: Apache-2.0
"""What a run of the generator costs a build: processor time, as ratios, so that a slow machine and
a fast one agree."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

from bench.build import ROOT
from bench.calls import Figures

SMALL, MANY, VERY_MANY = 20, 1_000, 10_000
RUNS = 15  # of which the shortest counts: what else the machine does only adds

HEAD = """\
ramwright: 1
name: bench
target: {cpu: cortex-m4}
home: ram
regions:
  ram: {origin: 0x20000000, size: 512M}
"""
KINDS = {
    "buffers": "{region: ram, size: 64}",
    "pools": "{region: ram, block_size: 16, count: 8, sharing: interrupt}",
    "heaps": "{region: ram, size: 4K}",
    "slabs": "{region: ram, slab_size: 1K, slab_count: 4, zones: [{block_size: 16}]}",
}
FLOOR = """\
import sys, yaml, jinja2
with open(sys.argv[1], "rb") as file:
    yaml.load(file, Loader=yaml.CSafeLoader)
"""


def config(objects: int) -> str:
    """A config of that many objects, as many of each kind."""
    share = objects // len(KINDS)
    return HEAD + "".join(
        f"{kind}:\n" + "".join(f"  {kind[0]}{number}: {text}\n" for number in range(share))
        for kind, text in KINDS.items()
    )


def generator_figures(directory: Path) -> Figures:
    """Time of a small config over that of importing the libraries and parsing it; time an object
    of a huge config over that of a large one."""
    directory.mkdir(parents=True, exist_ok=True)
    files = {count: directory / f"{count}.yaml" for count in (SMALL, MANY, VERY_MANY)}
    for count, file in files.items():
        file.write_text(config(count), encoding="utf-8")

    def generate(count: int) -> list[str]:
        output = str(directory / str(count))
        return ["-m", "ramwright", "generate", str(files[count]), "-o", output]

    floor = ["-c", FLOOR, str(files[SMALL])]
    small_over_floor = _ratio(generate(SMALL), floor, RUNS)
    huge_over_large = _ratio(generate(VERY_MANY), generate(MANY), 1) * MANY / VERY_MANY
    return {
        "generator/small_over_floor": round(small_over_floor, 2),
        "generator/object_of_10000_over_1000": round(huge_over_large, 2),
    }


def _ratio(ours: list[str], reference: list[str], runs: int) -> float:
    """How much longer one run of Python takes than another, the shortest of each. They alternate,
    after one of each to warm the caches."""
    times = [(_seconds(ours), _seconds(reference)) for _ in range(runs + 1)][1:]
    return min(time for time, _ in times) / min(time for _, time in times)


def _seconds(arguments: list[str]) -> float:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "generator")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what users do not have set
    before = _children()
    subprocess.run([sys.executable, *arguments], check=True, env=environment)
    return _children() - before


def _children() -> float:
    """Processor time of all processes waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
