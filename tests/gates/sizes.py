"""Gates on size and shape: functions, modules, classes, arguments, nesting, inheritance."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from tests.gates.source import Definition, Finding, Function, Module, definitions

__all__ = [
    "argument_count",
    "class_attributes",
    "class_methods",
    "function_length",
    "inheritance_depth",
    "module_length",
    "nesting_depth",
]

LONGEST_FUNCTION = 60
LONGEST_MODULE = 400
MOST_ATTRIBUTES = 12
MOST_PUBLIC_METHODS = 15
MOST_POSITIONAL = 4
DEEPEST_NESTING = 3

_OPEN_ROOTS = {
    "Protocol", "Exception", "BaseException", "ExceptionGroup", "BaseModel", "BaseSettings",
    "DeclarativeBase", "Enum", "StrEnum", "IntEnum", "Flag", "IntFlag", "NamedTuple", "TypedDict",
    "Generic", "WSListener", "Struct",
}  # fmt: skip
"""Bases that exist to be inherited from; what stands on them has no depth of its own."""

_BLOCKS = (
    ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar,
    ast.Match,
)  # fmt: skip


def function_length(module: Module) -> Iterator[Finding]:
    """No function longer than sixty lines, its docstring included."""
    for definition in definitions(module):
        node = definition.node
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if isinstance(node, Function) and lines > LONGEST_FUNCTION:
            yield _at("function-length", module, definition, f"{lines} lines")


def module_length(module: Module) -> Iterator[Finding]:
    """No module longer than four hundred lines."""
    lines = len(module.text.splitlines())
    if lines > LONGEST_MODULE:
        yield Finding("module-length", f"{module.path}::", 1, f"{lines} lines")


def class_attributes(module: Module) -> Iterator[Finding]:
    """At most twelve attributes; a mapped table has as many as its table has columns."""
    for definition in definitions(module):
        node = definition.node
        if not isinstance(node, ast.ClassDef) or _is_table(node):
            continue
        names = _fields(node) | _assigned_on_self(node)
        if len(names) > MOST_ATTRIBUTES:
            yield _at("class-attributes", module, definition, f"{len(names)} attributes")


def class_methods(module: Module) -> Iterator[Finding]:
    """At most fifteen public methods."""
    for definition in definitions(module):
        node = definition.node
        if not isinstance(node, ast.ClassDef):
            continue
        public = {
            member.name
            for member in node.body
            if isinstance(member, Function) and not member.name.startswith("_")
        }
        if len(public) > MOST_PUBLIC_METHODS:
            yield _at("class-methods", module, definition, f"{len(public)} public methods")


def argument_count(module: Module) -> Iterator[Finding]:
    """At most four positional arguments; a test's are fixtures, which pytest gives by name."""
    for definition in definitions(module):
        node = definition.node
        if not isinstance(node, Function) or _gets_fixtures(node):
            continue
        names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
        bound = definition.owner is not None and names[:1] in (["self"], ["cls"])
        count = len(names) - bound
        if count > MOST_POSITIONAL:
            yield _at("argument-count", module, definition, f"{count} positional arguments")


def nesting_depth(module: Module) -> Iterator[Finding]:
    """Blocks nest at most three deep; a function starts anew.

    `elif` and `case` add nothing, nor does a `try` around nothing but a `with`: a deadline and what
    happens when it passes are one thing.
    """
    for definition in definitions(module):
        if isinstance(definition.node, Function):
            depth = _depth(definition.node.body)
            if depth > DEEPEST_NESTING:
                yield _at("nesting", module, definition, f"{depth} blocks deep")


def inheritance_depth(modules: Iterable[Module]) -> Iterator[Finding]:
    """One level of inheritance among our own classes."""
    known = [
        (module, definition, definition.node)
        for module in modules
        for definition in definitions(module)
        if isinstance(definition.node, ast.ClassDef)
    ]
    bases = {node.name: _base_names(node) for _, _, node in known}
    for module, definition, node in known:
        if _is_open(node.name, bases, ()):
            continue
        grandparents = [base for base in bases[node.name] if bases.get(base)]
        if grandparents:
            detail = f"{grandparents[0]} inherits already"
            yield _at("inheritance", module, definition, detail)


def _at(gate: str, module: Module, definition: Definition, detail: str) -> Finding:
    return Finding(gate, f"{module.path}::{definition.qualname}", definition.node.lineno, detail)


def _is_table(node: ast.ClassDef) -> bool:
    return any(
        isinstance(target, ast.Name) and target.id == "__tablename__"
        for member in node.body
        if isinstance(member, ast.Assign)
        for target in member.targets
    )


def _fields(node: ast.ClassDef) -> set[str]:
    return {
        member.target.id
        for member in node.body
        if isinstance(member, ast.AnnAssign)
        and isinstance(member.target, ast.Name)
        and "ClassVar" not in ast.unparse(member.annotation)
    }


def _assigned_on_self(node: ast.ClassDef) -> set[str]:
    return {
        inner.attr
        for member in node.body
        if isinstance(member, Function)
        for inner in ast.walk(member)
        if isinstance(inner, ast.Attribute)
        and isinstance(inner.ctx, ast.Store)
        and isinstance(inner.value, ast.Name)
        and inner.value.id == "self"
    }


def _gets_fixtures(node: Function) -> bool:
    marks = " ".join(ast.unparse(decorator) for decorator in node.decorator_list)
    return node.name.startswith("test_") or "fixture" in marks


def _depth(statements: list[ast.stmt]) -> int:
    return max((_depth_of(statement) for statement in statements), default=0)


def _depth_of(statement: ast.stmt) -> int:
    if not isinstance(statement, _BLOCKS):
        return 0
    if isinstance(statement, ast.Try) and _is_one_with(statement.body):
        wrapped = _depth_of(statement.body[0]) - 1
    else:
        wrapped = _depth(getattr(statement, "body", []))
    inner = [wrapped, _depth(getattr(statement, "finalbody", []))]
    inner += [_depth(handler.body) for handler in getattr(statement, "handlers", [])]
    inner += [_depth(case.body) for case in getattr(statement, "cases", [])]
    otherwise = getattr(statement, "orelse", [])
    if isinstance(statement, ast.If) and len(otherwise) == 1 and isinstance(otherwise[0], ast.If):
        inner.append(_depth_of(otherwise[0]) - 1)
    else:
        inner.append(_depth(otherwise))
    return 1 + max(inner)


def _is_one_with(statements: list[ast.stmt]) -> bool:
    return len(statements) == 1 and isinstance(statements[0], ast.With | ast.AsyncWith)


def _base_names(node: ast.ClassDef) -> list[str]:
    unparsed = (ast.unparse(base) for base in node.bases)
    return [text.split("[", 1)[0].rsplit(".", 1)[-1] for text in unparsed]


def _is_open(name: str, bases: dict[str, list[str]], seen: tuple[str, ...]) -> bool:
    if name in _OPEN_ROOTS or (name not in bases and name.endswith(("Error", "Exception"))):
        return True
    if name in seen:
        return False
    return any(_is_open(base, bases, (*seen, name)) for base in bases.get(name, []))
