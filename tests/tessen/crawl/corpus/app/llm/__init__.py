from .provider import Provider, get_client, shared

__all__ = ["Provider", "get_client", "shared"]
