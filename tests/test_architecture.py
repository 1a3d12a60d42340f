# SPDX-License-Identifier: Apache-2.0
"""What keeps the house in order: which module may import which, what a template may do, what the
comment of a public function says, what no file contains.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from ramwright import assets

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "generator" / "ramwright"
TEMPLATES = sorted(assets.path("templates").glob("*.j2"))
# Public headers; what stands in ports/ fulfils the contracts of port.h.
HEADERS = sorted((assets.path("include") / "ramwright").glob("*.h"))

# Which floor a module stands on; those not named are back ends.
FLOORS = {
    "ground": {
        "__init__", "abi", "assets", "characters", "cnames", "depfile", "elf", "errors", "files",
        "presets", "ranges", "structs", "units", "wording",
    },
    "model": {"model"},
    "layout": {"layout"},
    "plan": {"placement", "planner", "sizing"},
    "front": {
        "blame", "device_list", "effective", "include", "load", "merge", "probe", "reference",
        "rules", "schema", "schema_parts", "source",
    },
    "cli": {"cli", "config_options", "init_options", "__main__"},
}  # fmt: skip
MAY_IMPORT = {
    "ground": {"ground"},
    "model": {"ground"},
    "layout": {"ground", "model"},
    "plan": {"ground", "model", "layout", "plan"},
    "front": {"ground", "model", "plan", "front"},
    "back": {"ground", "model", "layout", "back"},
    "cli": {"ground", "model", "layout", "plan", "front", "back", "cli"},
}


def _module(path: Path) -> str:
    """Name within the package: load, rules.fields; a package has its own name."""
    name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    return name.removesuffix(".__init__")


MODULES = {_module(path): path for path in PACKAGE.rglob("*.py")}


def _floor(module: str) -> str:
    top = module.partition(".")[0]
    return next((floor for floor, members in FLOORS.items() if top in members), "back")


def _imported(text: str) -> Iterator[str]:
    """Modules of the package that `text` imports, at its top or within a function."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            package, _, rest = name.partition(".")
            if package == "ramwright":
                parts = rest.split(".")
                prefixes = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
                yield next((name for name in prefixes if name in MODULES), "__init__")


def _graph() -> dict[str, set[str]]:
    return {
        module: set(_imported(path.read_text(encoding="utf-8"))) for module, path in MODULES.items()
    }


def _circle(graph: Mapping[str, Iterable[str]]) -> list[str]:
    """Modules that import each other, in a ring; empty where there is none."""
    done: set[str] = set()

    def visit(module: str, trail: list[str]) -> list[str]:
        if module in trail:
            return [*trail[trail.index(module) :], module]
        if module in done:
            return []
        done.add(module)
        rings = (visit(name, [*trail, module]) for name in graph[module])
        return next((ring for ring in rings if ring), [])

    return next((ring for ring in (visit(module, []) for module in graph) if ring), [])


def _wrong_imports(graph: Mapping[str, Iterable[str]]) -> list[str]:
    return [
        f"{module} ({_floor(module)}) imports {name} ({_floor(name)})"
        for module, names in graph.items()
        for name in names
        if _floor(name) not in MAY_IMPORT[_floor(module)]
    ]


def test_imports_point_down() -> None:
    assert not _wrong_imports(_graph())


def test_no_circle() -> None:
    assert not _circle(_graph())


def test_wrong_imports_are_seen() -> None:
    assert list(_imported("def f():\n    from ramwright.rules.fields import x\n")) == [
        "rules.fields"
    ]
    assert list(_imported("from ramwright import assets, __version__")) == ["assets", "__init__"]
    assert _wrong_imports({"model": {"source"}})
    assert _wrong_imports({"render": {"load"}})
    assert _circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert not _circle({"a": {"b", "c"}, "b": {"c"}, "c": set()})


def test_only_cli_prints() -> None:
    for module, path in MODULES.items():
        calls = (
            node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
        )
        names = {call.func.id for call in calls if isinstance(call.func, ast.Name)}
        assert _floor(module) == "cli" or not names & {"print", "exit", "input"}, module


def test_packages_are_all_declared() -> None:
    declared = (ROOT / "pyproject.toml").read_text()
    for package in PACKAGE.rglob("__init__.py"):
        name = ".".join(package.parent.relative_to(PACKAGE.parent).parts)
        assert f'"{name}"' in declared, f"{name} is missing from the wheel"


def _template_faults(text: str) -> list[str]:
    """Statements and expressions that compute: a template loops, prints and tests a boolean."""
    faults = []
    for tag in re.findall(r"\{%-?(.*?)-?%\}", text, re.DOTALL):
        words = tag.split()
        if words[0] not in {"for", "endfor", "if", "elif", "else", "endif", "extends", "block",
                            "endblock", "include"}:  # fmt: skip
            faults.append(tag.strip())
        if re.search(r"[-+*/%~<>]|==|!=|\bnamespace\b", tag.partition("#")[0]):
            faults.append(tag.strip())
    for expression in re.findall(r"\{\{-?(.*?)-?\}\}", text, re.DOTALL):
        if re.search(r"[-+*/%~<>]|\bif\b", re.sub(r"(['\"]).*?\1", "", expression)):
            faults.append(expression.strip())
    return faults


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_only_print(template: Path) -> None:
    assert not _template_faults(template.read_text(encoding="utf-8"))


def test_computing_templates_are_seen() -> None:
    for text in ("{{ a + 1 }}", "{% set x = 1 %}", "{% if a == 2 %}", "{% do x %}", "{{ a if b }}"):
        assert _template_faults(text), text
    assert not _template_faults(
        "{% for a in b %}{{ a.name }}{% if a.last %},{% endif %}{% endfor %}"
    )


_PROTOTYPE = re.compile(
    r"^(?P<comment>/\*(?:(?!\*/).)*\*/\n)?(?!typedef|static|extern|#|RW_)"
    r"(?P<text>[a-z][\w \*]*?\b(?P<name>rw_\w+)\([^;{]*\);)",
    re.MULTILINE | re.DOTALL,
)


def _undocumented(header: str) -> list[str]:
    """Public functions whose comment does not say what they cost and where they may be called."""
    return [
        match["name"]
        for match in _PROTOTYPE.finditer(header)
        if not all(
            re.search(rf"\b{word}\b[^.]*:", match["comment"] or "")
            for word in ("Time", "ISR", "Blocks")
        )
    ]


@pytest.mark.parametrize("header", HEADERS, ids=lambda path: path.name)
def test_public_functions_say_what_they_cost(header: Path) -> None:
    assert not _undocumented(header.read_text(encoding="utf-8"))


def test_prototypes_are_found() -> None:
    text = "\n".join(header.read_text(encoding="utf-8") for header in HEADERS)
    found = {match["name"] for match in _PROTOTYPE.finditer(text)}
    assert found >= {
        "rw_pool_alloc",
        "rw_heap_realloc",
        "rw_slab_stats",
        "rw_layout_free",
        "rw_on_fault",
    }
    assert _undocumented("/* Time: O(1). ISR: yes. */\nvoid rw_x(int a);\n") == ["rw_x"]
    assert _undocumented("\nvoid *rw_x(void);\n") == ["rw_x"]
    assert not _undocumented("/* Time: O(1). ISR, Blocks: no. */\nvoid rw_x(void);\n")


def _files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


TOP_LEVEL = {
    "generator", "templates", "schemas", "runtime", "examples", "tests", "docs", "bench",
    "pyproject.toml", "README.md", "Makefile", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE",
}  # fmt: skip


def test_top_level_is_short() -> None:
    tops = {path.relative_to(ROOT).parts[0] for path in _files()}
    assert {top for top in tops if not top.startswith(".")} <= TOP_LEVEL


# Spelled so that this file does not contain them.
MACHINE = re.compile("/" + r"(?:home|root|Users|tmp|work)/\w|[A-Z]:" + r"\\Users")
DATE = re.compile(r"\b20[2-9]\d-[01]\d-[0-3]\d[T ][0-2]\d:")
REGISTRY = re.compile(r"pypi\.o" + r"rg|deb\.deb" + r"ian\.o" + r"rg|files\.pythonho" + r"sted")


def test_no_file_knows_this_machine_or_this_hour() -> None:
    for path in _files():
        text = path.read_text(encoding="utf-8", errors="replace")
        for pattern in (MACHINE, DATE, REGISTRY):
            found = pattern.search(text)
            assert not found, f"{path.relative_to(ROOT)}: {found and found[0]}"


SOURCES = {".py", ".c", ".h", ".S", ".ld", ".cmake", ".mk", ".yaml", ".toml"}


def test_sources_name_their_licence() -> None:
    for path in _files():
        if path.suffix in SOURCES and not {"golden", "bad", "good", "slips"} & set(path.parts):
            head = path.read_text(encoding="utf-8")[:200]
            assert not head or "SPDX-License-Identifier: Apache-2.0" in head, path.relative_to(ROOT)
