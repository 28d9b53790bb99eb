"""`switchboard agents`: the agents there are, and how one of your own is checked and published."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.text import Text

import server.tools
from bridges.port.brief import ToolSpec
from server.agent.errors import SpecError
from server.agent.review import Remark, review
from server.agent.spec import AgentSpec, load_spec
from server.commands.numbers import CarrierOption, assign_numbers, require_carrier, require_number
from server.commands.office import (
    DataOption,
    JsonOption,
    in_store,
    local,
    nothing_stored,
    plain_table,
    require_agent,
)
from server.commands.printing import fail, print_json, settings_from
from server.plugins import Plugins
from server.seed import EXAMPLES, example_texts, unsealed
from server.store.records import AgentRecord, AgentRef, NumberRecord
from server.store.scope import Scope, Store, Tenant

__all__ = ["agents"]

agents = typer.Typer(help="Agents: list, show, check and publish them.", no_args_is_help=True)

_Name = Annotated[str, typer.Argument(help="The agent's name.")]
_Files = Annotated[list[Path], typer.Argument(help="YAML files.")]
_File = Annotated[Path, typer.Argument(help="YAML file of the agent.")]
_Version = Annotated[
    int | None, typer.Option("--version", min=1, help="An older version; the newest if left out.")
]
_Default = Annotated[
    bool, typer.Option("--default", help="Let it answer where no other agent is named.")
]
_Numbers = Annotated[
    list[str] | None,
    typer.Option("--number", help="Let it answer this number; repeat it."),
]


@agents.command("list")
def list_agents(data: DataOption = None, as_json: JsonOption = False) -> None:
    """List the agents, the version that answers now, and the numbers they answer."""
    settings = settings_from(data=data)

    async def read(store: Store, tenant: Tenant) -> list[dict[str, Any]]:
        async with store.view(tenant) as scope:
            numbers = await scope.numbers.all()
            return [_listed(agent, numbers) for agent in await scope.agents.all()]

    rows = [] if nothing_stored(settings) else in_store(settings, read)
    if as_json:
        print_json({"agents": rows})
        return
    if not rows:
        typer.echo(
            "No agents yet. `switchboard run` brings the examples; "
            "`switchboard agents publish FILE` brings your own."
        )
        return
    table = plain_table("agent", "language", "version", "published", "answers")
    for row in rows:
        answers = [*row["numbers"], *(["every other number"] if row["default"] else [])]
        cells = (row["agent"], row["language"], str(row["version"]), row["published"])
        table.add_row(*map(escape, cells), escape(", ".join(answers)))
    Console().print(table)


@agents.command()
def show(
    name: _Name, version: _Version = None, data: DataOption = None, *, as_json: JsonOption = False
) -> None:
    """Print an agent's YAML, as it answers now or did in an older version."""
    settings = settings_from(data=data)

    async def read(store: Store, tenant: Tenant) -> AgentRecord:
        async with store.view(tenant) as scope:
            await require_agent(scope, name)
            if version is None:
                return await scope.agents.newest(name)
            return await scope.agents.version(AgentRef(name, version))

    if nothing_stored(settings):
        fail(f"there are no agents in {settings.data} yet. Start the server once, or name --data")
    agent = in_store(settings, read)
    if as_json:
        print_json({**_summary(agent), "yaml": unsealed(agent.spec_yaml)})
    else:
        typer.echo(unsealed(agent.spec_yaml), nl=False)


@agents.command()
def check(files: _Files, as_json: JsonOption = False) -> None:
    """Tell what is wrong in an agent's YAML, and where; exit code 1 when it cannot be loaded."""
    tools = _tool_specs()
    results = [_checked(path, tools) for path in files]
    if as_json:
        print_json({"files": [result.document() for result in results]})
    else:
        for result in results:
            result.print(Console())
    if any(result.error for result in results):
        raise typer.Exit(1)


@agents.command()
def publish(
    file: _File,
    default: _Default = False,
    number: _Numbers = None,
    carrier: CarrierOption = "twilio",
    *,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish an agent; the next call is answered by it, live calls go on with theirs."""
    settings = settings_from(data=data)
    result = _checked(file, _tool_specs())
    if result.error is not None:
        fail(str(result.error), code=1)
    numbers = [require_number(one) for one in number or ()]
    over = require_carrier(carrier)

    async def write(store: Store, tenant: Tenant) -> tuple[AgentRef, bool]:
        async with store.scope(tenant) as scope:
            ref, is_new = await _publish(scope, result)
            if default:
                await scope.agents.make_default(ref.agent_id)
            await assign_numbers(scope, over, numbers, ref.agent_id)
            return ref, is_new

    ref, is_new = in_store(settings, write)
    if as_json:
        remarks = [str(remark) for remark in result.remarks]
        named = {"agent": ref.agent_id, "version": ref.version, "published": is_new}
        print_json({**named, "default": default, "numbers": numbers, "remarks": remarks})
        return
    for remark in result.remarks:
        typer.secho(f"{file}: {remark}", err=True, fg=typer.colors.YELLOW)
    answers = [*numbers, *(["every number that has no agent of its own"] if default else [])]
    more = f"; it answers {', '.join(answers)}" if answers else ""
    verb = "published" if is_new else "unchanged"
    typer.echo(f"{verb}: {ref.agent_id}, version {ref.version}{more}")


@agents.command()
def examples(as_json: JsonOption = False) -> None:
    """List the agents that come along, to start your own from."""
    specs = [load_spec(text, name) for name, text in example_texts().items()]
    rows = [
        {
            "agent": spec.agent,
            "language": spec.language,
            "business": spec.business.name,
            "file": str(EXAMPLES / f"{spec.agent}.yaml"),
        }
        for spec in specs
    ]
    if as_json:
        print_json({"examples": rows})
        return
    table = plain_table("agent", "language", "business")
    for row in rows:
        table.add_row(row["agent"], row["language"], escape(row["business"]))
    Console().print(table)
    typer.echo(f"They are in {EXAMPLES}. Copy one and change it, then:")
    typer.echo("switchboard agents check FILE, switchboard agents publish FILE --default")


@dataclass(frozen=True, slots=True)
class _Checked:
    """What became of one file: a spec with remarks, or an error."""

    path: Path
    text: str
    loaded: AgentSpec | None
    error: SpecError | None
    remarks: tuple[Remark, ...] = ()

    @property
    def spec(self) -> AgentSpec:
        """For files without an error.

        Raises:
            ValueError: this one has one.
        """
        if self.loaded is None:
            raise ValueError(f"{self.path} was not loaded")
        return self.loaded

    def document(self) -> dict[str, Any]:
        """As JSON."""
        error = self.error
        return {
            "file": str(self.path),
            "ok": error is None,
            "agent": None if self.loaded is None else self.loaded.agent,
            "error": error and {"where": error.where, "problem": error.problem},
            "remarks": [{"where": one.where, "problem": one.problem} for one in self.remarks],
        }

    def print(self, console: Console) -> None:
        """For a person."""
        if self.error is not None:
            console.print(Text.assemble(("wrong  ", "red"), str(self.path)), soft_wrap=True)
            console.print(Text(f"       at {self.error.where}"), soft_wrap=True)
            console.print(Text(f"       {self.error.problem}"), soft_wrap=True)
            return
        spec = self.spec
        facts = f"  agent {spec.agent}, {len(spec.nodes)} nodes, language {spec.language}"
        console.print(
            Text.assemble(("ok     ", "green"), str(self.path), (facts, "dim")), soft_wrap=True
        )
        for remark in self.remarks:
            line = Text.assemble(("       perhaps not meant  ", "yellow"), str(remark))
            console.print(line, soft_wrap=True)


def _checked(path: Path, tools: dict[str, ToolSpec]) -> _Checked:
    try:
        text = path.read_text(encoding="utf-8")
        spec = load_spec(text, str(path))
    except OSError as error:
        problem = f"cannot be read: {error.strerror or error}"
        return _Checked(path, "", None, SpecError(str(path), "the file", problem))
    except UnicodeDecodeError:
        return _Checked(path, "", None, SpecError(str(path), "the file", "is not UTF-8 text"))
    except SpecError as error:
        return _Checked(path, text, None, error)
    return _Checked(path, text, spec, None, review(spec, tools))


async def _publish(scope: Scope, checked: _Checked) -> tuple[AgentRef, bool]:
    """The version that answers now, and whether it is a new one."""
    name = checked.spec.agent
    known = {agent.ref.agent_id: agent for agent in await scope.agents.all()}
    before = known.get(name)
    # The example that came along is the same text with a seal below it.
    if before is not None and unsealed(before.spec_yaml) == checked.text:
        return before.ref, False
    return await scope.agents.publish(name, checked.text), True


def _tool_specs() -> dict[str, ToolSpec]:
    plugins = Plugins("tools", server.tools, {})
    specs: list[ToolSpec] = [plugins.load(name).SPEC for name in plugins.names()]
    return {spec.name: spec for spec in specs}


def _summary(agent: AgentRecord) -> dict[str, Any]:
    return {
        "agent": agent.ref.agent_id,
        "version": agent.ref.version,
        "published_at": agent.published_at.isoformat(),
        "default": agent.is_default,
    }


def _listed(agent: AgentRecord, numbers: tuple[NumberRecord, ...]) -> dict[str, Any]:
    try:
        language = load_spec(agent.spec_yaml, agent.ref.agent_id).language
    except SpecError:
        # An agent that another version published is listed all the same.
        language = "?"
    return {
        **_summary(agent),
        "language": language,
        "published": local(agent.published_at),
        "numbers": [one.number for one in numbers if one.agent_id == agent.ref.agent_id],
    }
