"""The page's scripts and styles: a browser of 2018 runs them, and none makes markup of text."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

import esprima
import pytest

from geoplan.maps import parts

ASSETS = {path.name: path for path in (files("geoplan.maps") / "assets").iterdir()}
OURS = sorted(name for name in ASSETS if name.endswith(".js"))
# what browsers learnt after 2018, and what turns text into markup or code
LATER = frozenset(
    {
        *("at", "flat", "flatMap", "fromEntries", "matchAll", "replaceAll", "allSettled"),
        *("structuredClone", "globalThis", "ResizeObserver", "queueMicrotask", "BigInt", "hasOwn"),
        *("replaceChildren", "toSorted", "findLast", "randomUUID", "WeakRef", "Temporal"),
    }
)
DOORS = frozenset(
    {
        *("innerHTML", "outerHTML", "insertAdjacentHTML", "write", "writeln", "eval", "Function"),
        *("createContextualFragment", "setHTML", "setHTMLUnsafe", "srcdoc", "DOMParser"),
    }
)
# ECMAScript 5: what the oldest browser of an office still parses
NEW_SYNTAX = frozenset(
    {
        *("ArrowFunctionExpression", "TemplateLiteral", "SpreadElement", "ClassDeclaration"),
        *("AwaitExpression", "YieldExpression", "ForOfStatement", "ObjectPattern", "ArrayPattern"),
        *("AssignmentPattern", "RestElement", "ImportDeclaration", "ClassExpression", "Import"),
    }
)


def nodes(tree: Any) -> Any:
    """Every node of a parsed script."""
    if isinstance(tree, list):
        for part in tree:
            yield from nodes(part)
    elif hasattr(tree, "type"):
        yield tree
        for value in vars(tree).values():
            yield from nodes(value)


def line(node: Any) -> int:
    """Line of a node; some that the parser makes up have none."""
    return node.loc.start.line if node.loc is not None else 0


@pytest.mark.parametrize("name", OURS)
def test_a_browser_of_2018_parses_and_knows_all_of_it(name: str) -> None:
    tree = esprima.parseScript(ASSETS[name].read_text(encoding="utf-8"), {"loc": True})
    for node in nodes(tree):
        where = f"{name}:{line(node)}"
        assert node.type not in NEW_SYNTAX, f"{where}: {node.type}"
        if node.type == "VariableDeclaration":
            assert node.kind == "var", f"{where}: {node.kind}"
        if node.type == "CallExpression" and node.callee.type == "MemberExpression":
            assert node.callee.property.name not in LATER, f"{where}: {node.callee.property.name}"
        if node.type == "Identifier":
            assert node.name not in LATER - {"at", "flat"}, f"{where}: {node.name}"


@pytest.mark.parametrize("text", ["a?.b;", "a ?? b;", "a ||= b;", "x = 1_000;", "class A { #x; }"])
def test_the_guard_refuses_newer_syntax(text: str) -> None:
    with pytest.raises(esprima.Error):
        esprima.parseScript(text)


@pytest.mark.parametrize("name", OURS)
def test_text_never_becomes_markup_or_code(name: str) -> None:
    for node in nodes(esprima.parseScript(ASSETS[name].read_text(encoding="utf-8"), {"loc": True})):
        if node.type in ("MemberExpression", "CallExpression", "NewExpression"):
            used = node.property if node.type == "MemberExpression" else node.callee
            assert getattr(used, "name", None) not in DOORS, f"{name}:{line(node)}"
            assert getattr(used, "value", None) not in DOORS, f"{name}:{line(node)}"


@pytest.mark.parametrize("kind", list(parts.SCRIPTS))
def test_a_whole_script_is_one_function_and_names_nothing_global(kind: parts.PageKind) -> None:
    tree = esprima.parseScript(parts.script(kind, "[]"))
    assert [node.type for node in tree.body] == ["ExpressionStatement"]
    esprima.parseScript(parts.GUARD)


def test_every_script_is_on_a_page() -> None:
    used = {f"{name}.js" for names in parts.SCRIPTS.values() for name in names}
    assert used == set(OURS)


@pytest.mark.parametrize("name", sorted(name for name in ASSETS if name.endswith(".css")))
def test_styles_are_of_2018_too(name: str) -> None:
    text = re.sub(r"/\*.*?\*/", "", ASSETS[name].read_text(encoding="utf-8"), flags=re.DOTALL)
    for new in (
        *(" gap:", "inset:", "aspect-ratio:", "clamp(", ":is(", ":where(", ":has(", "dvh"),
        *("@container", "@layer", "color-mix(", "place-items", ":focus-visible", "inset-inline"),
    ):
        assert new not in text, f"{name}: {new}"
