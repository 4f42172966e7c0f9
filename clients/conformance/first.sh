#!/usr/bin/env bash
# Builds the Go program with stubs from the proto that landed first: whoever generated then is served still.
set -euo pipefail
cd "$(dirname "$0")/../.."
copy=.cache/conformance/first
rm -rf "$copy"
mkdir -p "$copy"
cp -r clients/go "$copy/go"
rm -r "$copy/go/hintwire"
clients/go/generate.sh tests/first "$copy/go"
cd "$copy/go"
go build -o ../program ./cmd/conformance
