"""Objects whose methods have the same names."""

import subprocess

import stripe
from django.db import models
from groq import Groq
from twilio.rest import Client

client = Client("sid", "token")
openai_client_name = "openai"


class Message(models.Model):
    pass


class Chat:
    class Completions:
        def create(self, **options):
            return options

    completions = Completions()

    def chat(self, text):
        return text

    def invoke(self, text):
        return text


class Bot:
    chat = Chat()

    def run(self):
        return self.chat.completions.create(model="m", messages=[])


def twilio():
    client.messages.create(to="+1", from_="+1", body="anthropic")
    return client.messages.stream()


def twilio_handed_in(client):
    return client.messages.create(to="+1", from_="+1", body="x")


def others():
    Message.objects.create(text="x")
    stripe.Customer.create(email="x")
    Chat().chat("x")
    Chat().invoke("x")
    Bot().run()
    subprocess.run(["ls"], check=True)
    return Groq().chat.completions.create(model="llama", messages=[])


def shadowed():
    import anthropic

    client = anthropic.Anthropic()
    client = Client("sid", "token")
    return client.messages.create(model="m", messages=[])


def other_branch(kind):
    if kind == "sms":
        sender = Client("sid", "token")
        sender.messages.create(model="m", messages=[])
    else:
        import anthropic

        sender = anthropic.Anthropic()
    return None


def strings():
    """openai.OpenAI().chat.completions.create(model="m")"""
    # anthropic.Anthropic().messages.create(model="m", messages=[])
    return "litellm.completion(model='m', messages=[])"
