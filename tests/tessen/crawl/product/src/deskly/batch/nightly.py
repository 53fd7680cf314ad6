"""What can wait until night, at half the price."""

import argparse
import time

from anthropic import Anthropic
from anthropic.types.messages.batch_create_params import Request
from openai import OpenAI
from mistralai import Mistral as M

parser = argparse.ArgumentParser()
parser.add_argument("--vendor", choices=["anthropic", "openai", "mistral"])


def submit(anthropic: Anthropic, requests: list[Request]) -> str:
    batch = anthropic.messages.batches.create(requests=requests)
    while True:
        batch = anthropic.messages.batches.retrieve(batch.id)
        if batch.processing_status == "ended":
            break
        time.sleep(60)
    for result in anthropic.messages.batches.results(batch.id):
        print(result.custom_id)
    return batch.id


def submit_openai(path):
    (client,) = (OpenAI(),)
    with open(path, "rb") as f:
        uploaded = client.files.create(file=f, purpose="batch")
    return client.batches.create(input_file_id=uploaded.id, endpoint="/v1/responses", completion_window="24h")


def submit_mistral(ids):
    m = M()
    with m as inner:
        job = inner.batch.jobs.create(input_files=ids, model="mistral-small-latest", endpoint="/v1/chat/completions")
    return job


def main(argv=None):
    args = parser.parse_args(argv)
    if args.vendor == "anthropic":
        if (anthropic := Anthropic()) is not None:
            anthropic.messages.create(model="claude-haiku-4-5", max_tokens=1, messages=[{"role": "user", "content": "up?"}])
            submit(anthropic, [])
    elif args.vendor == "openai":
        submit_openai("batch.jsonl")


if __name__ == "__main__":
    main()
