"""Names that were a client once, or look like one."""

from anthropic import Anthropic
from openai import OpenAI

from deskly.domain.ticket import Conversation, Responses, Survey

client = Anthropic()


class Repository:
    """Rows."""

    def __init__(self):
        self.messages = Responses()
        self.responses = Responses()

    def create(self, **row):
        return row


def rebound():
    client = Repository()
    return client.messages.create(model="m", messages=[])


def parameter(client: Repository):
    return client.responses.create(model="m", input="x")


def local_class():
    class OpenAI:
        responses = Responses()

    return OpenAI().responses.create(model="m", input="x")


def other_attribute():
    client.label = "x"
    repository = Repository()
    repository.create(model="m", messages=[])
    return [client.messages.create(model="m", messages=[]) for client in (Repository(), Repository())]


def survey(client: Survey):
    client.messages.create(model="survey", messages=["x"])
    for conversation in Conversation.objects.all():
        conversation.messages.create(text="x")


def comprehension_leaks_not():
    [client for client in (Repository(),)]
    return client.messages.create(model="m", max_tokens=1, messages=[])


def deleted():
    gone = OpenAI()
    gone = None
    return gone


def documented():
    """Example::

        client.messages.create(model="m", max_tokens=1, messages=[])
    """
    code = "OpenAI().responses.create(model='m', input='x')"
    return f"{client.api_key}: client.messages.create()", code


class Anthropics:
    def Anthropic(self):  # noqa: N802
        return Repository()

    def go(self):
        return self.Anthropic().messages.create(model="m", messages=[])


def not_called():
    return client.messages.create, OpenAI().responses


def wrapped_in_own_method(text):
    return Wrapper(client).create(text)


class Wrapper:
    def __init__(self, inner: Anthropic):
        self.inner = inner

    def create(self, text):
        return self.inner.messages.create(model="m", max_tokens=1, messages=[{"role": "user", "content": text}])

    def __getattr__(self, name):
        return getattr(self.inner, name)
