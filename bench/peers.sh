#!/usr/bin/env bash
# Installs what the hub is measured beside into .cache/peers, and nothing anywhere else on the machine. Versions are
# pinned; what is there already is left alone. What cannot be installed is named, and the bench goes on without it.
set -uo pipefail
cd "$(dirname "$0")/.."
cache=$PWD/.cache/peers
mkdir -p "$cache/bin" "$cache/scratch"
export GOBIN=$cache/bin GOFLAGS="-mod=mod -buildvcs=false" CGO_ENABLED=0

nats=v2.15.2 etcd=v3.7.3 mercure=v0.24.2

# installed NAME VERSION COMMAND…: runs the command unless that version is there, and says what became of it. The version
# is kept beside the program, for the report.
installed() {
  local name=$1 version=$2
  shift 2
  if [ ! -x "$cache/bin/$name" ] || [ "$(cat "$cache/bin/$name.version" 2>/dev/null)" != "$version" ]; then
    rm -f "$cache/bin/$name"
    ("$@") >"$cache/$name.log" 2>&1 || true
    echo "$version" >"$cache/bin/$name.version"
  fi
  if [ -x "$cache/bin/$name" ]; then
    echo "installed: $name $version"
  else
    echo "LEFT OUT: $name $version: $(tail -n 1 "$cache/$name.log" 2>/dev/null || true)"
  fi
}

# scratch NAME PACKAGE MODULE…: builds a package that `go install` refuses, in a module of its own.
scratch() {
  local name=$1 package=$2
  shift 2
  mkdir -p "$cache/scratch/$name" && cd "$cache/scratch/$name" || return
  [ -e go.mod ] || go mod init scratch
  go get "$@" && nice go build -o "$cache/bin/$name" "$package"
}

nats_server() {
  nice go install "github.com/nats-io/nats-server/v2@$nats"
}

etcd_server() {
  scratch etcd go.etcd.io/etcd/server/v3 "go.etcd.io/etcd/server/v3@$etcd"
}

mercure_hub() {
  scratch mercure github.com/dunglas/mercure/caddy/mercure \
    golang.org/x/crypto/x509roots/fallback@v0.0.0-20261030153154-30a33513ff6d "github.com/dunglas/mercure/caddy@$mercure"
}

# Debian's package of the day, unpacked beside what it needs; or the one of the machine.
redis_server() {
  if command -v redis-server; then
    ln -sf "$(command -v redis-server)" "$cache/bin/redis-server"
    return
  fi
  mkdir -p "$cache/scratch/redis" && cd "$cache/scratch/redis" || return
  apt-get download redis-server redis-tools libhiredis0.14 libjemalloc2 liblua5.1-0 liblzf1 lua-bitop lua-cjson || return
  for package in *.deb; do dpkg -x "$package" root || return; done
  local libraries
  libraries=$(dirname "$(find "$PWD/root" -name 'libjemalloc.so.2')")
  printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' "$libraries" "$PWD/root/usr/bin/redis-server" \
    >"$cache/bin/redis-server"
  chmod +x "$cache/bin/redis-server"
}

if command -v go >/dev/null; then
  installed nats-server "$nats" nats_server
  installed etcd "$etcd" etcd_server
  installed mercure "$mercure" mercure_hub
else
  echo "LEFT OUT: nats-server, etcd, mercure: no Go to build them with"
fi
installed redis-server "Debian" redis_server
echo "LEFT OUT: centrifugo: the module registry does not have all that it is built from"
