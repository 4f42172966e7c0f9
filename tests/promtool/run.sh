#!/usr/bin/env bash
# The alerts, the dashboard and what a hub exports, held to each other by Prometheus itself: `tests/promtool/run.sh HINTWIRE`.
# Debian's package of Prometheus is unpacked into .cache, not installed; no service of it is started.
set -euo pipefail
hintwire=$1
prometheus=.cache/prometheus

get() {
  [ -x "$prometheus/usr/bin/promtool" ] && return
  command -v apt-get > /dev/null && command -v dpkg > /dev/null || return 1
  local download
  download=$(mktemp -d)
  (cd "$download" && apt-get download -qq prometheus > /dev/null 2>&1) || return 1
  mkdir -p "$prometheus" && dpkg -x "$download"/prometheus_*.deb "$prometheus" && rm -r "$download"
}

if ! get; then
  echo "SKIPPED: alerts, dashboard and metrics against Prometheus: no Debian package of it can be had (apt-get update?)"
  exit 0
fi
PATH="$PWD/$prometheus/usr/bin:$PATH"

promtool check rules deploy/prometheus/alerts.yml
(cd deploy/prometheus && promtool test rules alerts_test.yml)

work=$(mktemp -d)
running=()
trap 'kill "${running[@]}" 2> /dev/null || true; wait; rm -r "$work"' EXIT

"$hintwire" serve --listen 127.0.0.1:0 --data "$work/data" > "$work/hub" 2> "$work/hub.log" &
running+=($!)
exec {lines}< <(tail --pid=$! -n +1 -f "$work/hub")
read -r -t 10 line <&"$lines"
export HINTWIRE_URL=${line#listening on }
"$hintwire" publish --topic a --data '{}' > /dev/null
"$hintwire" fetch a > /dev/null
curl -s "$HINTWIRE_URL/nothing" > /dev/null
curl -sf "$HINTWIRE_URL/metrics" > "$work/metrics"
promtool check metrics < "$work/metrics"

cat > "$work/prometheus.yml" << YAML
global: { scrape_interval: 1s }
rule_files: [$PWD/deploy/prometheus/alerts.yml]
scrape_configs:
  - job_name: hintwire
    static_configs: [{ targets: ["${HINTWIRE_URL#http://}"] }]
YAML
promtool check config "$work/prometheus.yml" > /dev/null
port=$((20000 + RANDOM % 10000))
prometheus --config.file "$work/prometheus.yml" --storage.tsdb.path "$work/tsdb" \
  --web.listen-address "127.0.0.1:$port" 2> "$work/prometheus.log" &
running+=($!)
python3 tests/promtool/queries.py "http://127.0.0.1:$port" "$work/metrics"
