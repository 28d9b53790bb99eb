"""Every promised behaviour has a test, and every marked test a promise.

The tests are read, not imported, so that this holds for those too that are skipped here.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import tests.requirements as areas
from tests.requirements.kind import Requirement

_ID = re.compile(r"[a-z0-9-]+(:[a-z0-9-]+){2}")


def promised() -> list[tuple[str, Requirement]]:
    """Every entry of every area, repeated ids included."""
    found: list[tuple[str, Requirement]] = []
    for module in pkgutil.iter_modules(areas.__path__):
        if module.name != "kind":
            area = importlib.import_module(f"tests.requirements.{module.name}")
            found += area.REQUIREMENTS.items()
    return found


def marked(source: str) -> Iterator[str]:
    """The ids in the `requirement` markers of one test module.

    Raises:
        ValueError: an id is not written out, so that it cannot be found by reading.
    """
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and ast.unparse(node.func).endswith("mark.requirement")):
            continue
        for argument in node.args:
            if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                raise ValueError(f"line {node.lineno}: write the id out")
            yield argument.value


@pytest.fixture(scope="module")
def shown(project_root: Path) -> dict[str, str]:
    """The ids that tests are marked with, each with one module that shows it."""
    found: dict[str, str] = {}
    for path in sorted((project_root / "tests").rglob("test_*.py")):
        for name in marked(path.read_text(encoding="utf-8")):
            found[name] = path.relative_to(project_root).as_posix()
    return found


@pytest.mark.requirement("house:requirements:both-ways")
def test_every_promise_has_a_test(shown: dict[str, str]) -> None:
    assert {name for name, _ in promised()} - shown.keys() == set()


def test_every_marked_test_has_a_promise(shown: dict[str, str]) -> None:
    known = {name for name, _ in promised()}
    assert {name: path for name, path in shown.items() if name not in known} == {}


def test_every_promise_is_made_once_and_says_where_it_comes_from() -> None:
    counted = Counter(name for name, _ in promised())
    assert [name for name, count in counted.items() if count > 1] == []
    assert [name for name in counted if not _ID.fullmatch(name)] == []
    assert [name for name, kind in promised() if not (kind.sentence and kind.source)] == []


def test_an_id_that_is_not_written_out_is_refused() -> None:
    assert list(marked('@pytest.mark.requirement("a:b:c")\ndef test_x(): ...')) == ["a:b:c"]
    with pytest.raises(ValueError, match="write the id out"):
        list(marked("@pytest.mark.requirement(NAME)\ndef test_x(): ..."))
