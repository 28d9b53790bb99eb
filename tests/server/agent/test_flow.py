"""The flow machine: where it goes by words, values, keys and outcomes."""

from __future__ import annotations

from datetime import date, time

import pytest

from bridges.port.brief import SlotKind
from server.agent.errors import FlowError, SpecError
from server.agent.flow import Ask, Do, Entered, FlowMachine, Leave, PutThrough, Say
from server.agent.slots import Surroundings
from server.agent.spec import AgentSpec, load_spec

SPEC = """
agent: barber
business:
  name: The Barber
  hours: {mon: 09:00-17:00}
  services:
    cut: {says: [a haircut, trim], minutes: 30}
disclosure: This is a machine.
slots:
  service: {kind: choice, services: true, ask: ["What would you like?"]}
  day: {kind: date, ask: ["Which day?", "Which date?"]}
  ok: {kind: yes_no}
start: greet
nodes:
  greet:
    say: How can I help?
    exits:
      - {to: book, when: wants to book, examples: [a haircut please], key: "1", label: to book}
      - {to: bye, event: silence}
  book:
    collect: [service, day]
    exits:
      - {to: check, slots: all}
  check:
    do:
      tool: check_slot
      with: {service: "{service}", day: "{day}", shop: "{business}", note: "{ok}"}
    exits:
      - {to: confirm, event: "outcome:free"}
      - {to: sorry, event: else, forget: [day]}
  sorry:
    say: "{why} Another day?"
    collect: [day]
    exits:
      - {to: check, slots: all}
  confirm:
    say: "{service} {day}, right?"
    collect: [ok]
    change: [day]
    exits:
      - {to: bye, slots: {ok: true}}
      - {to: book, slots: {ok: false}, forget: [day]}
      - {to: check, event: changed}
  desk:
    say: I'll put you through.
    transfer: {target: "+35315550100", label: the desk}
  bye:
    say: Goodbye.
    end: done
anywhere:
  - {to: desk, when: wants a person, key: "0"}
"""
AROUND = Surroundings(today=date(2026, 11, 23), now=time(9, 0), caller="+353861234567")


def spec(text: str = SPEC) -> AgentSpec:
    return load_spec(text, "barber.yaml")


def started() -> FlowMachine:
    flow = FlowMachine(spec(), AROUND)
    flow.start()
    return flow


def at_confirmation() -> FlowMachine:
    flow = started()
    flow.take("go_book")
    flow.fill({"service": "cut", "day": "2026-11-24"})
    flow.outcome("free", {})
    return flow


@pytest.mark.requirement("flow:disclosure:first-and-protected")
def test_the_disclosure_is_said_first_and_cannot_be_interrupted() -> None:
    steps = FlowMachine(spec(), AROUND).start()
    assert steps[0] == Say("This is a machine.", protected=True)
    assert steps[1] == Entered("greet")
    assert steps[2] == Say("How can I help?")


def test_a_node_whose_line_asks_leaves_the_word_to_the_caller() -> None:
    rest = FlowMachine(spec(), AROUND).start()[-1]
    assert isinstance(rest, Ask)
    assert not rest.reply
    assert rest.awaited is None


def test_an_exit_by_meaning_is_offered_as_a_tool_and_taken_by_its_name() -> None:
    flow = started()
    assert [tool.name for tool in flow.brief().tools] == ["go_book", "go_desk"]
    steps = flow.take("go_book")
    assert steps is not None
    assert steps[0] == Entered("book")
    rest = steps[-1]
    assert isinstance(rest, Ask)
    assert rest.reply
    assert rest.awaited is SlotKind.CHOICE


def test_an_exit_that_is_not_there_is_refused() -> None:
    assert started().take("go_check") is None


def test_a_key_takes_its_exit_and_any_other_key_does_nothing() -> None:
    flow = started()
    assert flow.key("7") is None
    steps = flow.key("1")
    assert steps is not None
    assert steps[0] == Entered("book")


@pytest.mark.requirement("flow:slots:move-when-complete")
def test_the_flow_moves_only_when_every_slot_is_known() -> None:
    flow = started()
    flow.take("go_book")
    assert flow.fill({"service": "cut"}).steps == ()
    steps = flow.fill({"day": "2026-11-24"}).steps
    assert steps == (
        Entered("check"),
        Do("check_slot", {"service": "cut", "day": "2026-11-24", "shop": "The Barber"}),
    )


def test_values_for_slots_of_another_node_are_not_kept() -> None:
    flow = started()
    flow.fill({"day": "2026-11-24"})
    assert flow.known == {}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("2026-11-22", "That day has passed already."),
        ("2027-11-22", "That is further ahead than I can book."),
        ("someday", "Sorry, I did not get that."),
        (None, "Sorry, I did not get that."),
    ],
)
@pytest.mark.requirement("flow:slots:refused-in-words")
def test_a_value_that_cannot_be_is_refused_in_words(value: object, told: str) -> None:
    flow = started()
    flow.take("go_book")
    filled = flow.fill({"day": value})
    assert filled.refused == told
    assert "day" not in flow.known


def test_an_outcome_without_an_exit_of_its_own_takes_the_other_one_and_forgets() -> None:
    flow = started()
    flow.take("go_book")
    flow.fill({"service": "cut", "day": "2026-11-24"})
    steps = flow.outcome("closed", {"why": "We are closed."})
    assert steps[:2] == (Entered("sorry"), Say("We are closed. Another day?"))
    assert "day" not in flow.known
    assert "service" in flow.known


def test_what_was_understood_is_read_back_before_it_counts() -> None:
    flow = started()
    flow.take("go_book")
    flow.fill({"service": "cut", "day": "2026-11-24"})
    said = next(step for step in flow.outcome("free", {}) if isinstance(step, Say))
    assert said.text.startswith("a haircut tomorrow")


def test_yes_and_no_lead_to_different_nodes() -> None:
    assert at_confirmation().fill({"ok": True}).steps[-1] == Leave("done")
    steps = at_confirmation().fill({"ok": False}).steps
    assert steps[0] == Entered("book")


def test_a_confirmation_is_asked_anew_each_time() -> None:
    flow = at_confirmation()
    flow.fill({"ok": False})
    flow.fill({"day": "2026-11-30"})
    flow.outcome("free", {})
    assert "ok" not in flow.known


@pytest.mark.requirement("flow:corrections:checked-again")
def test_a_correction_during_the_read_back_is_checked_again() -> None:
    flow = at_confirmation()
    steps = flow.fill({"day": "2026-11-30"}).steps
    assert steps[0] == Entered("check")


def test_an_exit_that_is_open_everywhere_puts_the_caller_through() -> None:
    steps = started().key("0")
    assert steps is not None
    assert steps[-1] == PutThrough("+35315550100", "the desk")


def test_silence_takes_its_exit_where_there_is_one() -> None:
    flow = started()
    steps = flow.silence()
    assert steps is not None
    assert steps[-1] == Leave("done")
    flow = started()
    flow.take("go_book")
    assert flow.silence() is None


def test_a_circle_of_nodes_that_wait_for_nothing_is_an_error() -> None:
    circle = SPEC.replace("collect: [service, day]", "collect: []").replace(
        "do:\n      tool: check_slot\n      with:",
        "exits: [{to: book, slots: all}]\n  unused:\n    do:\n      tool: x\n      with:",
    )
    flow = FlowMachine(spec(circle), AROUND)
    flow.start()
    with pytest.raises(FlowError, match="circle"):
        flow.take("go_book")


def test_an_outcome_where_nothing_runs_is_an_error() -> None:
    with pytest.raises(FlowError, match="greet"):
        started().outcome("free", {})


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("start: greet", "start: gret", "start names 'gret', which is no node"),
        ("to: book, when", "to: bok, when", "exit to 'bok', which is no node"),
        ("collect: [service, day]", "collect: [servce]", "uses the slot 'servce'"),
        ("forget: [day]", "forget: [dya]", "forgets 'dya'"),
        ("event: else", 'event: "outcome:x"', "needs an exit with `event: else`"),
        ("to: desk, when", "to: dsk, when", "under anywhere goes to 'dsk'"),
        ("kind: choice, services: true", "kind: choice", "choice without options"),
        ("{kind: yes_no}", "{kind: perhaps}", "slots.ok.kind"),
        ("mon: 09:00-17:00", "mon: 9-5", "hours are written 09:00-17:30"),
        ("mon: 09:00", "moon: 09:00", "unknown day 'moon'"),
        ("agent: barber", "agent: Barber!", "agent"),
        ("business:\n  name", "business:\n  timezone: Mars\n  name", "no time zone"),
        ("when: wants to book", "when: wants to book, event: silence", "needs one of when"),
    ],
)
@pytest.mark.requirement("agent:yaml:errors-say-what-and-where")
def test_a_mistake_in_the_yaml_is_told_with_its_place(old: str, new: str, told: str) -> None:
    with pytest.raises(SpecError, match=r"barber\.yaml") as refused:
        spec(SPEC.replace(old, new, 1))
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [("a: [", "line"), ("- a", "must be a mapping"), ("agent: x", "Field required")],
)
def test_a_document_that_is_no_agent_is_told_so(text: str, told: str) -> None:
    with pytest.raises(SpecError, match=told):
        spec(text)
