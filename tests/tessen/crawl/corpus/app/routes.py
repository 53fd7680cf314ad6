"""Names no vendor at all: every client comes from another file."""

from app.llm import Provider, get_client, shared
from app.llm import provider as factory

from . import llm


def from_a_factory():
    return get_client().messages.create(model="m", messages=[])  # expect: anthropic messages.create


def imported_client():
    return shared.chat.completions.create(model="m", messages=[])  # expect: openai chat.completions.create


def through_the_module():
    return llm.shared.embeddings.create(model="m", input=["x"])  # expect: openai embeddings.create


def attribute_of_an_instance():
    provider = Provider()
    return provider.client.messages.create(model="m", messages=[])  # expect: anthropic messages.create


def injected(provider: Provider):
    return provider.anthropic.messages.create(model="m", messages=[])  # expect: anthropic messages.create


def untyped(kind):
    return factory.untyped_factory(kind).chat.completions.create(model="m", messages=[])  # expect: openai chat.completions.create


def lazy():
    return factory.global_client().messages.create(model="m", messages=[])  # expect: anthropic messages.create


def managed():
    with factory.opened() as client:
        return client.messages.create(model="m", messages=[])  # expect: anthropic messages.create
