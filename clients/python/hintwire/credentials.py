"""Whom to trust, and how to say who one is."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from inspect import isawaitable
from pathlib import Path

import grpc

from .error import Error

#: Gives the bearer token of a call, at once or when awaited. It is asked for each one, so it should remember what it got
#: as long as that holds. A call for which it raises is one that may be tried again.
Token = Callable[[], str | Awaitable[str]]


@dataclass(frozen=True, kw_only=True)
class Tls:
    """A hub that speaks TLS. Files are PEM, and are read once, by the client that gets this."""

    #: The certificates that the hub's may be signed by. Default: those that grpc comes with.
    ca: str | Path | None = None
    #: The client's own, for a hub that asks for one, and its key. Default: none.
    certificate: str | Path | None = None
    key: str | Path | None = None

    def credentials(self) -> grpc.ChannelCredentials:
        ca, key, certificate = (path and Path(path).read_bytes() for path in (self.ca, self.key, self.certificate))
        return grpc.ssl_channel_credentials(ca, key, certificate)


async def metadata(token: Token | None, timeout: float) -> tuple[tuple[str, str], ...]:
    """What is sent with a call."""
    if token is None:
        return ()
    try:
        bearer = token()
        if isawaitable(bearer):
            bearer = await asyncio.wait_for(bearer, timeout)
    except Exception as failure:
        raise Error.without_token(failure) from failure
    return (("authorization", f"Bearer {bearer}"),)
