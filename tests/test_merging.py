# SPDX-License-Identifier: Apache-2.0
"""Several files, overlays and the command line make one layout, and every value keeps its place."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from ramwright import cli
from ramwright.errors import Problem
from ramwright.load import Request, load, load_all_variants
from ramwright.model import Config
from ramwright.planner import plan
from ramwright.render import render
from ramwright.rules.advice import notes

BOARD = """\
ramwright: 1
target: {cpu: cortex-m7}
home: ram
constants: {RESERVE: 8K}
regions:
  ram: {origin: 0x20000000, size: 128K, linker: RAM, reserve: RESERVE}
  d2: {origin: 0x30000000, size: 256K, linker: D2, attributes: [dma, cached], banks: [128K, 128K]}
"""
MODBUS = """\
ramwright: 1
constants: {DEPTH: 4, BYTES: DEPTH * 256}
pools:
  frames: {region: work, block_size: 256, count: DEPTH}
heaps:
  arena: {region: work, size: BYTES}
memheaps:
  all: {members: [arena]}
"""
TOP = """\
ramwright: 1
name: app
include:
  - board.yaml
  - {file: lib/modbus.yaml, prefix: m1_, regions: {work: ram}, constants: {DEPTH: N * 2}}
  - {file: lib/modbus.yaml, prefix: m2_, regions: {work: d2}}
constants: {N: 3}
pools:
  log: {region: ram, block_size: 64, count: N}
heaps:
  main: {region: ram, size: rest}
default: m1_all
variants:
  lite:
    constants: {N: 1}
    pools: {log: null, m1_frames: {block_size: 128}}
  broken: {pools: {log: {count: N * 1000 * 1000}}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, the top of a checkout."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    write("board.yaml", BOARD)
    write("lib/modbus.yaml", MODBUS)
    write("top.yaml", TOP)
    return tmp_path


def write(name: str, text: str) -> None:
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


def sound(name: str = "top.yaml", **request: object) -> Config:
    config, problems, _ = load(Path(name), name, Request(**request))  # type: ignore[arg-type]
    assert not problems
    assert config is not None
    return config


def found(name: str = "top.yaml", **request: object) -> list[str]:
    _, problems, _ = load(Path(name), name, Request(**request))  # type: ignore[arg-type]
    return [said(problem) for problem in problems]


def said(problem: Problem) -> str:
    return f"{problem.where} {problem.code} {problem.what}"


def test_files_contribute_in_order(folder: Path) -> None:
    config = sound()
    assert list(config.pools) == ["m1_frames", "m2_frames", "log"]
    assert config.pools["m1_frames"].count == 6, "the value given by the including file"
    assert config.pools["m2_frames"].count == 4, "the file's own"
    assert config.pools["m1_frames"].placement.region == "ram"
    assert config.pools["m2_frames"].placement.region == "d2"
    assert config.heaps["m1_arena"].size == 6 * 256, "a constant of the prefixed file"
    assert config.memheaps["m2_all"].members == ("m2_arena",)
    assert config.default == "m1_all"
    assert config.home == "ram"
    files = [Path(name).resolve() for name in config.files]
    assert files == [folder / n for n in ("top.yaml", "board.yaml", "lib/modbus.yaml")]


def test_prefixes_nest_and_look_outward() -> None:
    write(
        "inner.yaml",
        "ramwright: 1\nconstants: {A: 1}\npools:\n"
        "  p: {region: ram, block_size: 8, count: A + B + C}\n",
    )
    write(
        "outer.yaml",
        "ramwright: 1\ninclude: [{file: inner.yaml, prefix: i_}]\nconstants: {B: 10, A: 5}\n"
        "pools:\n  q: {region: ram, block_size: 8, count: i_A + A}\n",
    )
    write(
        "top.yaml",
        "ramwright: 1\nname: app\ninclude: [board.yaml, {file: outer.yaml, prefix: o_}]\n"
        "constants: {C: 100}\npools:\n  r: {region: ram, block_size: 8, count: o_i_A + o_B}\n",
    )
    config = sound()
    assert {name: pool.count for name, pool in config.pools.items()} == {
        "o_i_p": 111,
        "o_q": 6,
        "r": 11,
    }


def test_a_file_that_several_include_is_read_once() -> None:
    write("a.yaml", "ramwright: 1\ninclude: [board.yaml]\nheaps:\n  a: {region: ram, size: 1K}\n")
    write("b.yaml", "ramwright: 1\ninclude: [board.yaml]\nheaps:\n  b: {region: ram, size: 1K}\n")
    write("top.yaml", "ramwright: 1\nname: app\ninclude: [a.yaml, b.yaml, ./lib/../board.yaml]\n")
    assert list(sound().heaps) == ["a", "b"]


def test_override_replaces_whole_and_keeps_the_place() -> None:
    write(
        "top.yaml",
        "ramwright: 1\nname: app\ninclude: [board.yaml, {file: lib/modbus.yaml, regions: "
        "{work: ram}}]\nhome: d2\nregions:\n"
        "  ram: {origin: 0x20000000, size: 64K, override: true}\n"
        "slabs:\n  frames: {region: ram, slab_size: 1K, slab_count: 2, zones: [{block_size: 64}], "
        "override: true}\n",
    )
    config = sound()
    assert list(config.regions) == ["ram", "d2"]
    assert config.regions["ram"].size == 64 << 10
    assert config.regions["ram"].reserve_start == 0
    assert config.home == "d2", "a setting of the including file wins"
    assert not config.pools
    assert list(config.slabs) == ["frames"]


def test_variant_merges_deletes_and_replaces() -> None:
    config = sound(variant="lite")
    assert list(config.pools) == ["m1_frames", "m2_frames"]
    assert config.pools["m1_frames"].count == 2, "constants are evaluated afterwards"
    assert config.pools["m1_frames"].block_size == 128
    assert config.pools["m1_frames"].placement.region == "ram", "what it does not name stays"
    assert config.variant == "lite"


def test_variant_is_recorded_in_every_output() -> None:
    for name, text in render(plan(sound(variant="lite"))).items():
        if name.endswith(".json"):
            assert json.loads(text)["variant"] == "lite"
        else:
            assert "variant lite" in text.splitlines()[0], name
    assert "variant" not in render(plan(sound()))["app_memory.h"]


def test_check_looks_at_all_variants() -> None:
    configs, problems, _ = load_all_variants(Path("top.yaml"), "top.yaml")
    assert [config.variant for config in configs] == [None, "lite"]
    (problem,) = problems
    assert said(problem).startswith("top.yaml:17:33 RW0244")
    assert problem.what.endswith("(variant `broken`)")
    assert cli.main(["check", "top.yaml"]) == cli.PROBLEMS
    assert cli.main(["check", "top.yaml", "--variant", "lite"]) == cli.OK


@pytest.mark.parametrize("command", ["check", "config", "map", "generate", "verify"])
def test_every_command_takes_a_variant(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    more = {"generate": ["-o", "out"], "verify": ["fw.elf"]}.get(command, [])
    assert cli.main([command, "top.yaml", *more, "--variant", "light"]) == cli.PROBLEMS
    error = capsys.readouterr().err
    assert "<command line>:1:11: error[RW0410]: there is no variant `light`" in error
    assert "  1 | --variant light\n    |           ^^^^^\n" in error
    assert "did you mean `lite`?" in error


def test_constants_of_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    config = sound(defines=("N=2 * 4", "m2_DEPTH=1"))
    assert config.pools["log"].count == 8
    assert config.pools["m1_frames"].count == 16
    assert config.pools["m2_frames"].count == 1
    assert found(defines=("N=1", "M=2", "N", "N=1/2")) == [
        "<command line>:3:4 RW0411 there is no constant `M` to give a value to",
        "<command line>:4:4 RW0411 `N` does not have the form NAME=VALUE",
        "<command line>:5:7 RW0206 1 / 2 leaves a remainder of 1",
    ]
    assert cli.main(["check", "top.yaml", "-D", "N=(1"]) == cli.PROBLEMS
    assert "2 | -D N=(1\n    |        ^" in capsys.readouterr().err


def test_positions_are_those_of_the_file_that_says_it() -> None:
    write("lib/modbus.yaml", MODBUS.replace("size: BYTES", "size: BYTES + 4"))
    assert (
        found()[0] == "lib/modbus.yaml:6:31 RW0247 `size` of `m1_arena` is 1540, no multiple of 8"
    )
    write(
        "lib/modbus.yaml", MODBUS.replace("\nheaps:", "\nheaps:\n  other: {region: work, sise: 1K}")
    )
    assert found() == ["lib/modbus.yaml:6:25 RW0101 unknown key `sise` in `other`"]
    write("lib/modbus.yaml", MODBUS.replace("count: DEPTH", "count: [1]"))
    assert [text.split(" RW")[0] for text in found()] == ["lib/modbus.yaml:4:50"]
    write("lib/modbus.yaml", MODBUS)
    write("top.yaml", TOP.replace("regions: {work: ram}", "regions: {work: rom}"))
    assert found()[0] == "top.yaml:5:58 RW0220 there is no region `rom`"


def test_what_is_missing_is_missed_in_the_whole_only() -> None:
    write("board.yaml", BOARD.replace("home: ram\n", ""))
    assert found() == ["top.yaml:1:1 RW0103 the key `home` is missing"]
    write("board.yaml", BOARD)
    write("top.yaml", TOP + "  more: {pools: {extra: {region: ram, count: 4}}}\n")
    assert not found()
    assert found(variant="more") == [
        "top.yaml:18:18 RW0353 the block size of `extra` is not known",
    ]
    write("top.yaml", TOP + "  more: {heaps: {main: {size: null}, x: {size: 1K}}}\n")
    assert found(variant="more") == [
        "top.yaml:11:3 RW0103 the key `size` is missing in `main`",
        "top.yaml:18:38 RW0103 the key `region` is missing in `x`",
    ]


def test_an_incomplete_object_of_a_variant_may_be_a_slip(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write("top.yaml", TOP + "  more: {heaps: {mian: {size: 3K}, other: {size: 3K}}}\n")
    assert cli.main(["check", "top.yaml", "--variant", "more"]) == cli.PROBLEMS
    hints = [line for line in capsys.readouterr().err.splitlines() if "hint: " in line]
    assert [hint.count("did you mean `main`? Else add `region") for hint in hints] == [1, 0]


def test_a_variant_has_constants_of_its_own_for_what_it_adds() -> None:
    own = "  more:\n    constants: {E: 2, W: E * 8}\n    heaps: {x: {region: ram, size: W * 8}}\n"
    write("top.yaml", TOP + own)
    assert sound(variant="more").heaps["x"].size == 128
    write("top.yaml", TOP + own.replace("W * 8", "128"))
    assert found(variant="more") == [
        "top.yaml:19:23 RW0416 `W` changes nothing: no constant of this name is declared or used"
    ]
    write("top.yaml", TOP + "  more: {constants: {m1_DETPH: 2, DEPTH: 3}}\n")
    _, problems, _ = load(Path("top.yaml"), "top.yaml", Request(variant="more"))
    assert [problem.hint for problem in problems] == [
        "did you mean `m1_DEPTH`?",
        "declare it in `constants` of the layout",
    ]


def test_a_constant_that_is_lost_by_a_fault_is_not_missed_on_the_command_line() -> None:
    write("board.yaml", BOARD.replace("constants: {RESERVE: 8K}", "constants: [RESERVE: 8K]"))
    problems = found(defines=("RESERVE=4K",))
    assert [problem.split()[1] for problem in problems] == ["RW0104"]


def test_null_means_nothing_outside_variants() -> None:
    write("top.yaml", TOP.replace("count: N}", "count: null}"))
    assert "top.yaml:9:45 RW0016 `null` is no value" in found()


def test_included_files_have_no_name_and_no_variants() -> None:
    write("board.yaml", BOARD + "name: x\nvariants: {a: {}}\n")
    assert [text[:20] for text in found()] == ["board.yaml:8:1 RW010", "board.yaml:9:1 RW010"]


def test_nothing_outside_the_root(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inside = folder / "inside"
    inside.mkdir()
    (inside / "link.yaml").symlink_to(folder / "board.yaml")
    write("inside/top.yaml", "ramwright: 1\nname: app\ninclude: [../board.yaml]\n")
    assert sound("inside/top.yaml").home == "ram", "the checkout is the root"
    outside = ["inside/top.yaml:3:11 RW0402 `../board.yaml` lies outside the root"]
    assert found("inside/top.yaml", root=inside) == outside
    assert cli.main(["check", "inside/top.yaml", "--root", "inside"]) == cli.PROBLEMS
    (folder / ".git").rmdir()
    assert found("inside/top.yaml") == outside, "without a checkout the file's folder is the root"
    write("inside/top.yaml", "ramwright: 1\nname: app\ninclude: [link.yaml]\n")
    assert "RW0402" in found("inside/top.yaml")[0], "a link leads outside too"
    write("inside/top.yaml", "ramwright: 1\nname: app\ninclude: [/etc/passwd]\n")
    assert "RW0106" in found("inside/top.yaml")[0]
    capsys.readouterr()


def test_a_pipe_is_not_waited_for() -> None:
    os.mkfifo("pipe.yaml")
    write("top.yaml", "ramwright: 1\nname: app\ninclude: [pipe.yaml]\n")
    assert found() == ["top.yaml:3:11 RW0401 `pipe.yaml` is not a file"]


def test_inclusions_cannot_explode() -> None:
    for level in range(12):
        twice = ", ".join(f"{{file: l{level + 1}.yaml, prefix: {p}_}}" for p in "ab")
        write(f"l{level}.yaml", f"ramwright: 1\ninclude: [{twice}]\n")
    write("l12.yaml", "ramwright: 1\n")
    write("top.yaml", "ramwright: 1\nname: app\ninclude: [board.yaml, l0.yaml]\n")
    assert "RW0404" in found()[0]


def test_circles_are_seen_through_prefixes() -> None:
    write("a.yaml", "ramwright: 1\ninclude: [{file: b.yaml, prefix: x_}]\n")
    write("b.yaml", "ramwright: 1\ninclude: [a.yaml]\n")
    write("top.yaml", "ramwright: 1\nname: app\ninclude: [board.yaml, a.yaml]\n")
    assert found() == ["b.yaml:2:11 RW0403 `a.yaml` includes itself"]


def test_depfile_names_included_files(folder: Path) -> None:
    assert cli.main(["generate", "top.yaml", "-o", "out", "--depfile", "out/d"]) == cli.OK
    text = Path("out/d").read_text(encoding="utf-8")
    for name in ("top.yaml", "board.yaml", "lib/modbus.yaml"):
        assert f"  {folder / name}" in text
    assert text.count(f"{folder / 'lib/modbus.yaml'}:\n") == 1


@pytest.mark.parametrize("options", [[], ["--variant", "lite"], ["-D", "N=7"]])
def test_effective_config_generates_the_same(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["config", "top.yaml", *options]) == cli.OK
    text = capsys.readouterr().out
    write("flat.yaml", text)
    assert cli.main(["generate", "flat.yaml", "-o", "flat"]) == cli.OK
    assert cli.main(["generate", "top.yaml", "-o", "out", *options]) == cli.OK
    for path in sorted(Path("out").iterdir()):
        here, there = (p.read_text(encoding="utf-8") for p in (path, Path("flat") / path.name))
        for old, new in ((", variant lite", ""), ('"lite"', "null"), ("top.yaml", "flat.yaml")):
            here = here.replace(old, new)
        assert here == there


def test_effective_config_names_origins(capsys: pytest.CaptureFixture[str]) -> None:
    write(
        "top.yaml", TOP + "buffers:\n  rx: {requires: [dma], size: 'align_up(100, cache_line)'}\n"
    )
    assert cli.main(["config", "top.yaml", "-D", "N=5"]) == cli.OK
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    for line in (
        "m1_DEPTH: 10 # top.yaml:5",
        "m2_BYTES: 1024 # lib/modbus.yaml:2",
        "N: 5 # <command line>:2",
        "origin: 0x20000000 # board.yaml:6",
        "reserve: 8192 # board.yaml:6",
        "banks: [131072, 131072] # board.yaml:7",
        "size: 128 # top.yaml:19",
        "region: d2 # top.yaml:19, by `requires`: the first with dma that has room",
        "default: m1_all # top.yaml:12",
    ):
        assert line in lines, line


def test_effective_config_names_what_the_rest_is(capsys: pytest.CaptureFixture[str]) -> None:
    write("top.yaml", TOP.replace("heaps:\n", "heaps:\n  all: {region: d2, size: rest}\n", 1))
    size = sound().heaps["all"].size
    assert cli.main(["config", "top.yaml"]) == cli.OK
    text = capsys.readouterr().out
    assert re.search(rf"size: {size} +# top.yaml:\d+, by `rest`: what remains of d2\n", text)
    write("flat.yaml", text)
    assert sound("flat.yaml").heaps["all"].size == size


def test_words_that_yaml_would_take_for_others_are_quoted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = BOARD.replace("ram:", "'on':").replace("home: ram", "home: 'on'")
    write("top.yaml", text.replace("ramwright: 1", "ramwright: 1\nname: app"))
    assert cli.main(["config", "top.yaml"]) == cli.OK
    write("flat.yaml", capsys.readouterr().out)
    assert sound("flat.yaml").home == "on"


def test_notes_are_for_check_only(capsys: pytest.CaptureFixture[str]) -> None:
    extra = "  irq: {region: ram, size: 1K, sharing: interrupt}\n"
    write(
        "top.yaml", TOP.replace("heaps:\n", f"heaps:\n{extra}").replace("{work: d2}", "{work: ram}")
    )
    assert [note.code for note in notes(sound())] == ["RW0356", "RW0355"]
    assert cli.main(["map", "top.yaml"]) == cli.OK
    assert not capsys.readouterr().err
    assert cli.main(["check", "top.yaml", "--variant", "lite"]) == cli.OK
    error = capsys.readouterr().err
    assert error.count("note[RW0356]") == error.count("note[RW0355]") == 1


def test_whoever_asks_for_a_variant_that_is_not_there_is_told_which_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write("top.yaml", TOP)
    assert cli.main(["check", "top.yaml", "--variant", "zzz"]) == cli.PROBLEMS
    assert "hint: it has `lite`" in capsys.readouterr().err
    write("flat.yaml", BOARD.replace("ramwright: 1", "ramwright: 1\nname: app"))
    assert cli.main(["check", "flat.yaml", "--variant", "zzz"]) == cli.PROBLEMS
    assert "hint: the config has no `variants`" in capsys.readouterr().err


def test_variants_that_are_too_many_to_check_together(capsys: pytest.CaptureFixture[str]) -> None:
    pools = "".join(f"  p{n}: {{region: ram, block_size: 8, count: 1}}\n" for n in range(2_000))
    variants = "".join(f"  v{n}: {{checks: none}}\n" for n in range(12))
    board = BOARD.replace("ramwright: 1", "ramwright: 1\nname: app")
    write("top.yaml", f"{board}pools:\n{pools}variants:\n{variants}")
    assert cli.main(["check", "top.yaml"]) == cli.PROBLEMS
    error = capsys.readouterr().err
    assert "error[RW0004]: 12 variants of" in error
    assert "hint: name one at a time with `--variant`" in error
    assert cli.main(["check", "top.yaml", "--variant", "v3"]) == cli.OK
