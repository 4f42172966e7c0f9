#!/usr/bin/env bash
# Where the hub's CPU time goes while a workload runs: `bench/profile.sh HINTWIRE HINTWIRE-BENCH WORD…`, with the words of
# `just bench`.
#
# perf samples hub and load; of the hub's samples each counts for the part of the software in which it was taken. Inlined
# code counts for what it was inlined into, so the parts are a rough map; the functions below them are exact.
set -euo pipefail
hub=$1 bench=$2
shift 2
samples=$(mktemp)
trap 'rm -f "$samples"' EXIT

if ! why=$(perf record -q -o "$samples" true 2>&1); then
  echo "SKIPPED: profile: perf cannot sample here: ${why%%$'\n'*}"
  exit 0
fi

part='
function part(name, object) {
  if (object ~ /kernel|unknown/)                         return "kernel"
  if (name ~ /^_?mi_/)                                   return "allocator"
  if (object ~ /libc|vdso/)                              return "libc: copying, comparing, clock"
  if (name ~ /crc32c/)                                   return "checksums"
  if (name ~ /hintwire::backlog/)                        return "hintwire: log"
  if (name ~ /hintwire::(index|hub|wake)/)               return "hintwire: hub and index"
  if (name ~ /hintwire::server/)                         return "hintwire: connections"
  if (name ~ /hintwire/)                                 return "hintwire: edge, events, cursors"
  if (name ~ /h2::|slab::|indexmap/)                     return "h2"
  if (name ~ /hyper|http::|http_body/)                   return "hyper, http"
  if (name ~ /tonic|tower|prost/)                        return "tonic, prost"
  if (name ~ /tokio|mio::|futures/)                      return "tokio, futures"
  return "other Rust"
}'

perf record -q -F 1999 -o "$samples" -- "$bench" "$hub" "$@"
perf script -i "$samples" -F pid,ip,sym,dso 2>/dev/null |
  awk -v hub="$(basename "$hub")" "$part"'
    # 1234   7f00 some::function (/path/of/object)
    {
      object = $NF; name = $0
      sub(/^ *[0-9]+ +[0-9a-f]+ +/, "", name); sub(/ \([^(]*\)$/, "", name)
      n = split(object, path, /[\/()]/)
      if (path[n - 1] == hub) ours[$1] = 1
      count[$1]++; parts[$1, part(name, object)]++; names[$1, name]++
    }
    END {
      for (pid in ours) total += count[pid]
      for (key in parts) { split(key, at, SUBSEP); if (at[1] in ours) sum[at[2]] += parts[key] }
      for (key in names) { split(key, at, SUBSEP); if (at[1] in ours) by_name[at[2]] += names[key] }
      printf "\n%d samples of the hub\n", total
      for (p in sum) printf "%5.1f %%  %s\n", 100 * sum[p] / total, p | "sort -rn"
      close("sort -rn"); print ""
      for (f in by_name) printf "%5.1f %%  %.110s\n", 100 * by_name[f] / total, f | "sort -rn | head -25"
    }'
