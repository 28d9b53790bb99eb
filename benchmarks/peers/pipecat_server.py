"""The plainest Pipecat server for a Twilio stream: FastAPI, its serializer, its OpenAI service.

Runs in an environment of its own (pipecat.txt). Usage: `pipecat_server.py PROVIDER [vad|default]`:
at 8 kHz with the provider's turn detection; `vad`: with Silero in the process and turns taken here;
`default`: with the provider's, at Pipecat's default rates of 16 and 24 kHz. Prints its port.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import Any, Final

import uvicorn
from fastapi import FastAPI, WebSocket
from loguru import logger  # type: ignore[import-not-found]
from pipecat.audio.vad.silero import SileroVADAnalyzer  # type: ignore[import-not-found]
from pipecat.pipeline.pipeline import Pipeline  # type: ignore[import-not-found]
from pipecat.pipeline.worker import (  # type: ignore[import-not-found]
    PipelineParams,
    PipelineWorker,
)
from pipecat.processors.aggregators.llm_context import (  # type: ignore[import-not-found]
    LLMContext,
)
from pipecat.processors.aggregators.llm_response_universal import (  # type: ignore[import-not-found]
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.serializers.twilio import TwilioFrameSerializer  # type: ignore[import-not-found]
from pipecat.services.openai.realtime import events  # type: ignore[import-not-found]
from pipecat.services.openai.realtime.llm import (  # type: ignore[import-not-found]
    OpenAIRealtimeLLMService,
)
from pipecat.transports.websocket.fastapi import (  # type: ignore[import-not-found]
    FastAPIWebsocketParams,
    FastAPIWebsocketTransport,
)
from pipecat.turns.user_stop import (  # type: ignore[import-not-found]
    SpeechTimeoutUserTurnStopStrategy,
)
from pipecat.turns.user_turn_strategies import UserTurnStrategies  # type: ignore[import-not-found]
from pipecat.workers.runner import WorkerRunner  # type: ignore[import-not-found]

_LINE_HZ: Final = 8000


def _model(provider: str, *, local: bool) -> Any:
    heard = events.AudioInput(turn_detection=False if local else events.TurnDetection())
    settings = OpenAIRealtimeLLMService.Settings(
        session_properties=events.SessionProperties(audio=events.AudioConfiguration(input=heard))
    )
    return OpenAIRealtimeLLMService(api_key="none", base_url=provider, settings=settings)


def _turns(*, local: bool) -> Any:
    if not local:
        return LLMUserAggregatorParams()
    stop = [SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=0.3)]
    return LLMUserAggregatorParams(
        vad_analyzer=SileroVADAnalyzer(), user_turn_strategies=UserTurnStrategies(stop=stop)
    )


async def _converse(socket_: WebSocket, provider: str, mode: str) -> None:
    await socket_.accept()
    stream = ""
    while not stream:
        message = await socket_.receive_json()
        stream = message.get("streamSid", "")
    serializer = TwilioFrameSerializer(
        stream, params=TwilioFrameSerializer.InputParams(auto_hang_up=False)
    )
    transport = FastAPIWebsocketTransport(
        websocket=socket_,
        params=FastAPIWebsocketParams(
            audio_in_enabled=True, audio_out_enabled=True, serializer=serializer
        ),
    )
    local = mode == "vad"
    context = LLMContextAggregatorPair(LLMContext(), user_params=_turns(local=local))
    steps = [
        transport.input(),
        context.user(),
        _model(provider, local=local),
        transport.output(),
        context.assistant(),
    ]
    rates = {} if mode == "default" else dict.fromkeys(_RATES, _LINE_HZ)
    worker = PipelineWorker(
        Pipeline(steps), params=PipelineParams(**rates), enable_rtvi=False, idle_timeout_secs=None
    )

    @transport.event_handler("on_client_disconnected")  # type: ignore[untyped-decorator]
    async def gone(_transport: Any, _client: Any) -> None:
        await worker.cancel()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()


_RATES: Final = ("audio_in_sample_rate", "audio_out_sample_rate")


def main(provider: str, mode: str) -> None:
    """Serve until ended."""
    logger.remove()
    logger.add(sys.stderr, level="WARNING")
    app = FastAPI()

    @app.websocket("/ws")
    async def stream(socket_: WebSocket) -> None:
        await _converse(socket_, provider, mode)

    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(app, log_level="warning", loop="uvloop")
    asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "provider")
