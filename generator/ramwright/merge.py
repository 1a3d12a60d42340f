# SPDX-License-Identifier: Apache-2.0
"""Trees into one tree: an included file under its prefix, a file after what it includes, a variant
over both, constants from the command line over all (docs/adr/0008-merging.md).

Nodes are moved, never copied as text, so each keeps the position it was written at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as Dict
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple

from ramwright.errors import Mark, Problem, Related
from ramwright.presets import is_preset
from ramwright.schema_parts import Schema, resolved
from ramwright.source import Broken, Entry, Mapping, Node, Null, Scalar, Sequence
from ramwright.wording import MOST_LISTED, did_you_mean, listed, shown

OBJECTS = ("buffers", "pools", "heaps", "slabs", "memheaps")
_NAMED = ("constants", "regions", *OBJECTS)  # whose keys are names that a file declares
_PREFIXED = ("constants", *OBJECTS)
_HARDWARE = ("origin", "size", "alias_of")  # what a preset says about a region, and no file besides
_OF_A_FILE = ("ramwright", "include", "variants")  # say nothing about the layout
COMMAND_LINE = "<command line>"


class Merged:
    """What files say together, in the order in which they are added."""

    def __init__(self, problems: list[Problem]) -> None:
        self.settings: dict[str, Entry] = {}
        self._places: dict[str, Entry] = {}  # of the groups
        self._groups: dict[str, dict[str, Entry]] = {key: {} for key in _NAMED}
        self._lost: set[str] = set()  # of the groups those of which some names are not known
        self._problems = problems

    def add_included(self, tree: Mapping, own: Mapping) -> None:
        """Adds an included file; `own` is the file that includes it, whose settings win."""
        for key, entry in tree.entries.items():
            first = self.settings.get(key)
            given = first is not None and not is_preset(first.where.file)
            settled = key in own.entries or key in _OF_A_FILE or key in self._groups
            if given and not settled:
                self._problem(
                    entry,
                    "RW0407",
                    f"two included files give `{key}`",
                    "say in the including file which it is",
                    first,
                )
        self.add(tree)

    def add(self, tree: Mapping) -> None:
        """Adds what `tree` says, over what is there."""
        for key, entry in tree.entries.items():
            if key in self._groups and isinstance(entry.value, Mapping):
                self._places.setdefault(key, entry)
                self._lost |= {key} if entry.value.lost else set()
                for named in entry.value.entries.values():
                    self._declare(key, named)
            elif key in self._groups:
                self._lost.add(key)
                self.settings[key] = entry
            elif key == "target" and key in self.settings:
                self.settings[key] = self._target(self.settings[key], entry)
            elif key not in _OF_A_FILE:
                self.settings[key] = entry

    def tree(self, version: Entry | None, where: Mark) -> Mapping:
        """All of it as one file that begins at `where`."""
        entries = {"ramwright": version} if version else {}
        entries |= self.settings
        for key, place in self._places.items():
            group = Mapping(self._groups[key], place.value.where, key in self._lost)
            entries[key] = Entry(key, place.where, group)
        return Mapping(entries, where)

    def _target(self, old: Entry, new: Entry) -> Entry:
        """The target `new`, over one that may name a device: that is kept and not contradicted."""
        if not isinstance(old.value, Mapping) or not isinstance(new.value, Mapping):
            return new
        known = old.value.entries
        if "device" not in known:
            return new
        for key, entry in new.value.entries.items():
            if key not in known or _same(known[key], entry):
                continue
            what = f"`{key}: {_text(entry)}`, but device `{_text(known['device'])}` is declared"
            hint = f"it has `{key}: {_text(known[key])}`; delete one of the two"
            where = entry._replace(where=entry.value.where)
            self._problem(where, "RW0414", what, hint, known["device"])
        return new._replace(value=new.value._replace(entries={**known, **new.value.entries}))

    def _added(self, region: Entry, entry: Entry) -> Entry:
        """The preset's `region` with what `entry` says about it; the hardware is not changed."""
        if not isinstance(region.value, Mapping) or not isinstance(entry.value, Mapping):
            return region
        known = region.value.entries
        for key, said in entry.value.entries.items():
            if key in _HARDWARE and not (key in known and _same(known[key], said)):
                what = f"`{key}` of region `{shown(region.key)}` is the device's to say"
                hint = "delete it; or declare the region anew, whole and with `override: true`"
                where = said._replace(where=said.value.where)
                self._problem(where, "RW0415", what, hint, known.get(key, region))
        return region._replace(
            value=region.value._replace(entries={**known, **entry.value.entries})
        )

    def _declare(self, group: str, entry: Entry) -> None:
        entry, overrides = _without_override(entry)
        name = entry.key
        rivals = OBJECTS if group in OBJECTS else (group,)
        holder = next((g for g in rivals if name in self._groups[g]), None)
        if holder is None and overrides:
            self._problem(
                entry,
                "RW0406",
                f"`{shown(name)}` overrides nothing",
                did_you_mean(name, self._groups[group])
                or "delete `override`, or include the file that declares the name before",
            )
        elif (
            group == holder == "regions"
            and not overrides
            and is_preset(self._groups[group][name].where.file)
        ):
            entry = self._added(self._groups[group][name], entry)
        elif holder == group and not overrides:
            hint = (
                "give it in `constants` of the include"
                if group == "constants"
                else "rename one, include with a `prefix`, or write `override: true` in the later"
            )
            first = self._groups[group][name]
            self._problem(entry, "RW0405", f"`{shown(name)}` is declared twice", hint, first)
            return
        elif holder is not None and holder != group and overrides:
            del self._groups[holder][name]
        self._groups[group][name] = entry

    def _problem(
        self, entry: Entry, code: str, what: str, hint: str, first: Entry | None = None
    ) -> None:
        related = (Related(first.where, "first here"),) if first else ()
        self._problems.append(Problem(entry.where, code, what, hint, related))


def _same(one: Entry, other: Entry) -> bool:
    """Whether both say the same text; numbers are not evaluated."""
    return _text(one).lower() == _text(other).lower() != ""


def _text(entry: Entry) -> str:
    return shown(str(entry.value.value)) if isinstance(entry.value, Scalar) else ""


def with_device(preset: Mapping, device: Entry) -> Mapping:
    """`preset` as what `device`, an entry of `target`, stands for."""
    target = preset.entries["target"]
    assert isinstance(target.value, Mapping), "presets are sound"
    named = target.value._replace(entries={"device": device, **target.value.entries})
    return preset._replace(entries={**preset.entries, "target": target._replace(value=named)})


def _without_override(entry: Entry) -> tuple[Entry, bool]:
    if not isinstance(entry.value, Mapping) or "override" not in entry.value.entries:
        return entry, False
    override = entry.value.entries["override"].value
    entries = {k: e for k, e in entry.value.entries.items() if k != "override"}
    meant = isinstance(override, Scalar) and override.value is True
    return entry._replace(value=entry.value._replace(entries=entries)), meant


class Inclusion(NamedTuple):
    """One item of `include`, read."""

    file: Scalar
    prefix: str = ""
    regions: Dict[str, Entry] = MappingProxyType({})
    constants: Dict[str, Entry] = MappingProxyType({})

    @property
    def adapts(self) -> bool:
        """Whether the file means something else here than where it is included as it is."""
        return bool(self.prefix or self.regions or self.constants)


def inclusions(tree: Mapping) -> Iterator[Inclusion]:
    """The files that `tree` includes; what is at fault is passed over."""
    listed = tree.entries.get("include")
    for item in listed.value.items if listed and isinstance(listed.value, Sequence) else ():
        if isinstance(item, Scalar):
            yield Inclusion(item)
        elif isinstance(item, Mapping):
            file, prefix = (_scalar(item, key) for key in ("file", "prefix"))
            if file is not None:
                regions, constants = _entries(item, "regions"), _entries(item, "constants")
                yield Inclusion(file, str(prefix.value) if prefix else "", regions, constants)


def _scalar(tree: Mapping, key: str) -> Scalar | None:
    entry = tree.entries.get(key)
    return entry.value if entry and isinstance(entry.value, Scalar) else None


def _entries(tree: Mapping, key: str) -> Dict[str, Entry]:
    entry = tree.entries.get(key)
    return entry.value.entries if entry and isinstance(entry.value, Mapping) else {}


def adapted(tree: Mapping, how: Inclusion, schema: Schema, problems: list[Problem]) -> Mapping:
    """`tree`, an included file, as `how` wants it."""
    if not how.adapts:
        return tree
    renamer = _Renamer(tree, how, schema)
    renamed = renamer.node(tree, schema)
    assert isinstance(renamed, Mapping)
    problems += _unused_regions(tree, how, renamer.regions_met)
    return _with_constants(renamed, how, problems)


def _unused_regions(tree: Mapping, how: Inclusion, met: set[str]) -> Iterator[Problem]:
    own = _entries(tree, "regions")
    file = shown(str(how.file.value))
    for name, entry in how.regions.items():
        if name in own:
            what = f"`{file}` declares region `{shown(name)}` itself"
            declared = (Related(own[name].where, "declared here"),)
            yield Problem(entry.where, "RW0408", what, "delete it here or there", declared)
        elif name not in met:
            what = f"`{file}` has no region `{shown(name)}`"
            yield Problem(entry.where, "RW0408", what, did_you_mean(name, met - set(own)))


def _with_constants(tree: Mapping, how: Inclusion, problems: list[Problem]) -> Mapping:
    """`tree` with the values that the including file gives to its constants."""
    declared = dict(_entries(tree, "constants"))
    for name, entry in how.constants.items():
        known = declared.get(how.prefix + name)
        if known is None:
            what = f"`{shown(str(how.file.value))}` has no constant `{shown(name)}`"
            names = [other.removeprefix(how.prefix) for other in declared]
            problems.append(Problem(entry.where, "RW0408", what, did_you_mean(name, names)))
        else:
            declared[known.key] = known._replace(value=entry.value)
    return _with_group(tree, "constants", declared)


def _with_group(tree: Mapping, key: str, entries: dict[str, Entry]) -> Mapping:
    group = tree.entries.get(key)
    if group is None or not isinstance(group.value, Mapping):
        return tree
    changed = group._replace(value=group.value._replace(entries=entries))
    return tree._replace(entries={**tree.entries, key: changed})


class _Renamer:
    """One walk over an included tree; the schema says which words are names of what."""

    def __init__(self, tree: Mapping, how: Inclusion, schema: Schema) -> None:
        self.regions_met: set[str] = set()
        self._how = how
        self._schema = schema
        self._objects = {name for key in OBJECTS for name in _entries(tree, key)}
        self._rules: dict[int, Schema] = {}

    def node(self, node: Node, part: Schema) -> Node:
        rule = self._rules.get(id(part))
        if rule is None:
            rule = self._rules[id(part)] = resolved(self._schema, part)
        if isinstance(node, Mapping):
            return self._mapping(node, rule)
        if isinstance(node, Sequence):
            return node._replace(items=tuple(self.node(i, rule["items"]) for i in node.items))
        return self._scalar(node, rule) if isinstance(node, Scalar) else node

    def _mapping(self, node: Mapping, rule: Schema) -> Mapping:
        entries = {}
        for key, entry in node.entries.items():
            part = rule.get("properties", {}).get(key, rule.get("additionalProperties"))
            value = self.node(entry.value, part)
            if rule is self._rules[id(self._schema)] and key in _PREFIXED:
                value = self._prefixed(value)
            entries[key] = entry._replace(value=value)
        return node._replace(entries=entries)

    def _prefixed(self, group: Node) -> Node:
        if not isinstance(group, Mapping):
            return group
        names = {self._how.prefix + name: entry for name, entry in group.entries.items()}
        return group._replace(entries={n: e._replace(key=n) for n, e in names.items()})

    def _scalar(self, node: Scalar, rule: Schema) -> Scalar:
        kind, name = rule.get("x-ramwright-reference"), node.value
        if "x-ramwright-expression" in rule and self._how.prefix:
            return node._replace(scope=(*(self._how.prefix + s for s in node.scope), ""))
        if kind == "region" and isinstance(name, str):
            self.regions_met.add(name)
            given = self._how.regions.get(name)
            return given.value if given and isinstance(given.value, Scalar) else node
        if kind is not None and name in self._objects:
            return node._replace(value=f"{self._how.prefix}{name}")
        return node


def overlaid(base: Mapping, overlay: Mapping, problems: list[Problem]) -> Mapping:
    """`base` as the variant `overlay` changes it."""
    entries = dict(base.entries)
    for key, entry in overlay.entries.items():
        old = entries.get(key)
        if isinstance(entry.value, Null):
            if old is None:
                what = f"there is no `{shown(key)}` to delete"
                problems.append(Problem(entry.where, "RW0409", what, did_you_mean(key, entries)))
            entries.pop(key, None)
        elif old is None:
            entries[key] = entry._replace(value=_without_nulls(entry.value, problems))
        elif isinstance(old.value, Mapping) and isinstance(entry.value, Mapping):
            entries[key] = old._replace(value=overlaid(old.value, entry.value, problems))
        else:
            entries[key] = old._replace(value=_without_nulls(entry.value, problems))
    return base._replace(entries=entries)


def slips(base: Mapping, overlay: Mapping) -> Dict[Mark, str]:
    """Of the names that `overlay` adds to the groups of `base` those that are near one declared
    there, which may be meant: where they stand, and a question that names the other."""
    found = {}
    for group in overlay.entries:
        known = _entries(base, group)
        for name, entry in _entries(overlay, group).items():
            if name not in known and (hint := did_you_mean(name, known)):
                found[entry.where] = hint
    return found


def _without_nulls(node: Node, problems: list[Problem]) -> Node:
    """`node`, which is new: it has nothing to delete."""
    if not isinstance(node, Mapping):
        return node
    return overlaid(node._replace(entries={}), node, problems)


def with_variant(
    tree: Mapping, variants: Dict[str, Entry], name: str, where: Mark
) -> tuple[Mapping, list[Problem]]:
    """`tree` in the variant `name`, which was asked for at `where`."""
    problems: list[Problem] = []
    if name not in variants:
        hint = did_you_mean(name, variants) or (
            f"it has {listed(islice(variants, MOST_LISTED))}"
            if variants
            else "the config has no `variants`"
        )
        return tree, [Problem(where, "RW0410", f"there is no variant `{shown(name)}`", hint)]
    overlay = variants[name].value
    if not isinstance(overlay, Mapping):
        return tree, problems
    changed = overlaid(tree, overlay, problems)
    return changed, [*problems, *_idle_constants(tree, overlay, changed)]


def _idle_constants(base: Mapping, overlay: Mapping, changed: Mapping) -> Iterator[Problem]:
    """The constants that `overlay` adds to `base` and that nothing in `changed`, the two together,
    uses. What an overlay adds may have constants of its own; these are misspelt."""
    known = _entries(base, "constants")
    added = {n: e for n, e in _entries(overlay, "constants").items() if n not in known}
    used = _used(changed, _entries(changed, "constants")) if added else set()
    for name, entry in added.items():
        if name not in used and not isinstance(entry.value, Null):
            what = f"`{shown(name)}` changes nothing: no constant of this name is declared or used"
            hint = did_you_mean(name, known) or "declare it in `constants` of the layout"
            yield Problem(entry.where, "RW0416", what, hint)


_WORD = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def _used(node: Node, declared: Dict[str, Entry]) -> set[str]:
    """The constants of `declared` that the values of `node` name, variants left out."""
    if isinstance(node, Scalar):
        words = _WORD.findall(node.value) if isinstance(node.value, str) else ()
        found = (next((p + w for p in node.scope if p + w in declared), "") for w in words)
        return set(found)
    if isinstance(node, Sequence):
        return set[str]().union(*(_used(item, declared) for item in node.items))
    entries = node.entries.items() if isinstance(node, Mapping) else ()
    inner = (_used(entry.value, declared) for key, entry in entries if key != "variants")
    return set[str]().union(*inner)


_DEFINE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.+)", re.ASCII)
_OPTION = "-D "


def define_line(define: str) -> str:
    """How `define` is shown where it is at fault."""
    return f"{_OPTION}{define}"


def with_defines(tree: Mapping, defines: Dict[int, str]) -> tuple[Mapping, list[Problem]]:
    """`tree` with constants as given on the command line: NAME=VALUE, by line."""
    constants, problems = dict(_entries(tree, "constants")), []
    group = tree.entries["constants"].value if "constants" in tree.entries else None
    in_doubt = isinstance(group, Broken) or (isinstance(group, Mapping) and group.lost)
    for line, define in defines.items():
        where = Mark(COMMAND_LINE, line, len(_OPTION) + 1, len(_OPTION) + 1 + len(define))
        match = _DEFINE.fullmatch(define)
        if match is None:
            what = f"`{shown(define)}` does not have the form NAME=VALUE"
            problems.append(Problem(where, "RW0411", what))
            continue
        name, column = match[1], where.column + match.start(2)
        if name not in constants and in_doubt:
            continue  # what may have declared it has been reported
        if name not in constants:
            what = f"there is no constant `{shown(name)}` to give a value to"
            hint = did_you_mean(name, constants) or "declare it under `constants`"
            problems.append(Problem(where, "RW0411", what, hint))
            continue
        place = Mark(COMMAND_LINE, line, column, where.end_column)
        constants[name] = constants[name]._replace(value=Scalar(match[2], place, column))
    return _with_group(tree, "constants", constants), problems
