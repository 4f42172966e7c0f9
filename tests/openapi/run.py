#!/usr/bin/env python3
"""Holds a hub to its own description: validates /v1/openapi.json, then asks whatever it allows, and forbids, with
schemathesis. Needs the packages that .ci/run installs; `just openapi` runs it."""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import urllib.request

from openapi_spec_validator import validate

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance"
)
# An answer without end is no answer; tests/http asks it.
ENDLESS = "/v1/hints"


@contextlib.contextmanager
def hub(binary):
    """A hub with a few events; its URL."""
    command = [binary, "serve", "--ephemeral", "--listen", "127.0.0.1:0", "--log-level", "warn"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        if process.wait(timeout=20) != 0:
            sys.exit("the hub did not end as it should")


def publish(url):
    """Something to read."""
    event = {"topic": "a/b", "key": "k", "content_type": "application/json", "data": {"x": 1}}
    body = json.dumps({"events": [event]}).encode()
    headers = {"content-type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(f"{url}/v1/events", body, headers)).close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary")
    parser.add_argument("--examples", default="20", help="cases for each route and form of request")
    parser.add_argument("--seed", default="1")
    asked = parser.parse_args()
    with hub(asked.binary) as url, tempfile.TemporaryDirectory() as work:
        publish(url)
        with urllib.request.urlopen(f"{url}/v1/openapi.json") as answer:
            description = json.load(answer)
        validate(description)
        print(f"{len(description['paths'])} paths are described as OpenAPI {description['openapi']} says")
        command = [os.path.join(os.path.dirname(sys.executable), "schemathesis")]
        command += ["run", f"{url}/v1/openapi.json", "--phases", "examples,coverage,fuzzing"]
        command += ["--max-examples", asked.examples, "--seed", asked.seed, "--checks", CHECKS]
        command += ["--exclude-path", ENDLESS, "--warnings", "off", "--continue-on-failure"]
        # What it writes down is for one run.
        return subprocess.run(command, cwd=work, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
