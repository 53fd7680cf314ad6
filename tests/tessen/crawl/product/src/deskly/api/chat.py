"""HTTP endpoints that answer with a model's words."""

from __future__ import annotations

import asyncio
from typing import Annotated, AsyncIterator

from anthropic import AsyncAnthropic
from fastapi import APIRouter, Depends, FastAPI, Request, WebSocket
from fastapi.responses import StreamingResponse
from openai import AsyncOpenAI, NotGiven

from deskly import clients
from deskly.clients import azure, claude_async, gpt
from deskly.clients.gpt import Moderator
from deskly.config import settings

router = APIRouter()
moderate = Moderator()


async def lifespan(app: FastAPI):
    app.state.openai = AsyncOpenAI()
    yield
    await app.state.openai.close()


def get_claude() -> AsyncAnthropic:
    return claude_async()


Claude = Annotated[AsyncAnthropic, Depends(get_claude)]


@router.post("/chat")
async def chat(request: Request, claude: Claude):
    body = await request.json()
    if not moderate(body["text"]):
        return {"error": "no"}
    answer = await claude.messages.create(model=settings().big_model, max_tokens=1024, messages=body["messages"])
    return {"text": answer.content[0].text}


@router.post("/chat/stream")
async def chat_stream(request: Request, client=Depends(get_claude)):
    async def events() -> AsyncIterator[str]:
        async with client.messages.stream(model=settings().fast_model, max_tokens=1024, messages=[]) as stream:
            async for text in stream.text_stream:
                yield f"data: {text}\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")


@router.post("/draft")
async def draft(request: Request):
    openai = request.app.state.openai
    done = await openai.chat.completions.create(model=settings().draft_model, messages=await request.json())
    return done.choices[0].message


@router.post("/azure")
async def on_azure(text: str):
    async with azure("gpt-5") as client:
        parsed = await client.chat.completions.parse(model="gpt-5", messages=[{"role": "user", "content": text}])
    return parsed.choices[0].message.parsed


@router.websocket("/talk")
async def talk(socket: WebSocket):
    client = azure().with_options(max_retries=0)
    while text := await socket.receive_text():
        stream = await client.responses.create(model="gpt-5", input=text, stream=True)
        async for event in stream:
            await socket.send_json(event.model_dump())


@router.post("/speech")
def speech(text: str):
    with gpt().audio.speech.with_streaming_response.create(model="gpt-4o-mini-tts", voice="alloy", input=text) as response:
        return StreamingResponse(response.iter_bytes())


@router.post("/transcribe")
async def transcribe(file: bytes):
    return await asyncio.to_thread(clients.gpt().audio.transcriptions.create, model="whisper-1", file=file)


@router.post("/image")
def image(text: str, n: int | NotGiven = 1):
    return clients.gpt("images").images.generate(model="gpt-image-1", prompt=text, n=n)


@router.get("/vendors")
def vendors():
    return [model.id for model in gpt().models.list()]
