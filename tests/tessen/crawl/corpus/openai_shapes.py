"""OpenAI: chat, responses, embeddings and their wrappers."""

import asyncio
import functools

import instructor
import openai
from langfuse.openai import OpenAI as TracedOpenAI
from openai import AsyncOpenAI, AzureOpenAI, OpenAI

oai = OpenAI()


def chat():
    return oai.chat.completions.create(model="gpt-5", messages=[])  # expect: openai chat.completions.create


def chat_stream():
    for chunk in oai.chat.completions.create(model="gpt-5", messages=[], stream=True):  # expect: openai chat.completions.create
        print(chunk)


def responses():
    return oai.responses.create(model="gpt-5", input="hi")  # expect: openai responses.create


def responses_stream():
    with oai.responses.stream(model="gpt-5", input="hi") as stream:  # expect: openai responses.stream
        return stream.get_final_response()


def parsed(kind):
    return oai.beta.chat.completions.parse(model="gpt-5", messages=[], response_format=kind)  # expect: openai beta.chat.completions.parse


def embedded(texts):
    return oai.embeddings.create(model="text-embedding-3-small", input=texts)  # expect: openai embeddings.create


def module_is_the_client():
    return openai.chat.completions.create(model="gpt-5", messages=[])  # expect: openai chat.completions.create


def the_old_way():
    return openai.ChatCompletion.create(model="gpt-4", messages=[])  # expect: openai ChatCompletion.create


def azure():
    return AzureOpenAI(azure_endpoint="x").chat.completions.create(model="m", messages=[])  # expect: openai chat.completions.create


def traced():
    return TracedOpenAI().chat.completions.create(model="m", messages=[])  # expect: openai chat.completions.create


def patched(kind):
    wrapped = instructor.from_openai(OpenAI())
    return wrapped.chat.completions.create(model="m", messages=[], response_model=kind)  # expect: openai chat.completions.create


def partial():
    ask = functools.partial(oai.chat.completions.create, model="gpt-5")
    return ask(messages=[])  # expect: openai chat.completions.create


async def in_a_thread():
    return await asyncio.to_thread(oai.responses.create, model="gpt-5", input="hi")  # expect: openai responses.create


async def many(prompts):
    client = AsyncOpenAI()
    return await asyncio.gather(
        *(client.chat.completions.create(model="m", messages=[p]) for p in prompts)  # expect: openai chat.completions.create
    )


def pictures_and_sound():
    oai.images.generate(prompt="x")  # expect: openai images.generate
    oai.audio.transcriptions.create(file=None, model="whisper-1")  # expect: openai audio.transcriptions.create


def by_key(name):
    clients = {"eu": OpenAI(base_url="x"), "us": OpenAI()}
    return clients[name].chat.completions.create(model="m", messages=[])  # expect: openai chat.completions.create


def imported_late():
    from openai import OpenAI as Late

    return Late().responses.create(model="m", input="x")  # expect: openai responses.create


def not_calls_of_a_model():
    oai.files.create(file=None, purpose="batch")
    oai.vector_stores.create(name="x")
    oai.beta.threads.messages.create(thread_id="t", role="user", content="x")
