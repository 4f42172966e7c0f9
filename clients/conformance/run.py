#!/usr/bin/env python3
"""Plays the scenarios of clients/CONFORMANCE.md with each language's client against a real hub, and prints a table.

A language whose toolchain is not on the machine is SKIPPED; one that is there and fails, fails the run.
Logs of every play are kept in .cache/conformance/logs.
"""

import argparse
import asyncio
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import time

from languages import BUILT, LANGUAGES, ROOT
from lines import Failed
from scenarios import SCENARIOS
from world import World

LOGS = BUILT / "logs"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("languages", nargs="*", help=f"default: all of {', '.join(LANGUAGES)}")
    parser.add_argument("--scenario", action="append", choices=SCENARIOS, help="repeatable; default: all")
    parser.add_argument("--hub-binary", default=ROOT / "target/debug/hintwire", type=pathlib.Path)
    parser.add_argument("--jobs", type=int, default=6, help="plays at a time; default: 6")
    parser.add_argument("--no-build", action="store_true", help="the programs are built already")
    chosen = parser.parse_args()
    if unknown := set(chosen.languages) - set(LANGUAGES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    chosen.languages = chosen.languages or list(LANGUAGES)
    chosen.scenario = chosen.scenario or list(SCENARIOS)
    chosen.hub_binary = chosen.hub_binary.resolve()
    return chosen


def prepared(name, build):
    """Whether the language's program is there; why not, if it is not."""
    language = LANGUAGES[name]
    if missing := language.missing():
        return f"SKIPPED: {missing} is not there"
    try:
        if build:
            language.prepare()
    except subprocess.CalledProcessError as failure:
        return f"FAILED to build: {failure.cmd}"
    return None


async def play(name, scenario, chosen):
    """Plays one scenario; what failed, or nothing."""
    folder = LOGS / name / scenario
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    language = LANGUAGES[name]
    try:
        async with contextlib.AsyncExitStack() as stack:
            await SCENARIOS[scenario](World(language.run, chosen.hub_binary, language.hub, folder, stack))
    except Failed as failure:
        return str(failure)
    except Exception as broken:  # A mistake of the scenario itself fails its play, not the run.
        return f"{type(broken).__name__}: {broken}"
    return None


async def play_all(names, chosen):
    """Plays side by side: most of each play is waiting. The failures, by language and scenario."""
    turns = asyncio.Semaphore(chosen.jobs)

    async def one(name, scenario):
        async with turns:
            began = time.monotonic()
            failure = await play(name, scenario, chosen)
            print(f"{name:8}{scenario:11}{time.monotonic() - began:6.1f} s  {failure or 'ok'}", flush=True)
            return (name, scenario), failure

    plays = [one(name, scenario) for scenario in chosen.scenario for name in names
             if scenario not in LANGUAGES[name].without]
    return dict(await asyncio.gather(*plays))


def cell(failures, name, scenario):
    """A scenario that the language cannot play is a dash."""
    if (name, scenario) not in failures:
        return "-"
    return "FAILED" if failures[name, scenario] else "ok"


def table(chosen, absent, failures):
    """Rows: languages; columns: scenarios."""
    yield " ".join([f"{'':8}", *chosen.scenario])
    for name in chosen.languages:
        if name in absent:
            yield f"{name:8} {absent[name]}"
            continue
        cells = (cell(failures, name, scenario) for scenario in chosen.scenario)
        yield " ".join([f"{name:8}", *(f"{cell:{len(scenario)}}" for cell, scenario in zip(cells, chosen.scenario))])


def main():
    chosen = arguments()
    os.chdir(ROOT)
    absent = {name: why for name in chosen.languages if (why := prepared(name, not chosen.no_build))}
    present = [name for name in chosen.languages if name not in absent]
    failures = asyncio.run(play_all(present, chosen))
    print("", *table(chosen, absent, failures), sep="\n")
    failed = any(failures.values()) or any(why.startswith("FAILED") for why in absent.values())
    if failed:
        print(f"logs: {LOGS.relative_to(ROOT)}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
