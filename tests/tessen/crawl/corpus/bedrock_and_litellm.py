"""Bedrock through boto3, and LiteLLM."""

import boto3
import litellm
from litellm import Router, acompletion, completion
from litellm import embedding as embed

runtime = boto3.client("bedrock-runtime", region_name="us-east-1")
session = boto3.Session(profile_name="x")
storage = boto3.client("s3")


def invoke(body):
    return runtime.invoke_model(modelId="anthropic.claude-v2", body=body)  # expect: bedrock invoke_model


def converse():
    return runtime.converse(modelId="amazon.nova-pro", messages=[])  # expect: bedrock converse


def from_a_session():
    client = session.client(service_name="bedrock-runtime")
    return client.converse_stream(modelId="amazon.nova-pro", messages=[])  # expect: bedrock converse_stream


def lite():
    return completion(model="gpt-5", messages=[])  # expect: litellm completion


async def lite_async():
    return await acompletion(model="gpt-5", messages=[])  # expect: litellm acompletion


def lite_module():
    litellm.completion(model="gpt-5", messages=[])  # expect: litellm completion
    return embed(model="e", input=["x"])  # expect: litellm embedding


def lite_router():
    router = Router(model_list=[])
    return router.completion(model="gpt-5", messages=[])  # expect: litellm completion


def not_calls_of_a_model():
    storage.create_bucket(Bucket="x")
    boto3.client("lambda").invoke(FunctionName="x")
    boto3.client("bedrock").list_foundation_models()
    litellm.token_counter(model="gpt-5", text="x")
