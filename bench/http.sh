#!/usr/bin/env bash
# Conditional polls of an unchanged hub, beside nginx that answers 304 for a static file: `bench/http.sh HINTWIRE [ROUNDS
# [SECONDS]]`. wrk asks both in turn, over the same number of connections of HTTP/1.1; what counts is the median of the
# rounds. wrk and nginx are Debian's packages of the day, unpacked into .cache/peers, or those of the machine.
set -euo pipefail
cd "$(dirname "$0")/.."
hub=$(realpath "$1") rounds=${2:-5} seconds=${3:-5} connections=64
cache=$PWD/.cache/peers/http
work=$(mktemp -d)
chmod 755 "$work" # nginx reads it as nobody
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait; rm -rf "$work"' EXIT

unpacked() {
  mkdir -p "$cache" && cd "$cache"
  [ -x root/usr/bin/wrk ] && [ -x root/usr/sbin/nginx ] && return
  apt-get download wrk libluajit-5.1-2 nginx >apt.log 2>&1 || return
  for package in *.deb; do dpkg -x "$package" root || return; done
}

if ! command -v wrk nginx >/dev/null && ! (unpacked); then
  echo "SKIPPED: http: wrk and nginx cannot be had here: $(tail -n 1 "$cache/apt.log" 2>/dev/null || echo 'no apt-get')"
  exit 0
fi
PATH=$PATH:$cache/root/usr/bin:$cache/root/usr/sbin
LD_LIBRARY_PATH=$(dirname "$(find "$cache/root" -name 'libluajit-5.1.so.2' 2>/dev/null | head -n 1)" 2>/dev/null || true)
export LD_LIBRARY_PATH

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# until_up URL: waits until somebody answers there.
until_up() { curl --silent --output "$work/up" --retry 100 --retry-delay 1 --retry-connrefused --retry-max-time 30 "$1"; }

# header NAME: of the answer on standard input.
header() { tr -d '\r' | awk -v name="$1:" 'tolower($1) == name { sub(/^[^ ]* /, ""); print }'; }

hub_port=$(free_port)
"$hub" serve --listen "127.0.0.1:$hub_port" --data "$work/data" >"$work/hub.log" 2>&1 &
pids+=($!) hub_pid=$!
until_up "http://127.0.0.1:$hub_port/healthz"
for n in $(seq 1000); do echo "{\"topic\":\"releases/p$((n % 50))\",\"data\":{\"n\":$n}}"; done |
  "$hub" publish --url "http://127.0.0.1:$hub_port" --jsonl - >/dev/null
poll="http://127.0.0.1:$hub_port/v1/events?topic=releases/p7"
since=$(curl --silent --head "$poll&limit=1000" | header hintwire-next-cursor)
poll="$poll&since=$since"
poll_tag=$(curl --silent --head "$poll" | header etag)

mkdir -p "$work/www"
curl --silent --output "$work/www/page.json" "$poll"
nginx_port=$(free_port)
cat >"$work/nginx.conf" <<CONF
daemon off; pid $work/nginx.pid; error_log $work/nginx.log; worker_processes auto;
events { worker_connections 1024; }
http {
  access_log off; sendfile on; tcp_nodelay on; keepalive_requests 1000000000; open_file_cache max=100;
  client_body_temp_path $work/body; proxy_temp_path $work/proxy; fastcgi_temp_path $work/fastcgi;
  uwsgi_temp_path $work/uwsgi; scgi_temp_path $work/scgi;
  server { listen 127.0.0.1:$nginx_port; root $work/www; }
}
CONF
nginx -p "$work" -c "$work/nginx.conf" 2>"$work/nginx.err" &
pids+=($!) nginx_pid=$!
file="http://127.0.0.1:$nginx_port/page.json"
until_up "$file"
file_tag=$(curl --silent --head "$file" | header etag)

# status URL TAG: of a conditional request.
status() { curl --silent --output /dev/null --write-out '%{http_code}' --header "If-None-Match: $2" "$1"; }

# ticks PID…: CPU time that processes have used, in hundredths of a second.
ticks() {
  local pid
  for pid; do awk '{ print $14 + $15 }' "/proc/$pid/stat"; done | awk '{ sum += $1 } END { print sum }'
}

# measured NAME URL TAG PID…: a round; keeps answers a second, and microseconds of CPU that one takes. Whatever is no 2xx
# or 3xx ends the run.
measured() {
  local name=$1 url=$2 tag=$3 before
  shift 3
  before=$(ticks "$@")
  wrk --threads 1 --connections "$connections" --duration "${seconds}s" --header "If-None-Match: $tag" "$url" >"$work/wrk"
  if grep -E 'Non-2xx|Socket errors' "$work/wrk" >&2; then return 1; fi
  awk '/Requests\/sec/ { print $2 }' "$work/wrk" >>"$work/$name.rate"
  awk -v ticks="$(($(ticks "$@") - before))" '/requests in/ { print ticks * 10000 / $1 }' "$work/wrk" >>"$work/$name.cpu"
  echo "$name: $(tail -n 1 "$work/$name.rate") a second, $(tail -n 1 "$work/$name.cpu") µs of CPU each" >&2
}

# median FILE
median() { sort -n "$1" | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }

disk() { awk '/^read_bytes/ { print $2 }' "/proc/$hub_pid/io"; }

[ "$(status "$poll" "$poll_tag") $(status "$file" "$file_tag")" = "304 304" ]
before=$(disk)
for _ in $(seq "$rounds"); do
  measured hintwire "$poll" "$poll_tag" "$hub_pid"
  # shellcheck disable=SC2046 # Its workers, one word each.
  measured nginx "$file" "$file_tag" $(pgrep -P "$nginx_pid")
done
[ "$(status "$poll" "$poll_tag")" = 304 ]

awk -v hub="$(median "$work/hintwire.rate")" -v nginx="$(median "$work/nginx.rate")" \
  -v hub_cpu="$(median "$work/hintwire.cpu")" -v nginx_cpu="$(median "$work/nginx.cpu")" \
  -v rounds="$rounds" -v seconds="$seconds" -v connections="$connections" \
  -v cores="$(nproc)" -v bytes="$(($(disk) - before))" 'BEGIN {
    print "| conditional polls, each answered 304 | a second | CPU of the server for each |"
    print "| --- | --- | --- |"
    printf "| hintwire, `GET /v1/events` with `If-None-Match` | %d | %.1f µs |\n", hub, hub_cpu
    printf "| nginx, static file with `If-None-Match` | %d | %.1f µs |\n", nginx, nginx_cpu
    printf "| hintwire for each of nginx | %.2f | %.2f |\n\n", hub / nginx, hub_cpu / nginx_cpu
    printf "Medians of %d rounds of %d s each in turn; %d connections, wrk with 1 thread on the same %d cores. ", rounds, seconds, connections, cores
    printf "The hub read %d bytes from disk meanwhile.\n", bytes
  }'
