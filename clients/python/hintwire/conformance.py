"""The program of this client for clients/conformance/run.py: follow or publish, in JSON lines."""

import argparse
import asyncio
import base64
import json
import signal
import sys
from contextlib import suppress
from pathlib import Path

from . import Batch, Client, Error, Event, FileStore, Follow, MemoryStore, Tls


def main():
    arguments = _arguments()
    run = {"follow": follow, "publish": publish}[arguments.command]
    try:
        asyncio.run(run(arguments))
    except Error as error:
        say({"failed": error.reason or error.code.name})
        sys.exit(1)


def _arguments():
    parser = argparse.ArgumentParser(prog="python -m hintwire.conformance")
    commands = parser.add_subparsers(dest="command", required=True)
    publishes, follows = commands.add_parser("publish"), commands.add_parser("follow")
    for command in (publishes, follows):
        command.add_argument("--hub", required=True)
        for file in ("--tls-ca", "--tls-cert", "--tls-key", "--token-file"):
            command.add_argument(file, type=Path)
    follows.add_argument("--topic", action="append", required=True)
    follows.add_argument("--cursor-file")
    follows.add_argument("--start", default="earliest")
    follows.add_argument("--on-cursor-error", default="fail")
    follows.add_argument("--poll-only", action="store_true")
    follows.add_argument("--safety-poll", type=float, default=300.0)
    follows.add_argument("--handler-delay", type=float, default=0.0)
    return parser.parse_args()


def connected(arguments) -> Client:
    tls = Tls(ca=arguments.tls_ca, certificate=arguments.tls_cert, key=arguments.tls_key) if arguments.tls_ca else None
    file = arguments.token_file
    return Client(arguments.hub, tls=tls, token=file and (lambda: file.read_text().strip()))


async def follow(arguments):
    async with connected(arguments) as client:
        loop = Follow(
            client,
            arguments.topic,
            store=FileStore(arguments.cursor_file) if arguments.cursor_file else MemoryStore(),
            start=arguments.start,
            on_cursor_error=arguments.on_cursor_error,
            poll_only=arguments.poll_only,
            safety_poll=arguments.safety_poll,
            observe=lambda notice: say({"notice": notice.kind, "detail": notice.detail}),
        )
        running = asyncio.create_task(loop.run(Printer(arguments.handler_delay)))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
        with suppress(asyncio.CancelledError):
            await running


class Printer:
    """The handler: prints each event."""

    def __init__(self, delay: float):
        self.delay = delay

    async def __call__(self, batch: Batch):
        for stored in batch.events:
            await asyncio.sleep(self.delay)
            event = stored.event
            say({
                "event": {
                    "topic": event.topic,
                    "key": event.key,
                    "id": event.id,
                    "cursor": stored.cursor,
                    "deleted": event.deleted,
                    "data_base64": base64.b64encode(event.data).decode(),
                    "snapshot": batch.snapshot,
                }
            })  # fmt: skip


async def publish(arguments):
    async with connected(arguments) as client:
        for line in sys.stdin:
            fields = json.loads(line)
            fields["data"] = base64.b64decode(fields.pop("data_base64", None) or "")
            [result] = await client.publish([Event(**fields)])
            say({"cursor": result.cursor, "duplicate": result.duplicate})


def say(line: dict):
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
