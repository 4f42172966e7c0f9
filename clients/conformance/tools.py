#!/usr/bin/env python3
"""Runs every command of docs/tools.md against a real hub: each must succeed."""

import asyncio
import os
import pathlib
import subprocess
import sys
import tempfile

from hub import Hub
from languages import ROOT

PAGE = ROOT / "docs" / "tools.md"


def commands():
    """What follows a prompt; a backslash at the end goes on with the next line."""
    text = PAGE.read_text().replace("\\\n", " ")
    return [line[2:] for line in text.splitlines() if line.startswith("$ ")]


def run(command, address):
    path = f"{ROOT / '.cache' / 'gobin'}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "HUB": address}
    played = subprocess.run(command, shell=True, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    print(f"{'ok' if played.returncode == 0 else 'FAILED':8}{' '.join(command.split())}", flush=True)
    if played.returncode:
        print(played.stdout, played.stderr, sep="\n")
    return played.returncode == 0


async def main(binary):
    with tempfile.TemporaryDirectory() as folder:
        hub = Hub(binary, pathlib.Path(folder), [])
        await hub.start()
        try:
            went_well = [await asyncio.to_thread(run, command, hub.address) for command in commands()]
        finally:
            await hub.stop()
    sys.exit(not (went_well and all(went_well)))


if __name__ == "__main__":
    asyncio.run(main(pathlib.Path(sys.argv[1]).resolve()))
