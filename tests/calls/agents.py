"""The agents that whole calls are held with."""

from __future__ import annotations

from server.agent.spec import AgentSpec, load_spec

__all__ = ["BOOKING", "TALKER"]

BOOKING: AgentSpec = load_spec(
    """
agent: desk
bridges: [first, second]
business: {name: Little Desk, timezone: UTC, region: US}
disclosure: Little Desk, and this call is recorded.
slots:
  day: {kind: date, ask: ["For which day?"]}
  phone: {kind: phone, ask: ["Which number?"]}
  confirmed: {kind: yes_no}
start: greet
nodes:
  greet:
    say: How can I help you today, what would you like us to do?
    exits:
      - {to: book, when: The caller wants to book., key: "1", label: to book, forget: [day]}
      - {to: number, when: The caller leaves a number., key: "2", label: to leave a number}
      - {to: bye, when: The caller says goodbye.}
  book:
    collect: [day]
    exits: [{to: booking, slots: all}]
  number:
    collect: [phone]
    exits: [{to: bye, slots: all}]
  booking:
    do: {tool: book, with: {day: "{day}"}}
    exits:
      - {to: booked, event: "outcome:booked"}
      - {to: unbooked, event: else}
  booked:
    say: That is booked for {day}. Anything else?
    exits: [{to: bye, when: The caller says goodbye.}]
  unbooked:
    say: I could not book that, I am sorry.
    exits: [{to: bye, when: The caller says goodbye.}]
  bye:
    say: Thank you for calling. Goodbye!
    end: done
silence: ["Are you still there?", "I cannot hear you.", "I will hang up now."]
""",
    "tests/calls/agents.py",
)

TALKER: AgentSpec = load_spec(
    """
agent: talker
bridges: [first]
business: {name: Little Desk, timezone: UTC, region: US}
start: talk
max_minutes: 600
nodes:
  talk: {say: "Hello.", exits: [{to: bye, when: The caller says goodbye.}]}
  bye: {say: Goodbye!, end: done}
""",
    "tests/calls/agents.py",
)
