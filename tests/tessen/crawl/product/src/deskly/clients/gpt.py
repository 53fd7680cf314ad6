import os
from typing import Optional

import httpx
import openai
from openai import AsyncAzureOpenAI as _Azure
from openai import OpenAI

from ..config import settings

_CLIENTS: dict[str, OpenAI] = {}


def gpt(tenant: str = "default") -> OpenAI:
    try:
        return _CLIENTS[tenant]
    except KeyError:
        _CLIENTS[tenant] = made = OpenAI(api_key=settings().openai_key, http_client=httpx.Client(http2=True))
        return made


def azure(deployment: Optional[str] = None) -> _Azure:
    return _Azure(
        azure_endpoint=settings().azure_endpoint,
        azure_deployment=deployment,
        api_version=os.environ.get("AZURE_API_VERSION", "2025-03-01-preview"),
    )


class Moderator:
    """Asks before anything that a customer wrote is shown to another."""

    client_class = openai.OpenAI

    def __init__(self, *, client: Optional[openai.OpenAI] = None):
        self._client = client or self.client_class()

    def allowed(self, text: str) -> bool:
        answer = self._client.moderations.create(model="omni-moderation-latest", input=text)
        return not any(result.flagged for result in answer.results)

    def __call__(self, text):
        return self.allowed(text)
