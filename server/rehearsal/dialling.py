"""Opening and closing the media socket of a rehearsed call."""

from __future__ import annotations

import asyncio
from typing import Final

from picows import WSError, WSInvalidStatusError, WSTransport, ws_connect

from server.rehearsal.errors import CannotCall
from server.rehearsal.leg import Leg
from server.rehearsal.office import Office

__all__ = ["dial", "hang_up_politely"]

_HANDSHAKE_S: Final = 10.0
_CLOSE_S: Final = 2.0
_LARGEST_MESSAGE_BYTES: Final = 4 * 1024 * 1024


async def dial(leg: Leg, url: str, office: Office) -> WSTransport:
    """Connect `leg` to the stream's URL with a signed handshake.

    Raises:
        CannotCall: the socket was not opened; the text carries Twilio's error number.
    """
    try:
        transport, _ = await ws_connect(
            lambda: leg,
            office.target.reach(url),
            extra_headers=office.handshake_headers(url),
            max_redirects=0,
            max_frame_size=_LARGEST_MESSAGE_BYTES,
            websocket_handshake_timeout=_HANDSHAKE_S,
        )
    except WSInvalidStatusError as error:
        status = error.response.status.value if error.response is not None else 0
        raise CannotCall(
            f"the media socket was refused with HTTP {status} (error 31920)",
            where=url,
            mend=_mend(status),
        ) from error
    except (OSError, WSError, TimeoutError) as error:
        raise CannotCall(
            f"the media socket cannot be opened (error 31901): {error or type(error).__name__}",
            where=office.target.reach(url),
            mend="Check the URL in <Stream>; it must lead to the same server.",
        ) from error
    return transport


async def hang_up_politely(transport: WSTransport) -> str | None:
    """Wait a little for the other side's close, then drop the connection.

    Returns what Twilio's debugger would say about the way the socket went down, if anything.
    """
    try:
        async with asyncio.timeout(_CLOSE_S):
            await transport.wait_disconnected()
    except TimeoutError:
        transport.disconnect(graceful=False)
    except WSError as error:
        return f"31924: {error}"
    return None


def _mend(status: int) -> str:
    match status:
        case 401 | 403:
            return "The handshake's signature was refused: check token and public address."
        case 404 | 410:
            return "The server does not know the token in the path, or it was used before."
        case 503:
            return "The server takes no more calls now."
        case _:
            return "Check the URL in <Stream>; it must answer a WebSocket handshake with 101."
