"""Queues, tasks, clusters and documents, each of which has verbs of its own."""

from __future__ import annotations

import click
import queue
import threading

import dramatiq
import kubernetes
import redis
import requests
import weaviate
from celery import Celery, chain
from click.testing import CliRunner
from elasticsearch import Elasticsearch
from googleapiclient.discovery import build
from hubspot import HubSpot
from intercom import Intercom
from kafka import KafkaProducer
from notion_client import Client as Notion
from openai_harmony import load_encoding
from telegram import Bot
from zulip import Client as Anthropic

celery = Celery("deskly")
hubspot = HubSpot()
intercom = Intercom()
notion = Notion()
elastic = Elasticsearch()
drive = build("drive", "v3")
bot = Bot("t")
zulip = Anthropic()
cache = redis.Redis()


@celery.task
def complete(ticket: int) -> int:
    return ticket


@click.command()
def cli():
    complete.delay(1)
    complete(1)


def invoke_everything():
    CliRunner().invoke(cli)
    chain(complete.s(1), complete.s(2)).apply_async()
    cli.invoke(click.Context(cli))


def contact(text):
    intercom.messages.create(message_type="email", subject="x", body=text)
    intercom.conversations.create(messages=[text], model="lead")
    hubspot.crm.contacts.basic_api.create(model="c")
    hubspot.conversations.messages.create(model="m", input=text)
    notion.pages.create(parent={}, properties={})
    drive.files().create(body={}).execute()
    bot.send_message(chat_id=1, text=text)
    zulip.messages.create(content=text, type="stream")
    return zulip.send_message({"content": text})


def search(text):
    elastic.search(index="kb", query={"match": {"text": text}})
    client = weaviate.connect_to_local()
    client.batch.create(objects=[])
    client.collections.create("Ticket")
    return client.collections.get("Ticket").generate.near_text(text)


def raw(text):
    api = kubernetes.client.BatchV1Api()
    api.create_namespaced_job("default", {})
    encoding = load_encoding("o200k")
    encoding.render_conversation_for_completion(text)
    return requests.post("https://status.deskly.example/messages", json={"model": "m", "messages": [text]})


class Worker(threading.Thread):
    """Takes jobs from a queue."""

    def __init__(self, client, producer: KafkaProducer):
        super().__init__()
        self.client = client
        self.producer = producer
        self.inbox: queue.Queue[str] = queue.Queue()

    def run(self):
        for text in iter(self.inbox.get, None):
            self.client.messages.create(to="x", from_="y", body=text)
            self.client.completions.create(ticket=text)
            self.client.chat(text)
            self.client.embed(text)
            self.client.invoke(text)
            self.producer.send("topic", text.encode())

    def stream(self):
        return self.client.responses.stream(limit=5)


@dramatiq.actor
def embed(text):
    return len(text)


def later(text):
    embed.send(text)
    embed(text)
    return cache.set(text, "x")


def typed(client: Intercom, session: requests.Session, text):
    client.messages.create(model="m", max_tokens=1, messages=[text])
    client.chat.completions.create(model="m", messages=[text])
    return session.messages.create(model="m", messages=[text])
