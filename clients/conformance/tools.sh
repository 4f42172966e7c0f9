#!/usr/bin/env bash
# Installs the tools of docs/tools.md into .cache/gobin, and runs the page against a hub. Needs Go.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! command -v go > /dev/null; then
  echo "SKIPPED: docs/tools.md: go is not there"
  exit 0
fi
export GOBIN="$PWD/.cache/gobin"
go install github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4
go install github.com/bojand/ghz/cmd/ghz@v0.93.0
go install github.com/grpc-ecosystem/grpc-health-probe@v0.4.61
python3 clients/conformance/tools.py "${1:-target/debug/hintwire}"
