"""The way to the API through the proxy that the machine is told to use.

What belongs here is what `HTTPS_PROXY` and `NO_PROXY` say, and asking such a proxy for a tunnel. What goes
through it is TLS from end to end.
"""

from __future__ import annotations

import base64
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

import h11

from capture.proxy.line import Line


def proxy_for(host: str, port: int) -> SplitResult | None:
    """Return the URL of the proxy that leads to a secure server; None where the way is direct.

    Raises:
        ValueError: It is no `http://` URL.
    """
    named = getproxies_environment()
    said = named.get("https") or named.get("all")
    if not said or proxy_bypass_environment(f"{host}:{port}", named):
        return None
    url = urlsplit(said if "://" in said else f"http://{said}")
    if url.scheme != "http" or not url.hostname:
        raise ValueError(f"HTTPS_PROXY must be an http:// URL, and its scheme is {url.scheme!r}")
    return url


async def ask_for_tunnel(line: Line, proxy: SplitResult, host: str, port: int) -> None:
    """Have a proxy connect to a server.

    Args:
        line: A connection to the proxy.
        proxy: Its URL.
        host: The server's name.
        port: The server's port.

    Raises:
        ConnectionError: It refuses, or closes the connection.
        h11.RemoteProtocolError: It does not speak HTTP.
    """
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    headers = [("Host", authority)]
    if proxy.username is not None:
        pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        headers.append(("Proxy-Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"))
    line.send(h11.Request(method="CONNECT", target=authority, headers=headers), h11.EndOfMessage())
    answer = await line.receive()
    while isinstance(answer, h11.InformationalResponse):
        answer = await line.receive()
    if not isinstance(answer, h11.Response):
        raise ConnectionError("the proxy closed the connection")
    if not 200 <= answer.status_code < 300:
        said = answer.reason.decode("latin-1")
        raise ConnectionRefusedError(f"the proxy answered {answer.status_code} {said}".strip())
