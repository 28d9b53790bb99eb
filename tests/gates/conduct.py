"""Gates on conduct: clocks and chance, errors, tenants, imports, names, and what tests may do."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from tests.gates.source import Finding, Function, Module, definitions

__all__ = [
    "clocks_and_chance",
    "docstrings",
    "inner_imports",
    "mocks",
    "module_state",
    "names",
    "swallowed_errors",
    "tenants",
    "test_sleeps",
    "unfinished_work",
]

CLOCK = "server/clock.py"
_CLOCK_MODULES = {"time", "random", "secrets"}
_CLOCK_CALLS = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "uuid.uuid1", "uuid.uuid4",
    "os.urandom",
}  # fmt: skip
_CLOCK_NAMES = {("uuid", "uuid1"), ("uuid", "uuid4"), ("os", "urandom")}
_SEEDED = {"Generator", "PCG64", "default_rng"}
"""numpy's generators repeat for a given seed; only its global ones are chance."""
_WEAK_NAME = re.compile(r"^_*(Base|Abstract)[A-Z]|(Manager|Handler|Helper|Utils?|Data|Info)$")
_UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
_TENANT_IDS = {"tenant_id", "organization_id", "org_id"}


def clocks_and_chance(module: Module) -> Iterator[Finding]:
    """Time and chance come from the clock's module alone; everybody else is given them."""
    if not module.is_product or module.path == CLOCK:
        return
    for node in ast.walk(module.tree):
        for name in _clock_uses(node):
            yield _in_module("clock", module, node, f"reads {name}")


def test_sleeps(module: Module) -> Iterator[Finding]:
    """No test sleeps; `sleep(0)` only lets others run."""
    if module.room != "tests":
        return
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call) or _dotted(node.func).rsplit(".", 1)[-1] != "sleep":
            continue
        first = node.args[0] if node.args else None
        if not (isinstance(first, ast.Constant) and first.value == 0):
            yield _in_module("sleep", module, node, ast.unparse(node))


test_sleeps.__test__ = False  # type: ignore[attr-defined]  # a gate, whatever pytest makes of it


def mocks(module: Module) -> Iterator[Finding]:
    """Fakes, not mocks, and no patching of other people's modules."""
    for node in ast.walk(module.tree):
        imported = {name for name, _ in _imports(node)}
        if imported & {"unittest.mock", "mock", "pytest_mock"}:
            yield _in_module("mock", module, node, ast.unparse(node))
        elif isinstance(node, ast.Call) and _dotted(node.func) in _PATCHES:
            yield _in_module("mock", module, node, ast.unparse(node.func))


_PATCHES = {"monkeypatch.setattr", "monkeypatch.delattr", "mocker.patch", "mock.patch"}


def tenants(module: Module) -> Iterator[Finding]:
    """The tenant is a scope: outside the store no function takes its id."""
    if not module.is_product or module.path.startswith("server/store/"):
        return
    for definition in definitions(module):
        node = definition.node
        if not isinstance(node, Function):
            continue
        taken = {argument.arg for argument in _all_arguments(node)} & _TENANT_IDS
        if taken:
            place = f"{module.path}::{definition.qualname}"
            yield Finding("tenant", place, node.lineno, f"takes {sorted(taken)[0]}")


def swallowed_errors(module: Module) -> Iterator[Finding]:
    """Nothing is caught and passed over, and a cancellation always goes on."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler):
            yield from _swallowed(module, node)
        elif isinstance(node, ast.Call) and _dotted(node.func).endswith("suppress"):
            broad = {ast.unparse(argument) for argument in node.args} & _BROAD
            if broad:
                yield _in_module("swallowed", module, node, ast.unparse(node))


_BROAD = {"Exception", "BaseException", "CancelledError", "asyncio.CancelledError"}
_CANCELLING = {"BaseException", "CancelledError", "asyncio.CancelledError"}


def docstrings(module: Module) -> Iterator[Finding]:
    """Every module says its one job."""
    if not ast.get_docstring(module.tree):
        yield Finding("docstring", f"{module.path}::", 1, "the module has no docstring")


def inner_imports(module: Module) -> Iterator[Finding]:
    """Imports stand at the top; one inside a function has its reason in a comment."""
    if not module.is_product:
        return
    lines = module.text.splitlines()
    for definition in definitions(module):
        for node in _imports_inside(definition.node):
            if not _has_comment(lines, node):
                place = f"{module.path}::{definition.qualname}"
                yield Finding("inner-import", place, node.lineno, ast.unparse(node))


def module_state(module: Module) -> Iterator[Finding]:
    """A module holds constants; what changes belongs to an object that somebody opens."""
    if not module.is_product:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Global):
            yield _in_module("module-state", module, node, ast.unparse(node))
    for statement in module.tree.body:
        for name in _mutable_names(statement):
            yield _in_module("module-state", module, statement, f"{name} can change")


def names(module: Module) -> Iterator[Finding]:
    """Classes are named after what they are in the glossary's words."""
    for definition in definitions(module):
        node = definition.node
        if isinstance(node, ast.ClassDef) and _WEAK_NAME.search(node.name):
            place = f"{module.path}::{definition.qualname}"
            yield Finding("name", place, node.lineno, "says nothing about what it is")


def unfinished_work(module: Module) -> Iterator[Finding]:
    """No comment promises work for later."""
    for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
        if token.type == tokenize.COMMENT and _UNFINISHED.search(token.string):
            yield Finding("unfinished", f"{module.path}::", token.start[0], token.string)


def _in_module(gate: str, module: Module, node: ast.AST, detail: str) -> Finding:
    line = getattr(node, "lineno", 1)
    inside = ""
    for definition in definitions(module):
        if definition.node.lineno <= line <= (definition.node.end_lineno or line):
            inside = definition.qualname
    return Finding(gate, f"{module.path}::{inside}", line, detail)


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return ""


def _imports(node: ast.AST) -> list[tuple[str, str]]:
    """(module, name) pairs, where a name may be a module too."""
    if isinstance(node, ast.Import):
        return [(alias.name, alias.name) for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        pairs = [(node.module, alias.name) for alias in node.names]
        return pairs + [(f"{node.module}.{alias.name}", alias.name) for alias in node.names]
    return []


def _imports_inside(node: Function | ast.ClassDef) -> list[ast.Import | ast.ImportFrom]:
    if isinstance(node, ast.ClassDef):
        return []
    return [inner for inner in ast.walk(node) if isinstance(inner, ast.Import | ast.ImportFrom)]


def _has_comment(lines: list[str], node: ast.Import | ast.ImportFrom) -> bool:
    """Whether a comment stands on the import's lines or above the group it stands in."""
    if any("#" in line for line in lines[node.lineno - 1 : node.end_lineno]):
        return True
    above = node.lineno - 2
    while above >= 0 and lines[above].lstrip().startswith(("from ", "import ")):
        above -= 1
    return above >= 0 and lines[above].lstrip().startswith("#")


def _clock_uses(node: ast.AST) -> list[str]:
    for module, name in _imports(node):
        if module.split(".", 1)[0] in _CLOCK_MODULES or (module, name) in _CLOCK_NAMES:
            return [name]
    if isinstance(node, ast.Call) and _dotted(node.func).endswith(".random.default_rng"):
        return [] if node.args or node.keywords else ["chance without a seed"]
    if isinstance(node, ast.Attribute):
        if _dotted(node.value) in {"np.random", "numpy.random"} and node.attr not in _SEEDED:
            return [_dotted(node)]
        dotted = ".".join(_dotted(node).split(".")[-2:])
        return [dotted] if dotted in _CLOCK_CALLS else []
    return []


def _all_arguments(node: Function) -> list[ast.arg]:
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]


def _swallowed(module: Module, node: ast.ExceptHandler) -> Iterator[Finding]:
    caught = {"BaseException"} if node.type is None else _caught(node.type)
    if all(isinstance(statement, ast.Pass) for statement in node.body):
        yield _in_module("swallowed", module, node, f"except {', '.join(sorted(caught))}: pass")
    elif module.is_product and caught & _CANCELLING and not _raises(node):
        yield _in_module("swallowed", module, node, "a cancellation ends here")


def _caught(node: ast.expr) -> set[str]:
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return {ast.unparse(part) for part in parts}


def _raises(node: ast.ExceptHandler) -> bool:
    return any(isinstance(inner, ast.Raise) for inner in ast.walk(node))


def _mutable_names(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.Assign):
        targets, value = statement.targets, statement.value
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        targets, value = [statement.target], statement.value
    else:
        return []
    if not isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp):
        return []
    named = [target.id for target in targets if isinstance(target, ast.Name)]
    return [name for name in named if not (name.isupper() or name.startswith("__"))]
