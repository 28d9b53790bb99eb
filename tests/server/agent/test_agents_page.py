"""What docs/agents.md shows is what loads, and what it lists is what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridges.port.brief import SlotKind
from server.agent.review import review
from server.agent.spec import Exit, Node, load_spec
from tests.server.agent.caller_in_flow import SPECS, tool_specs

YAML = re.compile(r"^```yaml\n(.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def page(project_root: Path) -> str:
    return (project_root / "docs" / "agents.md").read_text(encoding="utf-8")


@pytest.mark.requirement("docs:agents:snippets-load")
def test_every_agent_on_the_page_loads_and_means_what_it_says(page: str) -> None:
    shown = YAML.findall(page)
    assert len(shown) >= 6
    for text in shown:
        spec = load_spec(text, "docs/agents.md")
        assert review(spec, tool_specs()) == ()


def test_the_page_knows_every_tool_kind_and_key(page: str) -> None:
    words = set(re.findall(r"`([a-z_]+)`", page))
    assert set(tool_specs()) - {"hang_up", "transfer"} <= words
    assert set(SlotKind) <= words
    assert set(Node.model_fields) <= words
    assert set(Exit.model_fields) - {"to"} <= words
    assert set(SPECS) <= words
