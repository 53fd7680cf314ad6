"""Files that are sent to a vendor: one event each, without their content, and all as without us."""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import anthropic
import httpx2
import openai
import pytest
from google import genai
from mistralai.client import Mistral

import tessen
from tests.tessen.saying import Request, Said, Saying
from tests.tessen.test_secrets import every_byte_in

KEY = "of-the-test-0123456789abcdef"
CONTENT = b"what stands in the file: " + bytes(range(256)) * 40 + b" its end"
TEXT = "what stands in the text " * 40

FILE = {
    **{"id": "file-1", "object": "file", "type": "file", "bytes": 9, "size_bytes": 9, "created_at": 1},
    **{"filename": "f", "mime_type": "text/plain", "purpose": "batch", "sample_type": "batch_request"},
    **{"source": "upload", "status": "processed"},
}
OCR = {"pages": [], "model": "m", "usage_info": {"pages_processed": 0}}
USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
SAID: dict[str, Any] = {
    "/audio/transcriptions": {"text": "hello", "model": "m", "language": "en", "usage": USAGE},
    "/audio/translations": {"text": "hello"},
    "/images/edits": {"created": 1, "data": [{"b64_json": "aGk="}]},
    "/images/variations": {"created": 1, "data": [{"b64_json": "aGk="}]},
    "/ocr": OCR,
}


class Once(io.RawIOBase):
    """A file that can be read once only, such as a pipe."""

    name = "once.txt"

    def __init__(self, data: bytes = CONTENT) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._data.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def generated() -> Iterator[bytes]:
    yield CONTENT[:100]
    yield CONTENT[100:]


async def generated_async() -> AsyncIterator[bytes]:
    for piece in generated():
        yield piece


class Sdks:
    """Every vendor's SDK on one server, and a file on the disk."""

    def __init__(self, url: str, path: Path) -> None:
        self.claude = anthropic.Anthropic(base_url=url, api_key=f"claude-{KEY}", max_retries=0)
        self.gpt = openai.OpenAI(base_url=f"{url}/v1", api_key=f"gpt-{KEY}", max_retries=0)
        self.async_gpt = openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=f"gpt-{KEY}", max_retries=0)
        self.gemini = genai.Client(api_key=f"gemini-{KEY}", http_options={"base_url": url})
        self._url = url
        self.path = path
        path.write_bytes(CONTENT)

    @property
    def mistral(self) -> Mistral:
        """A new one, since its connections stay in the loop that they were made in."""
        return Mistral(api_key=f"mistral-{KEY}", server_url=self._url)

    def run(self, work: Callable[[], Any]) -> Any:
        """Run what is awaited, in a loop and with a client of its own."""

        async def all_of_it() -> Any:
            self.async_gpt = self.async_gpt.with_options(http_client=httpx2.AsyncClient())
            async with self.async_gpt:
                return await work()

        return asyncio.run(all_of_it())


class Upload(NamedTuple):
    """One way to send a file, and what is known of it afterwards."""

    surface: str
    told: dict[str, Any]
    """What is in the record of the request; the content type stands for a body of several parts."""
    do: Callable[[Sdks], Any]


PARTS = {"content_type": "multipart/form-data"}
BATCH = {"purpose": "batch"}
WHISPER = {"model": "whisper-1"}
PDF = {"type": "document_url", "document_url": "data:application/pdf;base64,QUJD"}

UPLOADS = {
    "anthropic": Upload(
        "files.create", PARTS, lambda of: of.claude.beta.files.upload(file=("f", CONTENT, "text/plain"))
    ),
    "anthropic, a path": Upload("files.create", PARTS, lambda of: of.claude.beta.files.upload(file=of.path)),
    "anthropic, read once": Upload(
        "files.create", PARTS, lambda of: of.claude.beta.files.upload(file=("f", Once()))
    ),
    "openai": Upload(
        "files.create", BATCH, lambda of: of.gpt.files.create(file=("f", CONTENT), purpose="batch")
    ),
    "openai, read once": Upload(
        "files.create", BATCH, lambda of: of.gpt.files.create(file=("f", Once()), purpose="batch")
    ),
    "openai, awaited": Upload(
        "files.create",
        BATCH,
        lambda of: of.run(lambda: of.async_gpt.files.create(file=("f", CONTENT), purpose="batch")),
    ),
    "openai, a part": Upload(
        "uploads.parts.create", PARTS, lambda of: of.gpt.uploads.parts.create("upload_1", data=CONTENT)
    ),
    "openai, audio": Upload(
        "audio.transcriptions.create",
        WHISPER,
        lambda of: of.gpt.audio.transcriptions.create(model="whisper-1", file=("a.wav", CONTENT)),
    ),
    "openai, a picture": Upload(
        "images.edit",
        {"model": "gpt-image-1", "prompt": "more moon"},
        lambda of: of.gpt.images.edit(
            model="gpt-image-1", image=[("a.png", CONTENT), ("b.png", CONTENT)], prompt="more moon"
        ),
    ),
    "openai, a generator": Upload(
        "files.create",
        {"content_type": "application/json"},
        lambda of: of.gpt.post("/files", cast_to=object, content=generated()),
    ),
    "openai, a generator that is awaited": Upload(
        "files.create",
        {"content_type": "application/json"},
        lambda of: of.run(lambda: of.async_gpt.post("/files", cast_to=object, content=generated_async())),
    ),
    "openai, bytes": Upload(
        "files.create",
        {"content_type": "application/json", "bytes": len(CONTENT)},
        lambda of: of.gpt.post("/files", cast_to=object, content=CONTENT),
    ),
    "openai, several parts as bytes": Upload(
        "realtime.calls.create",
        PARTS,
        lambda of: of.gpt.realtime.calls.create(sdp=TEXT, session={"type": "realtime"}).text,
    ),
    "gemini": Upload(
        "files.create",
        {"file": {"mime_type": "text/plain", "size_bytes": len(CONTENT)}},
        lambda of: of.gemini.files.upload(file=io.BytesIO(CONTENT), config={"mime_type": "text/plain"}),
    ),
    "gemini, awaited": Upload(
        "files.create",
        {"file": {"mime_type": "text/plain", "size_bytes": len(CONTENT)}},
        lambda of: of.run(
            lambda: of.gemini.aio.files.upload(file=io.BytesIO(CONTENT), config={"mime_type": "text/plain"})
        ),
    ),
    "mistral": Upload(
        "files.create",
        PARTS,
        lambda of: of.mistral.files.upload(file={"file_name": "f", "content": CONTENT}),
    ),
    "mistral, read once": Upload(
        "files.create",
        PARTS,
        lambda of: of.mistral.files.upload(file={"file_name": "f", "content": Once()}),
    ),
    "mistral, awaited": Upload(
        "files.create",
        PARTS,
        lambda of: of.run(lambda: of.mistral.files.upload_async(file={"file_name": "f", "content": CONTENT})),
    ),
    "mistral, audio": Upload(
        "audio.transcriptions.create",
        PARTS,
        lambda of: of.mistral.audio.transcriptions.complete(
            model="voxtral", file={"file_name": "a.wav", "content": CONTENT}
        ),
    ),
    "mistral, a document": Upload(
        "ocr.process",
        {"model": "mistral-ocr", "document": PDF},
        lambda of: of.mistral.ocr.process(model="mistral-ocr", document=PDF),
    ),
}


@pytest.fixture(scope="module")
def saying() -> Iterator[Saying]:
    with Saying() as server:
        server.says = lambda request: _said(server.url, request)
        yield server


def _said(url: str, request: Request) -> Said:
    command = request.headers.get("x-goog-upload-command", "")
    if command == "start":
        more = {"x-goog-upload-url": f"{url}/upload/v1/files?upload_id=1", "x-goog-upload-status": "active"}
        return Said("application/json", [b"{}"], more)
    if "finalize" in command:
        done = json.dumps({"file": {"name": "files/1", "uri": "u", "state": "ACTIVE"}}).encode()
        return Said("application/json", [done], {"x-goog-upload-status": "final"})
    said = next((said for ending, said in SAID.items() if request.path.endswith(ending)), FILE)
    return Said("application/json", [json.dumps(said).encode()])


@pytest.fixture
def sdks(saying: Saying, tmp_path: Path) -> Sdks:
    saying.received.clear()
    return Sdks(saying.url, tmp_path / "file.txt")


def told(request: Request) -> tuple[str, str, bytes]:
    """What a server is told, but for the boundary between its parts, which is another each time."""
    boundary = re.search('boundary="?([^"]*)', request.headers.get("content-type", ""))
    body = request.body.replace(boundary[1].encode(), b"boundary") if boundary else request.body
    return request.method, request.path, body


@pytest.mark.parametrize("way", UPLOADS)
def test_a_file_is_sent(way: str, sdks: Sdks, saying: Saying, log: Any) -> None:
    upload = UPLOADS[way]
    answer = upload.do(sdks)
    event = log.one()
    recorded = [told(request) for request in saying.received]
    assert (event["surface"], event["status"], event["streamed"]) == (upload.surface, "ok", False)
    assert event["quality_signals"] == []
    body = event["request_body"]
    assert {name: body[name] for name in upload.told} == upload.told
    assert "content_type" not in body or body.keys() <= {"content_type", "bytes"}
    written = every_byte_in(log.folder)
    assert b"what stands in the" not in written
    assert KEY.encode() not in written
    tessen.shutdown()
    saying.received.clear()
    without = upload.do(sdks)
    assert type(answer) is type(without)
    assert _plain(answer) == _plain(without)
    assert recorded == [told(request) for request in saying.received]


def _plain(answer: Any) -> Any:
    """An answer without what differs from one to the next."""
    return re.sub(r"'date': '[^']*'", "", str(answer))
