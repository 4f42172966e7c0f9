#!/usr/bin/env python3
"""Runs every command of docs/tools.md against two real hubs, one with TLS and tokens: each must succeed."""

import asyncio
import os
import pathlib
import subprocess
import sys
import tempfile

from credentials import Authority, Tokens, served_by
from hub import Hub
from languages import ROOT

PAGE = ROOT / "docs" / "tools.md"


def commands():
    """What follows a prompt; a backslash at the end goes on with the next line."""
    text = PAGE.read_text().replace("\\\n", " ")
    return [line[2:] for line in text.splitlines() if line.startswith("$ ")]


def run(command, names):
    path = f"{ROOT / '.cache' / 'gobin'}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, **{name: str(value) for name, value in names.items()}}
    played = subprocess.run(command, shell=True, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    print(f"{'ok' if played.returncode == 0 else 'FAILED':8}{' '.join(command.split())}", flush=True)
    if played.returncode:
        print(played.stdout, played.stderr, sep="\n")
    return played.returncode == 0


async def started(binary, folder, name, settings=()):
    home = folder / name
    home.mkdir()
    hub = Hub(binary, home, settings)
    await hub.start()
    return hub


async def main(binary):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        authority, tokens = await Authority(folder, "ca").make(), Tokens(folder)
        token, (certificate, key) = tokens.add("tools"), await authority.issue("tools", "DNS:tools.example")
        settings = (*await served_by(authority), "--tls-client-ca", authority.file, *tokens.settings)
        hubs = [await started(binary, folder, "open"), await started(binary, folder, "closed", settings)]
        names = {"HUB": hubs[0].address, "TLS_HUB": hubs[1].address, "CA": authority.file, "TOKEN": token,
                 "CERTIFICATE": certificate, "KEY": key}
        try:
            went_well = [await asyncio.to_thread(run, command, names) for command in commands()]
        finally:
            for hub in hubs:
                await hub.stop()
    sys.exit(not (went_well and all(went_well)))


if __name__ == "__main__":
    asyncio.run(main(pathlib.Path(sys.argv[1]).resolve()))
