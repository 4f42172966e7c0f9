"""What a call can end with, in the API's words."""

import grpc
from google.rpc import error_details_pb2, status_pb2

DOMAIN = "hintwire.v1"
DETAILS = "grpc-status-details-bin"

# What the hub says about the request itself is final, as is a refusal of the caller.
_FINAL = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.OUT_OF_RANGE,
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.DATA_LOSS,
    grpc.StatusCode.UNAUTHENTICATED,
}


class Error(Exception):
    """A call that failed. Decide by `reason`, not by the text."""

    def __init__(self, failure: grpc.aio.AioRpcError):
        self.code = failure.code()
        self.message = failure.details() or ""
        #: The hub's reason, e.g. `CURSOR_TRIMMED`; empty if the failure is not the hub's own.
        self.reason = ""
        #: The values that go with the reason, e.g. `earliest`.
        self.metadata: dict[str, str] = {}
        #: Seconds that the hub asks to wait before the next attempt, or None.
        self.retry_after: float | None = None
        self._read_details(failure)
        super().__init__(f"{self.message} ({self.reason or self.code.name})")

    @classmethod
    def without_token(cls, why: Exception) -> "Error":
        """Of a call that was not made, since its token could not be had."""
        none = grpc.aio.Metadata()
        return cls(grpc.aio.AioRpcError(grpc.StatusCode.UNAVAILABLE, none, none, f"no token: {why!r}"))

    def _read_details(self, failure):
        details = dict(failure.trailing_metadata() or ()).get(DETAILS, b"")
        for detail in status_pb2.Status.FromString(details).details:
            info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
            if detail.Unpack(info) and info.domain == DOMAIN:
                self.reason, self.metadata = info.reason, dict(info.metadata)
            if detail.Unpack(retry):
                self.retry_after = retry.retry_delay.ToTimedelta().total_seconds()

    @property
    def is_cursor(self) -> bool:
        """Whether the cursor of the call cannot be used: one of the `CURSOR_` reasons."""
        return self.reason.startswith("CURSOR_")

    @property
    def is_transient(self) -> bool:
        """Whether the same call may succeed later: a lost connection, overload, a stopping hub."""
        return self.code not in _FINAL
