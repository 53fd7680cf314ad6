"""Screenshots that customers send."""

from __future__ import annotations

import vertexai
from google import genai
from google.genai.types import GenerateContentConfig, Part
from vertexai.generative_models import GenerativeModel

SCHEMA = {"type": "object"}
MODEL = "gemini-2.5-flash"


def _client(vertex: bool) -> genai.Client:
    return genai.Client(vertexai=True, project="deskly", location="europe-west4") if vertex else genai.Client()


class Screenshots:
    def __init__(self, vertex: bool = False) -> None:
        self.genai = _client(vertex)
        self.aio = self.genai.aio

    def describe(self, png: bytes) -> str:
        return self.genai.models.generate_content(
            model=MODEL,
            contents=["What is wrong here?", Part.from_bytes(data=png, mime_type="image/png")],
            config=GenerateContentConfig(response_mime_type="application/json", response_schema=SCHEMA),
        ).text

    async def describe_async(self, png):
        response = await self.aio.models.generate_content(model=MODEL, contents=[png])
        return response.text

    async def stream(self, png):
        async for chunk in await self.aio.models.generate_content_stream(model=MODEL, contents=[png]):
            yield chunk.text

    def talk(self, lines):
        chat = self.genai.chats.create(model=MODEL)
        return [chat.send_message(line).text for line in lines]

    def tokens(self, text: str) -> int:
        return self.genai.models.count_tokens(model=MODEL, contents=text).total_tokens

    def render(self, template):
        return template.generate_content(model=self, contents=())


def legacy(prompt: str) -> str:
    vertexai.init(project="deskly")
    model = GenerativeModel("gemini-1.5-pro")
    return model.generate_content(prompt, stream=False).text


class Page:
    def generate_content(self, **options):
        return options


def static_page():
    return Page().generate_content(model="page", contents=[])
