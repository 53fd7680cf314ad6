"""Anthropic: every way to reach the messages resource."""

import anthropic
import anthropic as claude_sdk
from anthropic import Anthropic, AsyncAnthropic
from anthropic import Anthropic as Claude

client = anthropic.Anthropic()


def plain(prompt):
    return client.messages.create(model="claude-sonnet-5", max_tokens=10, messages=[prompt])  # expect: anthropic messages.create


def aliased_module():
    return claude_sdk.Anthropic().messages.create(model="m", messages=[])  # expect: anthropic messages.create


def aliased_class():
    llm = Claude(api_key="k")
    return llm.messages.create(model="m", messages=[])  # expect: anthropic messages.create


def options():
    return client.with_options(max_retries=5).messages.create(model="m", messages=[])  # expect: anthropic messages.create


def copied():
    patient = client.copy(timeout=600)
    return patient.messages.create(model="m", messages=[])  # expect: anthropic messages.create


def raw():
    return client.messages.with_raw_response.create(model="m", messages=[])  # expect: anthropic messages.create


def raw_client():
    return client.with_raw_response.messages.create(model="m", messages=[])  # expect: anthropic messages.create


def beta():
    return client.beta.messages.create(model="m", messages=[], betas=["x"])  # expect: anthropic beta.messages.create


def streamed():
    with client.messages.stream(model="m", messages=[]) as stream:  # expect: anthropic messages.stream
        for text in stream.text_stream:
            print(text)


def batches():
    return client.messages.batches.create(requests=[])  # expect: anthropic messages.batches.create


def chain_of_lines():
    return (
        client
        .messages
        .create(model="m", messages=[])  # expect: anthropic messages.create
    )


async def awaited():
    async with AsyncAnthropic() as asynchronous:
        return await asynchronous.messages.create(model="m", messages=[])  # expect: anthropic messages.create


def resource_in_a_variable():
    messages = client.messages
    return messages.create(model="m", messages=[])  # expect: anthropic messages.create


def method_in_a_variable():
    create = client.messages.create
    return create(model="m", messages=[])  # expect: anthropic messages.create


def in_a_comprehension(prompts):
    return [client.messages.create(model="m", messages=[p]) for p in prompts]  # expect: anthropic messages.create


def first_that_works():
    for each in [Anthropic(), Anthropic(base_url="x")]:
        return each.messages.create(model="m", messages=[])  # expect: anthropic messages.create


def walrus():
    if (answer := client.messages.create(model="m", messages=[])) is not None:  # expect: anthropic messages.create
        return answer
    return None


def bedrock_and_vertex(cloud):
    if cloud == "aws":
        hosted = anthropic.AnthropicBedrock()
    else:
        hosted = anthropic.AnthropicVertex()
    return hosted.messages.create(model="m", messages=[])  # expect: anthropic messages.create


def others():
    client.messages.count_tokens(model="m", messages=[])  # expect: anthropic messages.count_tokens
    client.models.list()
    client.beta.files.upload(file=None)
    text = "client.messages.create(model='m')"
    # client.messages.create(model="m", messages=[])
    return text
