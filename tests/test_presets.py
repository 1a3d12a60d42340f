# SPDX-License-Identifier: Apache-2.0
"""Presets: each part's file is sound, plausible and cites its sources; a config adds to it."""

from __future__ import annotations

import json
import re
from itertools import combinations
from pathlib import Path

import pytest

from ramwright import cli, presets
from ramwright.device_list import device, matching, of_line
from ramwright.errors import Problem
from ramwright.load import load
from ramwright.model import Config, Region
from ramwright.rules.advice import notes

NAMES = presets.names()
# Where the parts have on-chip RAM: the SRAM range of Cortex-M, which others keep to, and on Kinetis
# what touches it from below; memory coupled to the core in the code range; what vendors put behind
# a peripheral bus (backup RAM, that of the real-time clock).
RANGES = (
    (0x0400_0000, 0x1800_0000),
    (0x1FFF_0000, 0x4000_0000),
    (0x4000_0000, 0x4010_0000),
    (0x4080_0000, 0x4088_0000),  # ESP32-C6
    (0x4037_8000, 0x403E_0000),  # ESP32-S3, for instructions
    (0x5000_0000, 0x5000_4000),
    (0x600F_E000, 0x6010_0000),  # ESP32-S3, of the real-time clock
)
SOURCE = re.compile(r"^#   \[([0-9])\] (\S.*)$", re.MULTILINE)
REGION = re.compile(r"^  \w+: \{.*\}  #((?: \[[0-9]\])+)$", re.MULTILINE)


def read(text: str, folder: Path) -> tuple[Config | None, tuple[Problem, ...]]:
    """The config `text`, read from a file in `folder`."""
    file = folder / "app.ramwright.yaml"
    file.write_text(f"ramwright: 1\nname: app\n{text}", encoding="utf-8")
    config, problems, _ = load(file, str(file))
    return config, problems


def codes(text: str, folder: Path) -> list[str]:
    return [problem.code for problem in read(text, folder)[1]]


def test_there_are_at_least_forty_parts() -> None:
    assert len(NAMES) >= 40


@pytest.mark.parametrize("name", NAMES)
def test_each_part_generates_and_its_starter_passes_check(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "memory.ramwright.yaml"
    assert cli.main(["init", "--device", name, "-o", str(file)]) == cli.OK
    assert cli.main(["check", str(file)]) == cli.OK
    assert capsys.readouterr() == ("", ""), "not even a note"
    assert cli.main(["generate", str(file), "-o", str(tmp_path / "out")]) == cli.OK
    text = re.sub(
        r"^#(?=pools:|buffers:|default: |  \w+: \{)", "", file.read_text("utf-8"), flags=re.M
    )
    file.write_text(text, encoding="utf-8")
    assert cli.main(["check", str(file)]) == cli.OK, "all examples taken in"
    assert "\ndefault: main\n" in text
    assert "\nbuffers:\n  dma_descriptors: {re" in text
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("name", NAMES)
def test_each_region_cites_two_sources_declared_at_the_head(name: str) -> None:
    text = presets.path(name).read_text(encoding="utf-8")
    declared = dict(SOURCE.findall(text))
    assert len(set(declared.values())) == len(declared) >= 2
    lines = REGION.findall(text)
    assert len(lines) == len(device(name).regions), "every region is a line that ends in sources"
    for cited in lines:
        numbers = re.findall(r"[0-9]", cited)
        assert len(set(numbers)) >= 2
        assert set(numbers) <= set(declared)


@pytest.mark.parametrize("name", NAMES)
def test_attributes_tell_what_was_read(name: str) -> None:
    """A source of the head, or that the manual is cited from knowledge."""
    head = presets.path(name).read_text(encoding="utf-8").partition("ramwright: 1")[0]
    told = head.partition("# Attributes: ")[2]
    assert set(re.findall(r"\[([0-9])\]", told)) <= set(dict(SOURCE.findall(head)))
    assert re.search(r" \[[0-9]\]|\(from knowledge, not read\)|^none stated", told)
    if told.startswith("none stated"):
        assert not any(region.attributes for region in device(name).regions)


@pytest.mark.parametrize("name", NAMES)
def test_each_part_is_plausible(name: str) -> None:
    part = device(name)
    regions = {region.name: region for region in part.regions}
    home = regions[part.home]
    assert home.alias_of is None
    assert not home.attributes & {"retained", "external", "shared"}
    assert 1 << 11 <= home.size <= 1 << 21
    for region in part.regions:
        check_plausible(region)
    for one, other in combinations(part.regions, 2):
        assert one.end <= other.origin or other.end <= one.origin
    assert ("cached" in {a for r in part.regions for a in r.attributes}) <= (
        part.cpu == "cortex-m7"
    ), "of these cores the M7 alone has a data cache"


def check_plausible(region: Region) -> None:
    assert region.origin % 1024 == 0
    assert region.size % 2048 == 0
    assert any(low <= region.origin and region.end <= high for low, high in RANGES)
    assert (
        not 0x4000_0000 <= region.origin < 0x4010_0000
        or "retained" in region.attributes
        or region.alias_of in ("sram1", "rtc_fast")  # ESP32, ESP32-S2, for instructions
    )


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ("stm32f407vg", "stm32f407vg"),
        ("STM32F407VGT6", "stm32f407vg"),
        ("stm32h743zit6u", "stm32h743zi"),
        ("ATSAMD21G18A-AU", "samd21g18a"),
        ("nrf52840_xxAA", "nrf52840"),
        ("nRF52832-QFAA", "nrf52832"),
        ("nrf52832_xxab", None),  # has half the RAM
        ("stm32f407v", None),
        ("stm32f407vgx", None),
        ("rp2350b", "rp2350"),
        ("rp2350-riscv", "rp2350-riscv"),
        ("nRF5340-QKAA", "nrf5340"),
        ("nRF9160-SICA", "nrf9160"),
        ("ESP32-C3", "esp32c3"),
        ("ESP32-S3", "esp32s3"),
        ("ESP32", "esp32"),
        ("esp32-s31", None),
        ("CH32V307VCT6", "ch32v307vc"),
        ("CH32V003F4P6", "ch32v003f4"),
        ("MK64FN1M0VLL12", "mk64fn1m0"),
        ("MKL25Z128VLK4", "mkl25z128"),
        ("LPC1768FBD100", "lpc1768"),
        ("MIMXRT1176DVMAA", "mimxrt1176"),
        ("MIMXRT1052DVL6B", "mimxrt1052"),
        ("LPC55S69JBD100", "lpc55s69"),
        ("", None),
    ],
)
def test_name_with_package_and_temperature_is_the_part(said: str, part: str | None) -> None:
    assert presets.resolved(said) == part


@pytest.mark.parametrize(
    ("said", "parts"),
    [
        ("STM32H743", "stm32h743zi"),
        ("stm32h743z", "stm32h743zi"),
        ("stm32wb55", "stm32wb55rg"),
        ("gd32f450", "gd32f450ig"),
        ("ch32v307", "ch32v307rc ch32v307vc"),
        ("stm32f103", ""),  # 20K or 64K
        ("stm32f103r", "stm32f103rb"),
        ("stm32c0", ""),  # is not all of the number, though only one begins so
        ("stm32l4r", ""),
        ("gd32", ""),
        ("samd21", ""),  # what is left out tells how much RAM there is
        ("nrf5284", ""),
        ("", ""),
    ],
)
def test_name_without_package_and_flash(said: str, parts: str) -> None:
    assert [one.name for one in of_line(said)] == parts.split()


def test_init_says_which_part_it_took(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "memory.ramwright.yaml"
    assert cli.main(["init", "--device", "STM32H743", "-o", str(file)]) == cli.OK
    assert "STM32H743: note[RW0606]: taken as `stm32h743zi`" in capsys.readouterr().err
    text = file.read_text(encoding="utf-8")
    assert "target: {device: stm32h743zi}" in text
    assert "# You said STM32H743: compare" in text
    assert cli.main(["check", str(file)]) == cli.OK
    assert capsys.readouterr() == ("", "")
    assert cli.main(["init", "--device", "ch32v307"]) == cli.OK
    assert "the banks are those of `ch32v307vc` too" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("stm32f103", "did you mean `stm32f103c8`, `stm32f103rb` or `stm32f103ze`? `ramwright dev"),
        ("stm32f103vb", "did you mean `stm32f103c8`, `stm32f103rb` or `stm32f103ze`?"),
        ("stm32h743vi", "did you mean `stm32h743zi`?"),
        ("stm23f407vg", "did you mean `stm32f407vg`?"),
        ("h743", "did you mean `stm32h743zi`?"),
        ("nrf52", "did you mean `nrf52832`, `nrf52833` or `nrf52840`? `ramwright devices nrf52`"),
        ("stm32", "`ramwright devices stm32` lists the "),
        ("nothing-like-it", "`ramwright devices` lists all"),
    ],
)
def test_unknown_name_gets_a_short_list(
    said: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["init", "--device", said]) == cli.USAGE
    heard = capsys.readouterr().err
    assert f": {hint}" in heard
    assert heard.count("\n") == 1
    if not matching(said):
        assert cli.main(["devices", said]) == cli.USAGE
        assert f": {hint}" in capsys.readouterr().err


def test_config_adds_to_a_region_and_may_add_regions(tmp_path: Path) -> None:
    text = (
        "target: {device: stm32f407vg}\n"
        "regions:\n"
        "  ram: {reserve: 24K, attributes: [dma, exec]}\n"
        "  sdram: {origin: 0xD0000000, size: 8M, attributes: [external]}\n"
        "heaps: {main: {region: ram, size: 8K}, bulk: {region: sdram, size: rest}}\n"
    )
    config, problems = read(text, tmp_path)
    assert not problems
    assert config is not None
    assert config.target.cpu == "cortex-m4"
    assert config.home == "ram"
    assert list(config.regions) == ["ram", "ccm", "bkp", "sdram"]
    ram = config.regions["ram"]
    assert (ram.origin, ram.size, ram.linker) == (0x20000000, 128 << 10, "RAM")
    assert (ram.reserve_start, ram.attributes) == (24 << 10, frozenset({"dma", "exec"}))
    assert not notes(config), "banks that only the preset names need not be used"


def test_override_declares_a_region_anew(tmp_path: Path) -> None:
    regions = "regions: {ram: {override: true, origin: 0x20000400, size: 64K}}"
    config, problems = read(f"target: {{device: stm32f407vg}}\n{regions}\n", tmp_path)
    assert not problems
    assert config is not None
    assert config.regions["ram"].size == 64 << 10
    assert config.regions["ram"].linker == "ram"


@pytest.mark.parametrize("key", ["origin: 0x20000400", "size: 64K", "alias_of: ccm"])
def test_hardware_is_not_changed_without_override(key: str, tmp_path: Path) -> None:
    text = f"target: {{device: stm32f407vg}}\nregions: {{ram: {{{key}}}}}\n"
    assert "RW0415" in codes(text, tmp_path)


def test_presets_are_below_included_files(tmp_path: Path) -> None:
    """An including file adds to a region of the device that an included one names, and so back."""
    board = tmp_path / "board.yaml"
    board.write_text("ramwright: 1\ntarget: {device: stm32f407vg}\n", encoding="utf-8")
    config, problems = read(
        "include: [board.yaml]\nhome: ccm\nregions: {ram: {reserve: 1K}}\n", tmp_path
    )
    assert not problems
    assert config is not None
    assert (config.home, config.regions["ram"].reserve_start) == ("ccm", 1024)
    board.write_text("ramwright: 1\nhome: ccm\nregions: {ram: {reserve: 2K}}\n", encoding="utf-8")
    config, problems = read("include: [board.yaml]\ntarget: {device: stm32f407vg}\n", tmp_path)
    assert not problems
    assert config is not None
    assert (config.home, config.regions["ram"].reserve_start) == ("ccm", 2048)


def test_including_file_may_not_contradict_the_device(tmp_path: Path) -> None:
    board = tmp_path / "board.yaml"
    board.write_text("ramwright: 1\ntarget: {device: stm32f407vg}\n", encoding="utf-8")
    for target in ("{cpu: cortex-m7}", "{device: stm32f429zi}"):
        assert "RW0414" in codes(f"include: [board.yaml]\ntarget: {target}\n", tmp_path)
    assert not codes("include: [board.yaml]\ntarget: {cpu: cortex-m4}\n", tmp_path)


def test_mistyped_region_of_the_device_is_named(tmp_path: Path) -> None:
    _, problems = read("target: {device: stm32f407vg}\nregions: {cmm: {reserve: 1K}}\n", tmp_path)
    assert {problem.code for problem in problems} == {"RW0103"}
    assert {problem.hint for problem in problems} == {"did you mean `ccm`?"}


def test_starter_tells_what_is_to_be_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["init", "--device", "stm32h743zi"]) == cli.OK
    assert "#   DTCM is reached by the core and by MDMA only" in capsys.readouterr().out
    for name in NAMES:
        assert device(name).notes
        assert not any(re.search(r"\[[0-9]\]", note) for note in device(name).notes)


def test_effective_config_generates_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "app.yaml"
    assert cli.main(["init", "--device", "stm32h743zi", "-o", str(file)]) == cli.OK
    assert cli.main(["config", str(file)]) == cli.OK
    text = capsys.readouterr().out
    assert "# device:stm32h743zi:" in text
    assert str(presets.path("stm32h743zi").parent) not in text, "no place of the installation"
    again = tmp_path / "again" / "app.yaml"
    again.parent.mkdir()
    again.write_text(text, encoding="utf-8")
    for one in (file, again):
        assert cli.main(["generate", str(one), "-o", str(one.parent / "out")]) == cli.OK
    for output in (tmp_path / "out").glob("*.ld"):
        assert (again.parent / "out" / output.name).read_text() == output.read_text()


def test_depfile_lists_the_preset(tmp_path: Path) -> None:
    file, rule = tmp_path / "app.yaml", tmp_path / "app.d"
    assert cli.main(["init", "--device", "stm32f407vg", "-o", str(file)]) == cli.OK
    command = ["generate", str(file), "-o", str(tmp_path / "out"), "--depfile", str(rule)]
    assert cli.main(command) == cli.OK
    assert str(presets.path("stm32f407vg")) in rule.read_text(encoding="utf-8")


def test_devices_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["devices"]) == cli.OK
    assert len(capsys.readouterr().out.splitlines()) == len(NAMES)
    assert cli.main(["devices", "F407VGT6"]) == cli.USAGE
    assert cli.main(["devices", "STM32F407VGT6"]) == cli.OK
    line = "stm32f407vg  cortex-m4  ram 128K at 0x20000000, ccm 64K at 0x10000000, "
    assert capsys.readouterr().out == line + "bkp 4K at 0x40024000\n"
    assert cli.main(["devices", "407", "--format", "json"]) == cli.OK
    listed = json.loads(capsys.readouterr().out)["devices"]
    assert [one["name"] for one in listed] == [one.name for one in matching("407")]
    assert listed[0]["regions"][0]["size"] == 128 << 10
