"""Text to vectors, by whichever vendor a tenant chose."""

import asyncio
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from itertools import batched

import cohere
import voyageai
from google import genai
from google.genai import types as gtypes
from mistralai import Mistral
from openai import OpenAI as Gpt

from deskly.retrieval.store import VectorStore


class Embedder(ABC):
    @abstractmethod
    def embed(self, texts: list[str]) -> list[list[float]]: ...

    def embed_one(self, text: str) -> list[float]:
        return self.embed([text])[0]


class OpenAIEmbedder(Embedder):
    @cached_property
    def client(self):
        return Gpt()

    def embed(self, texts):
        return [row.embedding for row in self.client.embeddings.create(model="text-embedding-3-large", input=texts).data]

    def embed_many(self, texts, width=4):
        with ThreadPoolExecutor(width) as pool:
            jobs = [pool.submit(self.client.embeddings.create, model="text-embedding-3-large", input=list(part)) for part in batched(texts, 96)]
        return [row.embedding for job in jobs for row in job.result().data]


class CohereEmbedder(Embedder):
    def __init__(self, key: str):
        self.co = cohere.ClientV2(api_key=key)
        self._embed = partial(self.co.embed, model="embed-v4.0", embedding_types=["float"])

    def embed(self, texts):
        return self._embed(texts=texts, input_type="search_document").embeddings.float_

    def rerank(self, query, docs):
        return self.co.rerank(model="rerank-v3.5", query=query, documents=docs, top_n=5)

    def answer(self, question):
        for event in self.co.chat_stream(model="command-a-03-2025", messages=[{"role": "user", "content": question}]):
            if event.type == "content-delta":
                yield event.delta.message.content.text


class MistralEmbedder(Embedder):
    client = Mistral(api_key="")

    def embed(self, texts):
        return [d.embedding for d in type(self).client.embeddings.create(model="mistral-embed", inputs=texts).data]


class GeminiEmbedder(Embedder):
    def __init__(self, client: genai.Client):
        self._models = client.models

    def embed(self, texts):
        config = gtypes.EmbedContentConfig(output_dimensionality=768)
        found = self._models.embed_content(model="gemini-embedding-001", contents=texts, config=config)
        return [e.values for e in found.embeddings]


class LocalEmbedder(Embedder):
    def __init__(self, store: VectorStore):
        self.client = store

    def embed(self, texts):
        return self.client.embed(texts)


EMBEDDERS = {"openai": OpenAIEmbedder, "mistral": MistralEmbedder}


def embedder(name: str) -> Embedder:
    return EMBEDDERS[name]()


async def embed_async(texts):
    co = cohere.AsyncClientV2()
    parts = await asyncio.gather(*(co.embed(model="embed-v4.0", texts=list(part), input_type="search_query") for part in batched(texts, 96)))
    return [vector for part in parts for vector in part.embeddings.float_]


def embed_for(name, texts):
    return embedder(name).embed(texts)
