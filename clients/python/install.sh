#!/bin/sh
# Installs the client into a virtual environment of its own: .cache/clients/python.
set -eu
cd "$(dirname "$0")/../.."
[ -x .cache/clients/python/bin/pip ] || python3 -m venv .cache/clients/python
.cache/clients/python/bin/pip install --quiet --disable-pip-version-check ./clients/python
