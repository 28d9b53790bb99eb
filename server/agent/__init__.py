"""The core of a conversation: pure, no asyncio, no clock, no database."""
