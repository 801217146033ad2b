"""The source of REX as the architecture tests read it: files, their trees and the functions in them."""

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGES = ("rex_celery", "workers", "web")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its path from the checkout, its text and its tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    def functions(self) -> list[Function]:
        return [node for node in ast.walk(self.tree) if isinstance(node, Function)]

    def calls(self) -> list[ast.Call]:
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.Call)]


@cache
def sources(*folders: str) -> tuple[Source, ...]:
    """Every Python file of ours beneath these folders, or of all packages."""
    found = []
    for folder in folders or PACKAGES:
        for path in sorted((CHECKOUT / folder).rglob("*.py")):
            name = path.relative_to(CHECKOUT).as_posix()
            if "node_modules" not in name:
                text = path.read_text(encoding="utf-8")
                found.append(Source(name, text, ast.parse(text, name)))
    return tuple(found)


def name_of(called: ast.expr) -> str:
    """A dotted name as it is written, such as ``ledger.claim``; empty when it is no name."""
    return ast.unparse(called) if isinstance(called, ast.Name | ast.Attribute) else ""


def length(function: Function) -> int:
    """Lines from ``def`` to the last statement, without the docstring: what a reader must keep in mind."""
    first = function.body[0]
    last = function.end_lineno or function.lineno
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    words = (first.end_lineno or first.lineno) - first.lineno + 1 if documented else 0
    return last - function.lineno + 1 - words
