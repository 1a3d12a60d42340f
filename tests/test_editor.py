# SPDX-License-Identifier: Apache-2.0
"""An editor with yaml-language-server completes, explains and checks a config by our schema.

Most editors' YAML support is this server. It finds the schema through the modeline, the comment at
the head of a config.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from editor.server import LanguageServer

ROOT = Path(__file__).resolve().parent.parent
INSTALLATION = ROOT / ".venv" / "editor"  # filled by .ci/setup
EXAMPLES = sorted((ROOT / "examples").glob("*/memory.ramwright.yaml"))

MODELINE = "# yaml-language-server: $schema=" + (ROOT / "schemas/ramwright.schema.json").as_uri()
CONFIG = f"""\
{MODELINE}
ramwright: 1
name: app
target: {{cpu: cortex-m4}}
home: ram
regions:
  ram: {{origin: 0x20000000, size: 64K}}
pools:
  can_rx:
    region: ram
    block_size: 16
    count: 8
"""


@pytest.fixture(scope="module")
def server() -> Iterator[LanguageServer]:
    with LanguageServer(INSTALLATION) as running:
        yield running


def labels(server: LanguageServer, path: Path, text: str) -> set[str]:
    """What is proposed at the end of `text`."""
    server.open(path, text)
    lines = text.split("\n")
    found = server.at("textDocument/completion", path, len(lines) - 1, len(lines[-1]))
    return {item["label"] for item in found["items"]}


def test_good_config_has_no_diagnostics(server: LanguageServer, tmp_path: Path) -> None:
    assert server.open(tmp_path / "good.yaml", CONFIG) == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_examples_name_the_schema_and_fit_it(server: LanguageServer, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    modeline = "# yaml-language-server: $schema=../../schemas/ramwright.schema.json"
    assert modeline in text.splitlines()[:2]
    assert server.open(path, text) == []
    assert server.open(path, text + "\nunheard_of: 1\n"), "the modeline is followed"


def test_keys_are_completed(server: LanguageServer, tmp_path: Path) -> None:
    assert {"heaps", "slabs", "memheaps", "buffers"} <= labels(
        server, tmp_path / "root.yaml", CONFIG
    )
    assert {"sharing", "checks", "alignment"} <= labels(
        server, tmp_path / "pool.yaml", CONFIG + "    "
    )


def test_values_are_completed(server: LanguageServer, tmp_path: Path) -> None:
    proposed = labels(server, tmp_path / "value.yaml", CONFIG + "    sharing: ")
    assert {"none", "task", "interrupt"} <= proposed


def test_hover_shows_the_description(server: LanguageServer, tmp_path: Path) -> None:
    path = tmp_path / "hover.yaml"
    server.open(path, CONFIG)
    line = CONFIG.splitlines().index("    block_size: 16")
    hover = server.at("textDocument/hover", path, line, 6)
    assert "bytes" in hover["contents"]["value"].lower()


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ("    cuont: 8\n", "cuont"),
        ("    sharing: sometimes\n", "interrupt"),
        ("    count: [1]\n", ""),
    ],
    ids=["key", "value", "type"],
)
def test_mistakes_are_marked(
    server: LanguageServer, tmp_path: Path, mistake: str, said: str
) -> None:
    diagnostics = server.open(tmp_path / "bad.yaml", CONFIG.replace("    count: 8\n", mistake))
    assert any(said in diagnostic["message"] for diagnostic in diagnostics)
    line = CONFIG.splitlines().index("    count: 8")
    assert line in {diagnostic["range"]["start"]["line"] for diagnostic in diagnostics}
