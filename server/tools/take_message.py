"""Writes down a message for the business."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridges.port.brief import ToolSpec
from server.agent.wording import said_phone
from server.errors import ToolRefused
from server.tool import Outcome, ToolContext
from server.tools._booking import read_text

__all__ = ["SPEC", "run"]

SPEC = ToolSpec(
    name="take_message",
    description="Write down a message that the business will read, with who to call back.",
    parameters={
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": "What the caller wants to be told."},
            "name": {"type": "string", "description": "Who it is from."},
            "phone": {"type": "string", "description": "Number to call back, if another one."},
        },
        "required": ["text"],
    },
)


async def run(arguments: Mapping[str, Any], context: ToolContext) -> Outcome:
    """`taken_down`. Without a number, the one that is calling is kept.

    Raises:
        ToolRefused: the message is empty.
    """
    text = read_text(arguments, "text")
    if not text:
        raise ToolRefused("The message is empty.")
    phone = read_text(arguments, "phone") or context.call.caller
    async with context.scope() as scope:
        message = await scope.messages.add(
            text, name=read_text(arguments, "name"), phone=phone, call_id=context.call.call_id
        )
    return Outcome(
        "taken_down",
        {
            "message_id": message.message_id,
            "phone": phone,
            "phone_said": said_phone(phone, context.call.language),
        },
    )
