"""What a carrier in a box must do."""

from __future__ import annotations

from tests.requirements.kind import Requirement

__all__ = ["REQUIREMENTS"]

_TWILIO = "Twilio, Media Streams: WebSocket messages"
_WEBHOOKS = "Twilio, Voice: webhooks and TwiML"

REQUIREMENTS = {
    "rehearsal:speaker:plays-in-order": Requirement(
        "The far end plays exactly the bytes it was sent, in order, 20 ms at a time.", _TWILIO
    ),
    "rehearsal:speaker:marks-when-played": Requirement(
        "A mark comes back when everything before it was played, at once when nothing is.", _TWILIO
    ),
    "rehearsal:speaker:clear-returns-marks": Requirement(
        "A clear drops what is unplayed and returns every outstanding mark.", _TWILIO
    ),
    "rehearsal:speaker:counts-underruns": Requirement(
        "Running dry inside an utterance is counted, a pause between utterances is not.",
        "issue:#2",
    ),
    "rehearsal:line:keeps-order": Requirement(
        "A bad line delays and loses but never reorders, and a seed repeats it.", "issue:#2"
    ),
    "rehearsal:line:is-felt": Requirement(
        "Loss, jitter, stalls, drift and bad marks reach the server as they were asked for.",
        "issue:#2",
    ),
    "rehearsal:twilio:signed": Requirement(
        "Webhooks and the handshake are signed as Twilio signs them.", "Twilio, Security"
    ),
    "rehearsal:twilio:stream-messages": Requirement(
        "A stream is connected, start, media each 20 ms, dtmf, mark, stop, numbers as strings.",
        _TWILIO,
    ),
    "rehearsal:twilio:callbacks": Requirement(
        "Status callbacks come numbered, and reversed or repeated on request.", _WEBHOOKS
    ),
    "rehearsal:twilio:after-stream": Requirement(
        "When the server closes the stream the call goes on with the action's TwiML.", _WEBHOOKS
    ),
    "rehearsal:twilio:rest": Requirement(
        "The server ends a call over REST; one that is over answers 404 with code 20404.",
        "Twilio, Voice API: update a call",
    ),
    "rehearsal:twilio:twiml": Requirement(
        "TwiML that Twilio would fail or warn about is failed or warned about.", _WEBHOOKS
    ),
    "rehearsal:twilio:unusable-messages": Requirement(
        "What Twilio ignores is ignored and reported with its warning number.", _TWILIO
    ),
    "rehearsal:caller:waits": Requirement(
        "Each step waits for its moment and gives up after its patience.", "issue:#2"
    ),
    "rehearsal:caller:barge-in": Requirement(
        "A caller can speak while the agent speaks, and the time to clear is measured.",
        "issue:#2",
    ),
    "rehearsal:scenario:clear-errors": Requirement(
        "A mistake in a scenario is told with file, step, field and the mend.", "issue:#2"
    ),
    "rehearsal:scenario:checks": Requirement(
        "Expectations decide whether a rehearsal passed, each with what was found.", "issue:#2"
    ),
    "rehearsal:measures:latency": Requirement(
        "A reply's latency runs from the end of the caller's speech to its first audible sound.",
        "issue:#2",
    ),
    "rehearsal:sound:any-wav": Requirement(
        "Recordings of any rate and encoding become telephone sound; G.711 passes unchanged.",
        "issue:#2",
    ),
    "rehearsal:result:files": Requirement(
        "A call leaves what was heard, both sides, and a picture.", "issue:#2"
    ),
    "rehearsal:result:one-document": Requirement(
        "`--json` prints exactly one document; progress goes to standard error.", "issue:#2"
    ),
    "rehearsal:command:exit-codes": Requirement(
        "0 as expected, 1 checks failed, 2 could not call, with what, where and how to mend.",
        "issue:#2",
    ),
    "rehearsal:load:many-calls": Requirement(
        "Many calls at once share one ticker and stay complete.", "issue:#2"
    ),
}
