import pytest
from openai import OpenAI


@pytest.fixture
def answer():
    return OpenAI(base_url="http://127.0.0.1:1").responses.create(model="m", input="x")
