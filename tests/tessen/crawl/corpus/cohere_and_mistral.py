"""Cohere and Mistral."""

import cohere
from cohere import AsyncClientV2
from mistralai import Mistral

co = cohere.ClientV2()
mistral = Mistral(api_key="k")


def cohere_chat():
    return co.chat(model="command-a", messages=[])  # expect: cohere chat


def cohere_stream():
    for event in co.chat_stream(model="command-a", messages=[]):  # expect: cohere chat_stream
        print(event)


def cohere_others():
    co.embed(texts=["x"], model="embed-v4")  # expect: cohere embed
    return co.rerank(query="x", documents=[])  # expect: cohere rerank


async def cohere_async():
    async with AsyncClientV2() as client:
        return await client.chat(model="command-a", messages=[])  # expect: cohere chat


def old_cohere():
    return cohere.Client("k").generate(prompt="x")  # expect: cohere generate


def mistral_chat():
    return mistral.chat.complete(model="mistral-large", messages=[])  # expect: mistral chat.complete


def mistral_stream():
    with Mistral() as client:
        return list(client.chat.stream(model="mistral-large", messages=[]))  # expect: mistral chat.stream


async def mistral_async():
    return await mistral.chat.complete_async(model="mistral-large", messages=[])  # expect: mistral chat.complete_async


def mistral_others():
    mistral.embeddings.create(model="mistral-embed", inputs=["x"])  # expect: mistral embeddings.create
    mistral.fim.complete(model="codestral", prompt="x")  # expect: mistral fim.complete
    return mistral.ocr.process(model="mistral-ocr", document={})  # expect: mistral ocr.process


def others():
    co.tokenize(text="x", model="command-a")  # expect: cohere tokenize
    mistral.files.upload(file={})
    mistral.models.list()
