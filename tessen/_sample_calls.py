"""One call of every installed SDK and HTTP library to a server of our own, with recording on.

What belongs here is the child process of `tessen doctor`: how each library is asked for one call, and what
the server answers. It prints nothing, reaches nothing but loopback, and leaves its results in a file beside
the log.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any

import tessen
from tessen import _samples

RESULTS = "results.json"
KEY = "no-key-of-anybody"
_MESSAGES = [{"role": "user", "content": "tessen doctor"}]
_ASKED = {"model": "doctor", "max_tokens": 1, "messages": _MESSAGES}


def anthropic(url: str) -> None:
    """Ask with the Anthropic SDK."""
    client = import_module("anthropic").Anthropic(base_url=url, api_key=KEY, max_retries=0)
    client.messages.create(**_ASKED)


def openai(url: str) -> None:
    """Ask with the OpenAI SDK."""
    client = import_module("openai").OpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0)
    client.chat.completions.create(model="doctor", messages=_MESSAGES)


def google_genai(url: str) -> None:
    """Ask with the Google Gen AI SDK."""
    client = import_module("google.genai").Client(api_key=KEY, http_options={"base_url": url})
    client.models.generate_content(model="doctor", contents="tessen doctor")


def cohere(url: str) -> None:
    """Ask with the Cohere SDK."""
    import_module("cohere").ClientV2(api_key=KEY, base_url=url).chat(model="doctor", messages=_MESSAGES)


def mistralai(url: str) -> None:
    """Ask with the Mistral SDK."""
    client = import_module("mistralai.client").Mistral(api_key=KEY, server_url=url)
    client.chat.complete(model="doctor", messages=_MESSAGES)


def httpx2(url: str) -> None:
    """Ask with httpx2."""
    import_module("httpx2").post(f"{url}/v1/messages", json=_ASKED)


def httpx(url: str) -> None:
    """Ask with httpx."""
    import_module("httpx").post(f"{url}/v1/messages", json=_ASKED)


def requests(url: str) -> None:
    """Ask with requests."""
    import_module("requests").post(f"{url}/v1/messages", json=_ASKED, timeout=30)


def urllib3(url: str) -> None:
    """Ask with urllib3."""
    headers = {"content-type": "application/json"}
    body = json.dumps(_ASKED).encode()
    import_module("urllib3").PoolManager().request("POST", f"{url}/v1/messages", body=body, headers=headers)


def aiohttp(url: str) -> None:
    """Ask with aiohttp."""

    async def ask() -> None:
        session = import_module("aiohttp").ClientSession()
        async with session, session.post(f"{url}/v1/messages", json=_ASKED) as response:
            await response.read()

    asyncio.run(ask())


CALLS: dict[str, Callable[[str], None]] = {
    "anthropic": anthropic,
    "openai": openai,
    "google-genai": google_genai,
    "cohere": cohere,
    "mistralai": mistralai,
    "httpx2": httpx2,
    "httpx": httpx,
    "requests": requests,
    "urllib3": urllib3,
    "aiohttp": aiohttp,
}
"""By distribution; each is given the address of the server."""

_USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
_CHAT = {
    "id": "doctor",
    "object": "chat.completion",
    "created": 0,
    "model": "doctor",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "well"}}],
    "usage": _USAGE,
}
_ANSWERS: dict[str, dict[str, Any]] = {
    "/messages": {
        "id": "doctor",
        "type": "message",
        "role": "assistant",
        "model": "doctor",
        "content": [{"type": "text", "text": "well"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    },
    "/completions": _CHAT,
    "/chat": {
        "id": "doctor",
        "finish_reason": "COMPLETE",
        "message": {"role": "assistant", "content": [{"type": "text", "text": "well"}]},
        "usage": {"tokens": {"input_tokens": 1, "output_tokens": 1}},
    },
    ":generateContent": {
        "candidates": [{"content": {"role": "model", "parts": [{"text": "well"}]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2},
        "modelVersion": "doctor",
    },
}
"""By how the address ends."""


class _Answers(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        path = self.path.partition("?")[0]
        said = next((answer for end, answer in _ANSWERS.items() if path.endswith(end)), None)
        body = json.dumps(said or {"error": {"message": "no such operation"}}).encode()
        self.send_response(404 if said is None else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def main() -> None:
    """Make the calls that the command line names; each is a session of its library's name."""
    tessen.init()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    problems = {}
    for name in sys.argv[1:]:
        try:
            with tessen.session(name):
                CALLS[name](f"http://127.0.0.1:{server.server_port}")
        except Exception as problem:
            problems[name] = _samples.said(f"{type(problem).__name__}: {problem}")
    tessen.shutdown()
    Path(os.environ["TESSEN_LOG_DIR"], RESULTS).write_text(json.dumps(problems))


if __name__ == "__main__":
    main()
