"""Where a follower keeps its cursor."""

import asyncio
import os
import threading
from pathlib import Path
from typing import Protocol

# The longest cursor token that the API allows.
_TOKEN_BYTES = 64
# A save goes on in its thread when its task is cancelled: the next one must not share its temporary file.
_SAVING = threading.Lock()


class CursorStore(Protocol):
    """Keeps the cursor of one follower.

    `save` is called after the events before the cursor were handled; a cursor that is lost means that events are
    handled again, never that one is missed.
    """

    async def load(self) -> str | None:
        """The cursor that was saved last; None if there never was one."""

    async def save(self, cursor: str) -> None:
        """Keeps `cursor` in place of the one before."""


class MemoryStore:
    """Keeps the cursor in memory."""

    def __init__(self, cursor: str | None = None):
        self.cursor = cursor

    async def load(self) -> str | None:
        return self.cursor

    async def save(self, cursor: str) -> None:
        self.cursor = cursor


class FileStore:
    """Keeps the cursor in a file: one line.

    The file is replaced as a whole and synced, so after a crash it holds the old cursor or the new one. The folder
    must exist; one follower a file.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = Path(path)

    async def load(self) -> str | None:
        return await asyncio.to_thread(self._read)

    async def save(self, cursor: str) -> None:
        await asyncio.to_thread(self._replace, cursor)

    def _read(self) -> str | None:
        try:
            cursor = self.path.read_text("utf-8").rstrip()
        except FileNotFoundError:
            return None
        if not 0 < len(cursor) <= _TOKEN_BYTES:
            raise ValueError(f"cursor file {self.path} does not hold a cursor")
        return cursor

    def _replace(self, cursor: str) -> None:
        new = self.path.with_name(self.path.name + ".tmp")
        with _SAVING:
            with open(new, "w", encoding="utf-8") as file:
                file.write(cursor + "\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(new, self.path)
            _sync_folder(self.path.parent)


def _sync_folder(folder: Path) -> None:
    """Makes the rename durable."""
    if os.name == "nt":  # A folder cannot be opened there.
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
