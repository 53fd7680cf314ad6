"""One door for every model that a tenant brings a key for."""

import litellm
from litellm import Router, acompletion, aembedding
from litellm import completion as complete
from litellm.exceptions import RateLimitError
from tenacity import AsyncRetrying, retry, stop_after_attempt, wait_exponential

litellm.drop_params = True
router = Router(model_list=[{"model_name": "fast", "litellm_params": {"model": "groq/llama-3.3-70b-versatile"}}])


@retry(stop=stop_after_attempt(3), wait=wait_exponential())
def ask(tenant, prompt, **options):
    """Ask the tenant's own model."""
    kwargs = {"api_key": tenant.key, **options}
    return complete(model=tenant.model, messages=[{"role": "user", "content": prompt}], **kwargs)


async def ask_async(tenant, prompt):
    async for attempt in AsyncRetrying(stop=stop_after_attempt(3)):
        with attempt:
            return await acompletion(model=tenant.model, messages=[{"role": "user", "content": prompt}])


async def routed(prompt):
    try:
        return await router.acompletion(model="fast", messages=[{"role": "user", "content": prompt}])
    except RateLimitError:
        return await litellm.acompletion(model="gpt-5-mini", messages=[{"role": "user", "content": prompt}], stream=True)


async def vectors(texts):
    return (await aembedding(model="cohere/embed-v4.0", input=texts)).data


def responses(prompt):
    return litellm.responses(model="openai/gpt-5", input=prompt)


class Shell:
    """Tab completion of the admin shell."""

    def completion(self, text, state):
        return [word for word in ("open", "close") if word.startswith(text)][state]

    def run(self, text):
        return self.completion(text, 0)


def completion(model, messages):
    return model, messages


def local():
    return completion(model="x", messages=[])
