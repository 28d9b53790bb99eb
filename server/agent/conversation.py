"""The conversation as a reducer: an event and the instant in, effects out. Quiet.

What the line, the mind, the tools and the flow do meets here and nowhere else. The machine keeps no
sound and waits for nothing: what is due later is its `deadline()`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, assert_never

from bridges.port import events as mind
from bridges.port.brief import FILL, ToolSpec
from media import mouth, turns
from media.call import Digit, HangupCause, LineClosed
from server.agent import effects as do
from server.agent.effects import Effect
from server.agent.expecting import expectation_of
from server.agent.flow import Ask, Do, Entered, FlowMachine, Leave, PutThrough, Say, Step
from server.agent.keypad import Keypad
from server.agent.ledger import Owner, ToolLedger
from server.agent.phrases import phrase
from server.agent.scribe import Scribe
from server.agent.slots import Surroundings
from server.agent.spec import AgentSpec
from server.agent.transcript import Transcript

__all__ = ["Conversation", "ConversationEvent", "Opened", "ToolSettled"]

_LONGEST_GOODBYE_S = 20.0
"""A closing line that is not heard by then is not waited for."""
_SILENCES = 3
"""So many silences in a row end the call."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The line carries sound, and the mind is being connected."""


@dataclass(frozen=True, slots=True)
class ToolSettled:
    """A working tool has ended; `error` is in words that the caller may be told."""

    call_id: str
    outcome: str = ""
    output: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""


ConversationEvent: TypeAlias = (
    Opened
    | turns.TurnEvent
    | mouth.MouthEvent
    | mind.BridgeEvent
    | Digit
    | ToolSettled
    | LineClosed
)


@dataclass(slots=True)
class _Closing:
    """The last line is being spoken; then the call ends."""

    cause: HangupCause
    disposition: str
    by: float


class Conversation:
    """One conversation, from its first word to its disposition."""

    def __init__(
        self, spec: AgentSpec, around: Surroundings, tools: Mapping[str, ToolSpec] | None = None
    ) -> None:
        self.spec = spec
        self.flow = FlowMachine(spec, around, tools)
        self.scribe = Scribe(Transcript())
        self._ledger = ToolLedger()
        self._keypad = Keypad()
        self._unheard: dict[str, bool] = {}
        self._cut: set[str] = set()
        self._closing: _Closing | None = None
        self._bridge = 0
        self._until = float("inf")
        self._count = 0

    def deadline(self) -> float | None:
        """When `tick` has to be called; None when nothing is due."""
        if self._bridge < 0:
            return None
        closing = self._closing.by if self._closing else None
        dues = (closing, self._ledger.deadline(), self._keypad.deadline(), self._until)
        return min((due for due in dues if due is not None), default=None)

    def tick(self, now: float) -> list[Effect]:
        """Do what is due."""
        if self._bridge < 0:
            return []
        if self._closing is not None and self._closing.by <= now:
            return self._end()
        if self._until <= now:
            self._until = float("inf")
            return [do.Jot("time_is_up"), *self._close(now, "time_is_up")]
        out: list[Effect] = []
        if self._ledger.fillers_due(now):
            out += self._speak(phrase("one_moment", self.spec.language))
        for entry in self._ledger.overdue(now):
            late = ToolSettled(entry.call.call_id, error=phrase("too_slow", self.spec.language))
            out += self._settled(late, entry.owner, now)
        keyed = self._keypad.tick(now)
        return out + (self._typed(keyed, now) if keyed else [])

    def step(self, event: ConversationEvent, now: float) -> list[Effect]:
        """Take in what happened; returns what to do, in order."""
        if self._bridge < 0:
            return []
        match event:
            case mind.BotAudio(item=item, payload=payload):
                if item in self._cut:
                    return []
                self.scribe.agent_sound(now)
                return [do.Play(item, payload)]
            case Opened():
                return self._opened(now)
            case Digit(key=key):
                return self._pressed(key, now)
            case ToolSettled(call_id=call_id):
                entry = self._ledger.settle(call_id)
                return [] if entry is None else self._settled(event, entry.owner, now)
            case LineClosed(cause=cause):
                return self._gone(cause)
            case (
                turns.UserStarted()
                | turns.UserPaused()
                | turns.UserResumed()
                | turns.UserFinished()
                | turns.OverlapStarted()
                | turns.OverlapPaused()
                | turns.OverlapDismissed()
                | turns.BargedIn()
                | turns.SilencePrompt()
            ):
                return self._turn(event, now)
            case mouth.Audible() | mouth.Quiet() | mouth.ItemHeard():
                return self._playout(event, now)
            case _:
                return self._minded(event, now)

    def _opened(self, now: float) -> list[Effect]:
        self.scribe.open(now)
        self._until = now + 60 * self.spec.max_minutes
        return self._follow(self.flow.start(), now)

    def _turn(self, event: turns.TurnEvent, now: float) -> list[Effect]:
        match event:
            case turns.UserStarted(at=at, resumed=resumed):
                start = do.ToBridge(mind.StartTurn(now - at, resumed))
                if resumed:
                    return [start] if self._closing else [*self._silence_agent(), start]
                self.scribe.caller_began()
                return [start]
            case turns.UserResumed(at=at):
                return [do.ToBridge(mind.StartTurn(now - at, resumed=True))]
            case turns.UserPaused() | turns.OverlapPaused():
                return [do.ToBridge(mind.PauseTurn())]
            case turns.UserFinished(started=started, stopped=stopped, silent=silent):
                notes = self.scribe.caller_finished(started, stopped, now)
                commit = do.ToBridge(mind.CommitTurn(not (silent or self._closing)))
                return [*map(do.Note, notes), commit, self._expect()]
            case turns.OverlapStarted(at=at):
                self.scribe.caller_began()
                return [do.Hold(), do.ToBridge(mind.StartTurn(now - at))]
            case turns.OverlapDismissed():
                return [do.GoOn(), do.Jot("overlap_dismissed")]
            case turns.BargedIn():
                return [*self._silence_agent(), do.Jot("barge_in")]
            case turns.SilencePrompt(count=count):
                return self._silent(count, now)
            case _:
                assert_never(event)

    def _playout(self, event: mouth.MouthEvent, now: float) -> list[Effect]:
        match event:
            case mouth.Audible(item=item, at=at):
                return [*map(do.Note, self.scribe.agent_audible(item, at))]
            case mouth.ItemHeard(item=item, text=text, heard_ms=ms, whole=whole, at=at):
                notes = self.scribe.agent_heard(item, text, ms, whole=whole, at=at)
                out: list[Effect] = [*map(do.Note, notes)]
                if not whole:
                    self._cut.add(item)
                    out.append(do.ToBridge(mind.Interrupt(int(ms), text, item)))
                return out + self._spoken(item)
            case mouth.Quiet():
                return self._end() if self._closing and not self._unheard else []
            case _:
                assert_never(event)

    def _minded(self, event: mind.BridgeEvent, now: float) -> list[Effect]:
        match event:
            case mind.BotText(item=item, text=text):
                if item in self._cut:
                    return []
                self.scribe.agent_caption(item, text)
                return [do.Caption(item, text)]
            case mind.ReplyDone(item=item, interrupted=interrupted):
                return [do.PlayEnd(item)] if not interrupted else self._spoken(item)
            case mind.UserTranscript(text=text, final=False, complete=complete):
                return [self._expect(satisfied=event.satisfies), do.Words(text, complete)]
            case mind.UserTranscript(text=text):
                return [*map(do.Note, self.scribe.caller_said(text, now))]
            case mind.ToolCall():
                return self._asked(event, now)
            case mind.ToolCancelled(call_id=call_id):
                self._ledger.settle(call_id)
                return [do.Waiting(self._ledger.waiting())]
            case mind.BridgeFailed(error=error):
                return self._bridge_lost(str(error), now)
            case mind.Prosody(scores=scores):
                return [do.Jot("prosody", {"scores": dict(scores)})]
            case mind.Usage(amounts=amounts):
                return [do.Jot("usage", dict(amounts))]
            case mind.Reconnected(restored=restored):
                return [do.Jot("reconnected", {"restored": restored})]
            case mind.UserStarted() | mind.UserFinished() | mind.BotAudio():
                return []
            case _:
                assert_never(event)

    def _asked(self, call: mind.ToolCall, now: float) -> list[Effect]:
        """The mind called a tool: one of the flow's own, or one that works."""
        if call.name == FILL:
            filled = self.flow.fill(call.arguments)
            moved = bool(filled.steps)
            result = mind.ToolResult(
                call.call_id, {"known": self._known()}, filled.refused, reply=False
            )
            if moved:
                return [do.ToBridge(result), *self._follow(filled.steps, now)]
            rest = self.flow.rest()
            self._keypad.expect(rest.awaited)
            return [
                do.ToBridge(mind.Rebrief(rest.brief, reply=False)),
                do.ToBridge(mind.ToolResult(call.call_id, result.output, result.error)),
                self._expect(),
            ]
        steps = self.flow.take(call.name)
        if steps is not None:
            done = mind.ToolResult(call.call_id, {}, reply=False)
            return [do.ToBridge(done), *self._follow(steps, now)]
        if call.name not in {tool.name for tool in self.flow.brief().tools}:
            refused = mind.ToolResult(call.call_id, {}, f"there is no tool {call.name!r} here")
            return [do.ToBridge(refused), do.Jot("tool_refused", {"tool": call.name})]
        return self._run(call, Owner.MIND, now)

    def _known(self) -> dict[str, Any]:
        return {name: known.value for name, known in self.flow.known.items()}

    def _run(self, call: mind.ToolCall, owner: Owner, now: float) -> list[Effect]:
        entry = self._ledger.open(call, owner, now)
        if entry is None:
            return [do.Jot("tool_repeated", {"tool": call.name})]
        return [do.Waiting(on=True), do.RunTool(call, entry.overdue - now)]

    def _settled(self, event: ToolSettled, owner: Owner, now: float) -> list[Effect]:
        out: list[Effect] = [do.Waiting(self._ledger.waiting())]
        if owner is Owner.MIND:
            output = {"outcome": event.outcome, **event.output}
            result = mind.ToolResult(event.call_id, output, event.error)
            return [*out, do.ToBridge(result)]
        if event.error:
            out.append(do.Jot("tool_failed", {"error": event.error}))
        return out + self._follow(self.flow.outcome(event.outcome or "failed", event.output), now)

    def _follow(self, steps: tuple[Step, ...], now: float) -> list[Effect]:
        """Carry out what the flow wants."""
        out: list[Effect] = []
        for step in steps:
            match step:
                case Entered(node=node):
                    out.append(do.Jot("node", {"node": node}))
                case Say(text=text, protected=protected):
                    out += self._speak(text, protected=protected)
                case Do(tool=tool, arguments=arguments):
                    out += self._run(mind.ToolCall(self._id("t"), tool, arguments), Owner.FLOW, now)
                case Ask(brief=brief, reply=reply, awaited=awaited):
                    self._keypad.expect(awaited)
                    out.append(do.ToBridge(mind.Rebrief(brief, reply)))
                    out.append(self._expect())
                case PutThrough(target=target, label=label):
                    out.append(do.Transfer(target, label))
                    out += self._close(now, "transferred", HangupCause.TRANSFERRED)
                case Leave(disposition=disposition):
                    out += self._close(now, disposition)
                case _:
                    assert_never(step)
        return out

    def _expect(self, *, satisfied: bool = False) -> Effect:
        """What is asked now, and whether it has just been said."""
        return do.Expect(expectation_of(self.flow.awaited, satisfied=satisfied))

    def _speak(self, text: str, *, protected: bool = False) -> list[Effect]:
        item = self._id("s")
        self._unheard[item] = protected
        guard: list[Effect] = [do.Protect(on=True)] if protected else []
        return [*guard, do.ToBridge(mind.Speak(text, item))]

    def _spoken(self, item: str) -> list[Effect]:
        """An item of ours was heard, or will not be."""
        protected = self._unheard.pop(item, False)
        lifted = protected and not any(self._unheard.values())
        return [do.Protect(on=False)] if lifted else []

    def _silence_agent(self) -> list[Effect]:
        """Whatever the agent was saying, or was about to say, is void.

        What was heard of it comes back as `ItemHeard`, which tells the mind how much; this first
        word stops a mind whose reply is not audible yet.
        """
        guarded = any(self._unheard.values())
        self._unheard.clear()
        lift: list[Effect] = [do.Protect(on=False)] if guarded else []
        return [do.Hush(), *lift, do.ToBridge(mind.Interrupt(0))]

    def _close(
        self, now: float, disposition: str, cause: HangupCause = HangupCause.AGENT_HUNG_UP
    ) -> list[Effect]:
        """End the call once the last line is heard, which is not cut short any more."""
        self._closing = _Closing(cause, disposition, now + _LONGEST_GOODBYE_S)
        return [do.Protect(on=True)] if self._unheard else self._end()

    def _end(self) -> list[Effect]:
        closing = self._closing
        self._bridge = -1
        self._closing = None
        self._ledger.abandon()
        return [do.End(closing.cause, closing.disposition)] if closing else []

    def _gone(self, cause: HangupCause) -> list[Effect]:
        """The caller hung up, or the line was lost."""
        closing = self._closing
        self._closing = _Closing(cause, closing.disposition if closing else "caller_left", 0.0)
        return self._end()

    def _silent(self, count: int, now: float) -> list[Effect]:
        steps = self.flow.silence()
        if steps is not None:
            return self._follow(steps, now)
        lines = self.spec.silence
        line = (
            lines[min(count, len(lines)) - 1]
            if lines
            else phrase("still_there", self.spec.language)
        )
        spoken = [do.Jot("silence", {"count": count}), *self._speak(line)]
        return spoken + (self._close(now, "silent") if count >= _SILENCES else [])

    def _pressed(self, key: str, now: float) -> list[Effect]:
        """A key that is a door moves the flow; any other is part of a number that is typed."""
        steps = None if self._keypad.typing() else self.flow.key(key)
        jot = do.Jot("digit", {"key": key})
        if steps is not None:
            notes = self.scribe.caller_wrote(f"[{key}]", now)
            hush = self._silence_agent()
            return [jot, *map(do.Note, notes), *hush, *self._follow(steps, now)]
        typed = self._keypad.press(key, now)
        return [jot, *(self._typed(typed, now) if typed else [])]

    def _typed(self, digits: str, now: float) -> list[Effect]:
        """A typed entry is complete."""
        notes = self.scribe.caller_wrote(f"[{digits}]", now)
        hush = [*map(do.Note, notes), *self._silence_agent()]
        steps = self.flow.key(digits) if self._keypad.is_choice(digits) else None
        if steps is not None:
            return [*hush, *self._follow(steps, now)]
        return [*hush, do.ToBridge(mind.UserText(digits, keyed=True))]

    def _bridge_lost(self, error: str, now: float) -> list[Effect]:
        jot = do.Jot("bridge_failed", {"error": error, "bridge": self.spec.bridges[self._bridge]})
        self._unheard.clear()
        if self._bridge + 1 >= len(self.spec.bridges):
            return [jot, do.Clip("apology"), *self._apologised(now)]
        self._bridge += 1
        name = self.spec.bridges[self._bridge]
        rest = self.flow.rest()
        seed = self.scribe.transcript.seed()
        again = do.ToBridge(mind.Rebrief(rest.brief, reply=True))
        return [jot, do.OpenBridge(name, seed), again]

    def _apologised(self, now: float) -> list[Effect]:
        self._unheard["apology"] = False
        return self._close(now, "failed")

    def _id(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}{self._count}"
