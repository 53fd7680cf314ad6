"""The vendors' clients for other companies' clouds: the same events as from the vendors' own.

The clients have their real addresses; below the HTTP library each request is turned to the scripted server,
at the path under which it speaks the same protocol.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import anthropic
import httpx2
import openai
import pytest
from google import genai
from google.auth.credentials import Credentials
from mistralai.azure.client import MistralAzure
from mistralai.gcp.client import MistralGCP

from capture.scripted import Answer, ScriptedServer

TOKEN = "ya29.0123456789-secret-of-the-test"
KEY = "0123456789abcdef0123456789abcdef"
AWS: Any = {
    "aws_access_key": "AKIAIOSFODNN7EXAMPLE",
    "aws_secret_key": "wJalrXUtnFEMI0K7MDENG0bPxRfiCYEXAMPLEKEY",
    "aws_region": "us-east-1",
}
SECRETS = (TOKEN, KEY, AWS["aws_secret_key"])
QUESTION: Any = [{"role": "user", "content": "hello"}]
MESSAGE: Any = {"model": "claude-haiku-4-5", "max_tokens": 9, "messages": QUESTION}
CHAT: Any = {"model": "my-deployment", "messages": QUESTION}
LARGE: Any = {"model": "mistral-large-2411", "messages": QUESTION}
CONTENT: Any = {"model": "gemini-2.5-flash", "contents": "hello"}


class GoogleToken(Credentials):
    """Credentials that never need to be asked for anew."""

    def __init__(self) -> None:
        super().__init__()
        self.token = TOKEN

    def refresh(self, request: object) -> None:
        raise AssertionError(request)


def turned(server: ScriptedServer, path: str, model: str) -> httpx2.Client:
    """A client whose requests end at the scripted server, with the model in their body."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        body = {"model": model, **json.loads(request.content)}
        if "treamRawPredict" in str(request.url) or "sse" in str(request.url):
            body["stream"] = True
        done = httpx2.post(server.url + path, json=body)
        kept = {"content-type": done.headers["content-type"]}
        return httpx2.Response(done.status_code, headers=kept, content=iter([done.content]))

    return httpx2.Client(transport=httpx2.MockTransport(answer))


class Cloud(NamedTuple):
    """One client for a cloud: what is asked of it, and what is to be known of the call."""

    ask: Callable[[httpx2.Client], Any]
    path: str
    """Where the scripted server speaks its protocol."""
    provider: str
    surface: str
    model: str
    address: str
    """What is in the call's address."""


def vertex_claude(http: httpx2.Client) -> Any:
    return anthropic.AnthropicVertex(project_id="p", region="us-east5", access_token=TOKEN, http_client=http)


def foundry(http: httpx2.Client) -> Any:
    return anthropic.AnthropicFoundry(api_key=KEY, resource="mine", http_client=http)


def azure(http: httpx2.Client) -> Any:
    endpoint = "https://mine.openai.azure.com"
    return openai.AzureOpenAI(azure_endpoint=endpoint, api_key=KEY, api_version="v", http_client=http)


def vertex_gemini(http: httpx2.Client) -> Any:
    options: Any = {"httpx_client": http}
    return genai.Client(
        vertexai=True, project="p", location="us-east5", credentials=GoogleToken(), http_options=options
    )


def azure_mistral(http: httpx2.Client) -> Any:
    return MistralAzure(api_key=KEY, server_url="https://mine.models.ai.azure.com", client=http)


def vertex_mistral(http: httpx2.Client) -> Any:
    return MistralGCP(project_id="p", region="us-east5", access_token=TOKEN, client=http)


CLAUDE = ("anthropic", "messages.create", "claude-haiku-4-5")
MISTRAL = ("mistral", "chat.complete", "mistral-large-2411")
STREAMED = ("mistral", "chat.stream", "mistral-large-2411")
GENERATE = "/v1beta/models/gemini-2.5-flash:generateContent"
COMPLETE = "/mistral/v1/chat/completions"


def gemini_streamed(http: httpx2.Client) -> None:
    client = vertex_gemini(http)
    list(client.models.generate_content_stream(**CONTENT))


def gemini_plain(http: httpx2.Client) -> None:
    client = vertex_gemini(http)
    client.models.generate_content(**CONTENT)


def through_aws(http: httpx2.Client) -> None:
    anthropic.AnthropicAWS(**AWS, workspace_id="w", http_client=http).messages.create(**MESSAGE)


CLOUDS = {
    "anthropic vertex": Cloud(
        lambda http: vertex_claude(http).messages.create(**MESSAGE),
        *("/v1/messages", *CLAUDE, "publishers/anthropic/models/claude-haiku-4-5:rawPredict"),
    ),
    "anthropic vertex, streamed": Cloud(
        lambda http: list(vertex_claude(http).messages.create(**MESSAGE, stream=True)),
        *("/v1/messages", "anthropic", "messages.stream", "claude-haiku-4-5", ":streamRawPredict"),
    ),
    "anthropic bedrock": Cloud(
        lambda http: anthropic.AnthropicBedrock(**AWS, http_client=http).messages.create(**MESSAGE),
        *("/v1/messages", *CLAUDE, "bedrock-runtime.us-east-1.amazonaws.com/model/claude-haiku-4-5/invoke"),
    ),
    "anthropic foundry": Cloud(
        lambda http: foundry(http).messages.create(**MESSAGE),
        *("/v1/messages", *CLAUDE, "mine.services.ai.azure.com/anthropic/v1/messages"),
    ),
    "anthropic aws": Cloud(through_aws, "/v1/messages", *CLAUDE, "us-east-1"),
    "azure chat": Cloud(
        lambda http: azure(http).chat.completions.create(**CHAT),
        *("/v1/chat/completions", "openai", "chat.completions.create", "my-deployment"),
        "mine.openai.azure.com/openai/deployments/my-deployment/chat/completions",
    ),
    "azure chat, streamed": Cloud(
        lambda http: list(
            azure(http).chat.completions.create(**CHAT, stream=True, stream_options={"include_usage": True})
        ),
        *("/v1/chat/completions", "openai", "chat.completions.stream", "my-deployment"),
        "/openai/deployments/my-deployment/chat/completions",
    ),
    "azure responses": Cloud(
        lambda http: azure(http).responses.create(model="my-deployment", input="hello"),
        *("/v1/responses", "openai", "responses.create", "my-deployment", "/openai/responses"),
    ),
    "gemini vertex": Cloud(
        gemini_plain,
        *(GENERATE, "google_gemini", "models.generate_content", "gemini-2.5-flash"),
        "us-east5-aiplatform.googleapis.com/v1beta1/projects/p/locations/us-east5/publishers/google/models/",
    ),
    "gemini vertex, streamed": Cloud(
        gemini_streamed,
        GENERATE.replace(":generate", ":streamGenerate"),
        *("google_gemini", "models.generate_content_stream", "gemini-2.5-flash", ":streamGenerateContent"),
    ),
    "mistral azure": Cloud(
        lambda http: azure_mistral(http).chat.complete(**LARGE),
        *(COMPLETE, *MISTRAL, "mine.models.ai.azure.com/models/chat/completions"),
    ),
    "mistral azure, streamed": Cloud(
        lambda http: list(azure_mistral(http).chat.stream(**LARGE)),
        *(COMPLETE, *STREAMED, "mine.models.ai.azure.com/models/chat/completions"),
    ),
    "mistral vertex": Cloud(
        lambda http: vertex_mistral(http).chat.complete(**LARGE),
        *(COMPLETE, *MISTRAL, "publishers/mistralai/models/mistral-large-2411:rawPredict"),
    ),
    "mistral vertex, streamed": Cloud(
        lambda http: list(vertex_mistral(http).chat.stream(**LARGE)),
        *(COMPLETE, *STREAMED, "publishers/mistralai/models/mistral-large-2411:streamRawPredict"),
    ),
    "mistral vertex, filled in": Cloud(
        lambda http: vertex_mistral(http).fim.complete(model="codestral-2405", prompt="def "),
        *("/mistral/v1/fim/completions", "mistral", "fim.complete", "codestral-2405", ":rawPredict"),
    ),
}


@pytest.mark.parametrize("name", CLOUDS)
def test_one_event_as_from_the_vendors_own_client(name: str, server: ScriptedServer, log: Any) -> None:
    cloud = CLOUDS[name]
    server.enqueue(Answer(text="It is on its way."))
    with turned(server, cloud.path, cloud.model) as http:
        cloud.ask(http)
    event = log.one()
    assert (event["provider"], event["surface"], event["model"]) == cloud[2:5]
    assert event["_tessen_tier"] == 1
    assert cloud.address in event["http_url"]
    assert event["streamed"] == name.endswith("streamed")
    assert event["usage"]["output_tokens"] > 0
    assert "on its way." in str(event["response_body" if event["streamed"] else "casted_response"])
    assert event["quality_signals"] == []
    assert not any(secret in str(log.lines()) for secret in SECRETS)
