import json
from contextlib import AsyncExitStack

import aioboto3
import boto3
from boto3.session import Session
from botocore.config import Config

_session = boto3.Session(profile_name="deskly")
s3 = boto3.client("s3")
control = boto3.client("bedrock")
lambda_ = boto3.client("lambda")


class Bedrock:
    SERVICE = "bedrock-runtime"

    def __init__(self, session: Session | None = None, region="eu-central-1"):
        session = session or _session
        self._runtime = session.client(service_name=self.SERVICE, region_name=region, config=Config(read_timeout=300))
        self._queue = session.client("sqs")

    def converse(self, messages, system=None, tools=None):
        request = dict(modelId="eu.amazon.nova-pro-v1:0", messages=messages)
        if system:
            request["system"] = [{"text": system}]
        return self._runtime.converse(**request)["output"]["message"]

    def stream(self, messages):
        for event in self._runtime.converse_stream(modelId="eu.amazon.nova-pro-v1:0", messages=messages)["stream"]:
            if "contentBlockDelta" in event:
                yield event["contentBlockDelta"]["delta"]["text"]

    def titan(self, text):
        body = json.dumps({"inputText": text})
        return self._runtime.invoke_model(modelId="amazon.titan-embed-text-v2:0", body=body)

    def enqueue(self, body):
        self._queue.send_message(QueueUrl="q", MessageBody=body)
        return self.converse([body])


async def converse_async(messages):
    session = aioboto3.Session()
    async with session.client("bedrock-runtime") as runtime:
        return await runtime.converse(modelId="anthropic.claude-haiku-4-5", messages=messages)


async def many(prompts):
    async with AsyncExitStack() as stack:
        runtime = await stack.enter_async_context(aioboto3.Session().client("bedrock-runtime"))
        return [await runtime.invoke_model(modelId="m", body=p) for p in prompts]


def models():
    lambda_.invoke(FunctionName="resize", Payload=b"{}")
    s3.put_object(Bucket="b", Key="k", Body=b"")
    return control.list_foundation_models()
