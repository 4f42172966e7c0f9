#!/usr/bin/env bash
# Generates the Go stubs, with pinned compilers in .cache.
#   generate.sh            from proto/ into this module
#   generate.sh --check    fails unless what is committed is what would be generated
#   generate.sh FROM INTO  from another folder of protos, into another copy of this module
set -euo pipefail
cd "$(dirname "$0")/../.."

compilers() {
  [ -x .cache/venv/bin/pip ] || python3 -m venv .cache/venv
  .cache/venv/bin/pip install --quiet --disable-pip-version-check grpcio-tools==1.85.1
  GOBIN="$PWD/.cache/gobin" go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12
  GOBIN="$PWD/.cache/gobin" go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2
}

# The proto's own go_package is the contract of who generates by themselves: here it is mapped.
generate() {
  local module=github.com/hintwire/hintwire/clients/go
  local mapped="Mhintwire/v1/hub.proto=$module/hintwire/v1;hintwirev1"
  PATH="$PWD/.cache/gobin:$PATH" .cache/venv/bin/python -m grpc_tools.protoc -I "$1" -I proto \
    --go_out="$2" --go_opt="module=$module" --go_opt="$mapped" \
    --go-grpc_out="$2" --go-grpc_opt="module=$module" --go-grpc_opt="$mapped" \
    hintwire/v1/hub.proto
}

check() {
  local fresh
  fresh=$(mktemp -d)
  generate proto "$fresh"
  diff -r "$fresh/hintwire" clients/go/hintwire || {
    echo "clients/go/hintwire is not what proto/ generates: run clients/go/generate.sh" >&2
    exit 1
  }
  rm -r "$fresh"
}

compilers
case "${1:-}" in
  --check) check ;;
  "") generate proto clients/go ;;
  *) generate "$1" "$2" ;;
esac
