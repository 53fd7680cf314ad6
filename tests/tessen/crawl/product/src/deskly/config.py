"""Settings, read once from the environment."""

from functools import lru_cache

from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    anthropic_key: str = ""
    openai_key: str = ""
    azure_endpoint: str = "https://deskly.openai.azure.com"
    region: str = "eu-central-1"
    fast_model: str = "claude-haiku-4-5"
    big_model: str = "claude-opus-4-1"
    draft_model: str = "gpt-5-mini"


@lru_cache
def settings() -> Settings:
    return Settings()
