"""What the local mind says of its own in Spanish. Quiet."""

from __future__ import annotations

from bridges.speech.phrases import Phrases

__all__ = ["SPANISH"]

SPANISH = Phrases(
    how_help="¿En qué puedo ayudarle?",
    repair=("Perdone, no le he entendido.", "Lo siento, sigo sin entenderle."),
    yes_or_no="¿Es correcto? Por favor, diga sí o no.",
    what_instead="Por favor, dígame cómo debe ser.",
    did_you_say="¿Ha dicho {said}?",
    go_on="Sí, dígame.",
    keys="También puede pulsar {keys}.",
    press="{key} {label}",
    or_="o",
    busy="Lo siento, ahora mismo llaman muchas personas. Un momento, por favor.",
)
