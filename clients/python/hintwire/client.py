"""One method for each call of the API, over the generated types."""

from collections.abc import AsyncIterator, Iterable

import grpc

from .credentials import Tls, Token, metadata
from .error import Error
from .v1 import hub_pb2 as v1
from .v1.hub_pb2_grpc import HubServiceStub

# One event of the largest size that a hub can be configured to take, and room for its frame.
_ANSWER_BYTES = 17 << 20
_OPTIONS = [
    ("grpc.max_receive_message_length", _ANSWER_BYTES),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 10_000),
]


class Client:
    """A hub, over one channel that connects with the first call and again when it is lost.

    `target` is host and port, e.g. `127.0.0.1:7450`; give `channel` for one of your own making, else `tls` for a hub
    that speaks TLS. `token` is asked for a bearer token before each call.
    Every call raises `hintwire.Error`; a call that is not a stream ends after `timeout` seconds.
    """

    def __init__(
        self,
        target: str = "127.0.0.1:7450",
        *,
        tls: Tls | None = None,
        token: Token | None = None,
        channel: grpc.aio.Channel | None = None,
        timeout: float = 30.0,
    ):
        self._channel = channel or _channel(target, tls)
        self._token = token
        self._hub = HubServiceStub(self._channel)
        self._timeout = timeout

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *_):
        await self.close()

    async def close(self):
        await self._channel.close()

    async def publish(
        self, events: Iterable[v1.Event], expected_cursor: str | None = None
    ) -> list[v1.PublishResponse.Result]:
        """Appends a batch, all or none; answers when it is durable.

        After a lost answer it may have been written: send it again, with ids.
        """
        request = v1.PublishRequest(events=events, expected_cursor=expected_cursor)
        return list((await self._call(self._hub.Publish, request)).results)

    async def subscribe(self, request: v1.SubscribeRequest) -> AsyncIterator[v1.SubscribeResponse]:
        """Streams hints. `Follow` is the loop around it."""
        call = self._hub.Subscribe(request, metadata=await metadata(self._token, self._timeout))
        try:
            async for hint in call:
                yield hint
        except grpc.aio.AioRpcError as failure:
            raise Error(failure) from None
        finally:
            call.cancel()

    async def fetch(self, request: v1.FetchRequest) -> v1.FetchResponse:
        """Reads one page of events after a start."""
        return await self._call(self._hub.Fetch, request)

    async def snapshot(self, request: v1.SnapshotRequest) -> v1.SnapshotResponse:
        """Reads one page of the newest event of each key."""
        return await self._call(self._hub.Snapshot, request)

    async def describe_cursor(self, cursor: str) -> v1.DescribeCursorResponse:
        """Asks what a cursor is worth."""
        request = v1.DescribeCursorRequest(cursor=cursor)
        return await self._call(self._hub.DescribeCursor, request)

    async def list_topics(self, request: v1.ListTopicsRequest) -> v1.ListTopicsResponse:
        """Reads one page of topics."""
        return await self._call(self._hub.ListTopics, request)

    async def get_hub(self) -> v1.GetHubResponse:
        """Asks the hub about itself."""
        return await self._call(self._hub.GetHub, v1.GetHubRequest())

    async def _call(self, method, request):
        sent = await metadata(self._token, self._timeout)
        try:
            return await method(request, timeout=self._timeout, metadata=sent)
        except grpc.aio.AioRpcError as failure:
            raise Error(failure) from None


def _channel(target: str, tls: Tls | None) -> grpc.aio.Channel:
    if tls is None:
        return grpc.aio.insecure_channel(target, options=_OPTIONS)
    return grpc.aio.secure_channel(target, tls.credentials(), options=_OPTIONS)
