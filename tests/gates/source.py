"""The project's own Python files, parsed once, and how a gate names a place in them."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "ROOMS",
    "Definition",
    "Finding",
    "Function",
    "Module",
    "definitions",
    "parse",
    "project_modules",
]

ROOMS = ("media", "bridges", "scheduler", "mcp_servers", "server")
"""The five import roots; beside them stand tests, benchmarks and tools."""

_FOLDERS = (*ROOMS, "tests", "benchmarks", "tools")
_NOT_OURS = {"__pycache__", ".venv", "node_modules"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Module:
    """One file: its path from the project's root, its text, and the text parsed."""

    path: str
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """The first folder of the path."""
        return self.path.split("/", 1)[0]

    @property
    def is_product(self) -> bool:
        """Whether this is part of what is shipped."""
        return self.room in ROOMS


@dataclass(frozen=True, slots=True)
class Finding:
    """One place that breaks a rule."""

    gate: str
    place: str
    """`path::qualified.name`, which is stable when lines move."""
    line: int
    detail: str

    def __str__(self) -> str:
        return f"{self.gate}: {self.place} (line {self.line}): {self.detail}"


@dataclass(frozen=True, slots=True)
class Definition:
    """A function or class with its qualified name and the class it stands in, if any."""

    qualname: str
    node: Function | ast.ClassDef
    owner: ast.ClassDef | None


def parse(path: str, text: str) -> Module:
    """A module from its text; `path` says which rules apply to it."""
    return Module(path=path, text=text, tree=ast.parse(text))


def project_modules(root: Path) -> list[Module]:
    """Every Python file of the project, ordered by path."""
    found: list[Module] = []
    for folder in _FOLDERS:
        for directory, folders, files in os.walk(root / folder):
            folders[:] = sorted(set(folders) - _NOT_OURS)
            paths = (Path(directory, name) for name in sorted(files) if name.endswith(".py"))
            found += [
                parse(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
                for path in paths
            ]
    return found


def definitions(module: Module) -> Iterator[Definition]:
    """Every function and class of a module, nested ones too, outermost first."""
    yield from _inside(module.tree, "", None)


def _inside(parent: ast.AST, prefix: str, owner: ast.ClassDef | None) -> Iterator[Definition]:
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, ast.ClassDef):
            yield Definition(prefix + node.name, node, owner)
            yield from _inside(node, f"{prefix}{node.name}.", node)
        elif isinstance(node, Function):
            yield Definition(prefix + node.name, node, owner)
            yield from _inside(node, f"{prefix}{node.name}.", None)
        else:
            yield from _inside(node, prefix, owner)
