"""Google: the new SDK and the old one."""

import google.generativeai as palm
from google import genai
from google.genai import Client
from google.genai import types

client = genai.Client()


def generate():
    return client.models.generate_content(model="gemini-3", contents="x")  # expect: google_gemini models.generate_content


def stream():
    for chunk in client.models.generate_content_stream(model="gemini-3", contents="x"):  # expect: google_gemini models.generate_content_stream
        print(chunk.text)


async def asynchronous():
    return await Client().aio.models.generate_content(model="gemini-3", contents="x")  # expect: google_gemini models.generate_content


def embed():
    return client.models.embed_content(model="e", contents="x")  # expect: google_gemini models.embed_content


def with_tools(tool):
    config = types.GenerateContentConfig(tools=[tool])
    return client.models.generate_content(model="gemini-3", contents="x", config=config)  # expect: google_gemini models.generate_content


def chat():
    talk = client.chats.create(model="gemini-3")
    return talk.send_message("hi")  # expect: google_gemini chats.send_message


def old():
    model = palm.GenerativeModel("gemini-pro")
    return model.generate_content("x")  # expect: google_gemini models.generate_content


def old_chat():
    return palm.GenerativeModel("gemini-pro").start_chat().send_message("x")  # expect: google_gemini chats.send_message


def old_embedding():
    return palm.embed_content(model="e", content="x")  # expect: google_gemini models.embed_content


def not_calls_of_a_model():
    client.files.upload(file="x")
    client.models.list()
    client.caches.create(model="gemini-3")
