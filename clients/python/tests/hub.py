"""A real hub for a test: the binary that HINTWIRE_BIN names, or the debug build."""

import os
import subprocess
from pathlib import Path

BUILT = Path(__file__).resolve().parents[3] / "target/debug/hintwire"


class Hub:
    """Listens on a port of its own until it is left; its backlog is in memory."""

    def __enter__(self):
        program = os.environ.get("HINTWIRE_BIN", BUILT)
        self._process = subprocess.Popen(
            [program, "serve", "--ephemeral", "--listen", "127.0.0.1:0", "--log-level", "error"],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.target = self._process.stdout.readline().split("//")[-1].strip()
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.communicate()
