# SPDX-License-Identifier: Apache-2.0
"""The front of the generator: from a file to a Config, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ramwright.characters import MAX_BYTES
from ramwright.errors import Mark, Problem, has_errors, in_order, shortened
from ramwright.include import Tree, tree_of
from ramwright.merge import COMMAND_LINE, define_line, slips, with_defines, with_variant
from ramwright.model import Config
from ramwright.probe import measured
from ramwright.rules import config_of
from ramwright.rules.space import OVERFLOW
from ramwright.schema import language, shaped
from ramwright.source import Entry
from ramwright.source import Mapping as Root
from ramwright.wording import shown

MAX_CHECKED = 150_000  # keys and values of all variants together

Sources = Mapping[str, tuple[str, ...]]  # lines of each file, by the name problems show it under


class Request(NamedTuple):
    """What the command line says about a config."""

    variant: str | None = None
    defines: tuple[str, ...] = ()  # NAME=VALUE
    root: Path | None = None  # how far inclusions may reach; by default the checkout
    compiler: str | None = None  # command that compiles C, with flags: measures types

    @property
    def lines(self) -> tuple[str, ...]:
        """The command line, an option a line, as problems show it."""
        variant = f"{_VARIANT}{self.variant}" if self.variant is not None else ""
        return (variant, *map(define_line, self.defines))


_VARIANT = "--variant "
NOTHING = Request()


class _Understood(NamedTuple):
    """One variant of a config, its tree included."""

    root: Root | None
    config: Config | None
    problems: tuple[Problem, ...]


def load(
    path: Path, shown_as: str, request: Request = NOTHING
) -> tuple[Config | None, tuple[Problem, ...], Sources]:
    """The config in the file at `path`, which problems call `shown_as`.

    The config is None where there are errors, save where the only errors are regions that
    overflow: such a config can be drawn, by how much it overflows included, but not generated.
    Raises OSError where the file cannot be read, MissingCompilerError."""
    return _config(_tree(path, shown_as, request), shown_as, request)


def understood(
    data: bytes, shown_as: str, request: Request = NOTHING
) -> tuple[Config | None, tuple[Problem, ...], Sources]:
    """The config in `data`; otherwise as load()."""
    return _config(tree_of(data, Path(shown_as), shown_as, request.root), shown_as, request)


def load_all_variants(
    path: Path, shown_as: str, request: Request = NOTHING
) -> tuple[tuple[Config, ...], tuple[Problem, ...], Sources]:
    """The config and each of its variants, as far as they are sound, and what is wrong with any.

    Otherwise as load()."""
    tree = _tree(path, shown_as, request)
    sources = _sources(tree, request)
    base = _variant(tree, shown_as, request)
    configs, known = [base.config], set(base.problems)
    problems = list(base.problems)
    variants = tree.variants if tree.root is not None else {}
    if too_many := _too_many(tree.values, variants):
        problems.append(too_many)
        variants = {}
    for name in variants:
        one = _variant(tree, shown_as, request._replace(variant=name), base)
        configs.append(one.config)
        own = [p for p in one.problems if p not in known]
        problems += [p._replace(what=f"{p.what} (variant `{shown(name)}`)") for p in own]
    sound = tuple(config for config in configs if config is not None)
    return sound, shortened(in_order(problems)), sources


def _too_many(values: int, variants: Mapping[str, Entry]) -> Problem | None:
    """Why not all of `variants` are checked, for each is as much work as the whole again."""
    if not variants or values * (1 + len(variants)) <= MAX_CHECKED:
        return None
    what = f"{len(variants)} variants of {values} keys and values are too many to check together"
    hint = "name one at a time with `--variant`"
    return Problem(next(iter(variants.values())).where, "RW0004", what, hint)


def merged(
    path: Path, shown_as: str, request: Request = NOTHING
) -> tuple[Root | None, Config | None, tuple[Problem, ...], Sources]:
    """The tree of all files and overlays that load() makes a config of, and what it returns."""
    tree = _tree(path, shown_as, request)
    one = _variant(tree, shown_as, request)
    return one.root, one.config, shortened(one.problems), _sources(tree, request)


def _tree(path: Path, shown_as: str, request: Request) -> Tree:
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)  # the rest of a larger file is nobody's business
    return tree_of(data, path, shown_as, request.root)


def _sources(tree: Tree, request: Request) -> Sources:
    return {**tree.lines, COMMAND_LINE: request.lines}


def _config(
    tree: Tree, shown_as: str, request: Request
) -> tuple[Config | None, tuple[Problem, ...], Sources]:
    one = _variant(tree, shown_as, request)
    return one.config, shortened(one.problems), _sources(tree, request)


def _variant(
    tree: Tree, shown_as: str, request: Request, base: _Understood | None = None
) -> _Understood:
    """The one variant of `tree` that is requested; `base` is the tree without, if it has been
    looked at."""
    problems = list(tree.problems)
    root = _overlaid(tree, request, problems)
    config = None
    if root is not None:
        sizes, probe_problems = measured(root, Path(shown_as).parent, request.compiler)
        config, rule_problems = config_of(root, shown_as, sizes)
        problems += [*probe_problems, *rule_problems]
        if config is not None:
            files = (*tree.files, *sizes.headers)
            config = config._replace(variant=request.variant, files=files)
    drawable = not has_errors(p for p in problems if p.code != OVERFLOW)
    if root is not None and any(p.code == OVERFLOW for p in problems):
        overlay = tree.variants.get(request.variant or "")
        if overlay is not None and isinstance(overlay.value, Root):
            base = base or _variant(tree, shown_as, request._replace(variant=None))
            problems = list(_blamed(problems, base, root, overlay.value, config))
    asked = _with_slips(in_order(problems), tree, request.variant)
    return _Understood(root, config if drawable else None, tuple(asked))


def _blamed(
    problems: Iterable[Problem], base: _Understood, root: Root, overlay: Root, config: Config | None
) -> Iterator[Problem]:
    """`problems` in `root`, with overflows that only `overlay` makes at its lines."""
    from ramwright.blame import Blame  # paid by mistakes only

    known = set(base.problems)
    blame = Blame(root, overlay, config, base.config)
    for problem in problems:
        own = problem.code == OVERFLOW and problem not in known
        yield blame.of(problem) if own else problem


def _overlaid(tree: Tree, request: Request, problems: list[Problem]) -> Root | None:
    """The tree with what the command line asks for, of the shape of a whole layout."""
    root = tree.root
    if root is None:
        return None
    if request.variant is not None:
        column = len(_VARIANT) + 1
        where = Mark(COMMAND_LINE, 1, column, column + len(request.variant))
        root, unmatched = with_variant(root, tree.variants, request.variant, where)
        problems += unmatched
    entries = {key: entry for key, entry in root.entries.items() if key != "variants"}
    root = root._replace(entries=entries)
    root, unknown = with_defines(root, dict(enumerate(request.defines, start=2)))
    problems += unknown
    if len(tree.files) == 1 and request.variant is None:
        return root  # has been looked at as a whole
    whole, found = shaped(root, language())
    problems += found
    return whole


def _with_slips(found: Iterable[Problem], tree: Tree, variant: str | None) -> Iterator[Problem]:
    """`found`, asking of an incomplete object that a variant adds whether another is meant; what
    else it lacks is not said before that is known."""
    overlay = tree.variants[variant].value if variant and variant in tree.variants else None
    meant = slips(tree.root, overlay) if tree.root and isinstance(overlay, Root) else {}
    asked: set[Mark] = set()
    for problem in found:
        slip = meant.get(problem.where)
        if slip and problem.where in asked:
            continue
        if slip and problem.code == "RW0103":
            asked.add(problem.where)
            problem = problem._replace(hint=f"{slip} Else {problem.hint}")
        yield problem
