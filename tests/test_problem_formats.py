# SPDX-License-Identifier: Apache-2.0
"""Problems as JSON, SARIF and workflow commands of GitHub say what the text says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from ramwright import cli
from ramwright.diagnostics import format_text
from ramwright.errors import Mark, Problem, Related
from ramwright.problem_formats import format_github, format_json, format_sarif

ROOT = Path(__file__).parent.parent
BAD = sorted((ROOT / "tests" / "bad").glob("*.yaml"))

PLAIN = Problem(
    Mark("a b/f.yaml", 2, 4, 7),
    "RW0101",
    "unknown key `100%`",
    "delete it",
    (Related(Mark("a b/f.yaml", 1, 1), "first"),),
)
WHOLE_FILE = Problem(Mark("f.yaml"), "RW0005", "the file is empty", severity="warning")


def test_json_has_every_field() -> None:
    document = json.loads(format_json([PLAIN, WHOLE_FILE]))
    assert document["ramwright_problems"] == 1
    first, second = document["problems"]
    assert first == {
        "severity": "error",
        "code": "RW0101",
        "file": "a b/f.yaml",
        "line": 2,
        "column": 4,
        "end_column": 7,
        "what": "unknown key `100%`",
        "hint": "delete it",
        "related": [
            {"file": "a b/f.yaml", "line": 1, "column": 1, "end_column": None, "what": "first"}
        ],
    }
    assert second["severity"] == "warning"
    assert [second[key] for key in ("line", "column", "end_column", "hint")] == [None] * 4


def test_sarif_points_at_place_and_rule() -> None:
    run = json.loads(format_sarif([PLAIN, WHOLE_FILE]))["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["RW0005", "RW0101"]
    assert rules[1]["shortDescription"]["text"] == "An unknown key"
    first, second = run["results"]
    assert rules[first["ruleIndex"]]["id"] == first["ruleId"] == "RW0101"
    assert (first["level"], second["level"]) == ("error", "warning")
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "a%20b/f.yaml"},
        "region": {"startLine": 2, "startColumn": 4, "endColumn": 7},
    }
    assert first["relatedLocations"][0]["message"]["text"] == "first"
    assert first["message"]["text"] == "unknown key `100%`\nhint: delete it"
    assert "region" not in second["locations"][0]["physicalLocation"]
    assert json.loads(format_sarif([]))["runs"][0]["results"] == []


def test_github_commands_are_escaped() -> None:
    odd = Problem(Mark("a,b:c%.yaml", 2, 4, 7), "RW0101", "two\r\nlines, 100%")
    assert format_github([odd, WHOLE_FILE]) == (
        "::error file=a%2Cb%3Ac%25.yaml,line=2,col=4,endColumn=6,title=RW0101::"
        "two%0D%0Alines, 100%25\n"
        "::warning file=f.yaml,title=RW0005::the file is empty\n"
    )
    assert format_github([PLAIN]).count("\n") == 1
    assert "%0Aa b/f.yaml:1:1: first" in format_github([PLAIN])


ODD_NAMES = ["a\nb.yaml", "a\x1b[31mb.yaml", "b\u202ea.yaml", "\udcff.yaml", "a\r\u2028b.yaml"]


@pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
def test_a_file_of_any_name_is_one_line(name: str) -> None:
    where = Mark(name, 1, 1)
    odd = Problem(where, "RW0101", f"in {name}", f"see {name}", (Related(where, f"and {name}"),))
    text = format_text([odd], {name: ("ramwright: 1",)})
    assert len(text.splitlines()) == 7
    assert text.replace("\n", "").isprintable()
    assert text.startswith(f"{repr(name)[1:-1]}:1:1: error[RW0101]: in {repr(name)[1:-1]}")
    assert format_github([odd]).count("\n") == 1
    assert json.loads(format_json([odd]))["problems"][0]["file"] == name
    uri = json.loads(format_sarif([odd]))["runs"][0]["results"][0]["locations"][0]
    told = uri["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote(told, errors="surrogateescape") == name


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_every_bad_input_has_the_same_problems_in_all_formats(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent)
    recorded = path.with_suffix(".expect").read_text(encoding="utf-8")

    def output(form: str) -> str:
        status = cli.main(["check", path.name, "--format", form])
        assert status == (cli.PROBLEMS if "error[" in recorded else cli.OK)
        captured = capsys.readouterr()
        assert (captured.err if form != "text" else captured.out) == ""
        return captured.err if form == "text" else captured.out

    expected = re.findall(
        r"^(\S+?)(?::(\d+):(\d+))?: (?:error|warning|note)\[(\w+)\]", output("text"), re.M
    )
    problems = json.loads(output("json"))["problems"]
    assert [
        (p["file"], str(p["line"] or ""), str(p["column"] or ""), p["code"]) for p in problems
    ] == expected
    results = json.loads(output("sarif"))["runs"][0]["results"]
    assert [result["ruleId"] for result in results] == [code for *_, code in expected]
    assert len(output("github").splitlines()) == len(expected)


def test_nothing_but_the_document_goes_to_standard_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    good = ROOT / "tests" / "good" / "design_example.yaml"
    assert cli.main(["check", str(good), "--format", "json"]) == cli.OK
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert {problem["severity"] for problem in problems} == {"note"}
    assert cli.main(["generate", str(good), "-o", "out", "--check", "--format", "json"]) == 1
    assert {p["code"] for p in json.loads(capsys.readouterr().out)["problems"]} == {"RW0301"}
    arguments = ["generate", str(good), "-o", "out", "--list-outputs", "--format", "json"]
    assert cli.main(arguments) == cli.USAGE
    assert capsys.readouterr().out == ""


def test_problem_matcher_of_the_docs_finds_what_is_printed() -> None:
    text = (ROOT / "docs" / "editor.md").read_text(encoding="utf-8")
    block = re.search(r"```json\n(.*?)```", text, re.DOTALL)
    assert block is not None
    pattern = json.loads(block[1])["tasks"][0]["problemMatcher"]["pattern"]
    printed = format_text([PLAIN], {"a b/f.yaml": ("", "   100%: 2")})
    found = [match for line in printed.splitlines() if (match := re.match(pattern["regexp"], line))]
    assert len(found) == 1, "notes, excerpts and hints are not problems"
    names = ("file", "line", "column", "severity", "code", "message")
    assert [found[0][pattern[name]] for name in names] == [
        "a b/f.yaml", "2", "4", "error", "RW0101", "unknown key `100%`",
    ]  # fmt: skip
