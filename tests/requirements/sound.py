"""What the sound's rooms promise: codecs, rates, hearing, key tones, recordings."""

from __future__ import annotations

from tests.requirements.kind import Requirement

__all__ = ["REQUIREMENTS"]

REQUIREMENTS = {
    "sound:g711:exact": Requirement(
        "Every mu-law and A-law code and every 16-bit sample converts as the reference does.",
        source="issue:#2",
    ),
    "sound:resample:response": Requirement(
        "Resampling is flat to 3.4 kHz, images and aliases are 55 dB down.", source="issue:#2"
    ),
    "sound:resample:delay": Requirement(
        "Resampling delays sound by less than 2 ms.", source="issue:#2"
    ),
    "sound:resample:block-size": Requirement(
        "What a resampler returns does not depend on how the stream was cut.", source="issue:#2"
    ),
    "sound:framing:exact": Requirement(
        "Pieces of any size are re-cut into exact ones, and nothing is lost.", source="issue:#2"
    ),
    "sound:vad:reference": Requirement(
        "Our forward pass equals the ONNX model to 1e-4 on real speech.", source="issue:#2"
    ),
    "sound:vad:batch-independent": Requirement(
        "What is heard of a call does not depend on which calls are heard with it, to 1e-4.",
        source="issue:#2",
    ),
    "sound:vad:onset": Requirement(
        "Half of the onsets of real speech are decided within 95 ms.", source="issue:#2"
    ),
    "sound:vad:not-speech": Requirement(
        "Silence, noise, ringback, beeps and key tones are not taken for speech.", source="house"
    ),
    "sound:vad:backlog": Requirement(
        "A call whose ear is not run keeps bounded sound, and its media time stays right.",
        source="house",
    ),
    "sound:dtmf:in-band": Requirement(
        "Key tones in the sound are decoded exactly, down to 40 ms long.", source="issue:#2"
    ),
    "sound:dtmf:speech-is-no-key": Requirement(
        "No recorded speech, noise or music is taken for a key.", source="house"
    ),
    "sound:dtmf:entry": Requirement(
        "An entry of keys ends at its end key, when it is full, or after a silence.",
        source="issue:#2",
    ),
    "sound:recording:aligned": Requirement(
        "Over 30 minutes of jittered, drifting arrival both tracks stay within 20 ms of media "
        "time.",
        source="issue:#2",
    ),
    "sound:recording:any-order": Requirement(
        "Bursts, repeats and pieces out of order leave the recording as if they had come in order.",
        source="house",
    ),
    "sound:recording:repair": Requirement(
        "A recording that was broken off can be given its right header from its size.",
        source="issue:#2",
    ),
}
