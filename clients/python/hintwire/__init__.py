"""Client of the Hintwire notification hub: publish, and follow by push-to-poll."""

from .batch import Batch, Notice
from .client import Client
from .credentials import Tls, Token
from .error import Error
from .follow import Follow, OnCursorError, Start
from .store import CursorStore, FileStore, MemoryStore
from .v1.hub_pb2 import Event, StoredEvent

__all__ = [
    "Batch",
    "Client",
    "CursorStore",
    "Error",
    "Event",
    "FileStore",
    "Follow",
    "MemoryStore",
    "Notice",
    "OnCursorError",
    "Start",
    "StoredEvent",
    "Tls",
    "Token",
]
