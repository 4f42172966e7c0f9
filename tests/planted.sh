#!/usr/bin/env bash
# Plants the bugs of src/planted.rs, one at a time: an ordinary campaign must catch each within 100 seeds, and pass
# without one. Prints what caught which; `tests/planted.sh LostWakeUp` tries one bug alone.
set -euo pipefail
cd "$(dirname "$0")/.."

# Test target and test of each campaign.
power='sim nothing_acked_is_lost_and_nothing_unacked_half_appears'
net='sim nothing_is_lost_or_invented_and_everybody_is_told'

bugs='FsyncSkipped power
AckBeforeSync power
DirSyncSkipped power
ChecksumIgnored power
SilentTruncation power
HintBeforeVisible net
ResumeOffByOne net
LostWakeUp net
LastHintDropped net
HeadAheadOfSlots net'

# Runs a campaign.
run() {
  # shellcheck disable=SC2086 # Two words.
  cargo test --quiet --features planted-bugs --test ${!1} 2>&1
}

# The row of a bug that its campaign caught: any other end of the campaign proves nothing.
row() {
  local bug=$1 campaign=$2 output found
  if output=$(HINTWIRE_PLANTED=$bug HINTWIRE_SIM_SEEDS=100 HINTWIRE_NET_SEEDS=100 run "$campaign"); then
    printf '%-18s NOT CAUGHT by 100 seeds of the %s campaign\n' "$bug" "$campaign"
    return 1
  elif found=$(grep -m 1 -oE 'seed [0-9]+: .*' <<<"$output"); then
    printf '%-18s %-6s %.140s\n' "$bug" "$campaign" "$found"
  else
    printf '%-18s %-6s ended otherwise:\n%s\n' "$bug" "$campaign" "$output"
    return 1
  fi
}

if ! grep -qE "^${1:-.*} " <<<"$bugs"; then
  echo "There is no bug $1."
  exit 1
fi
for campaign in power net; do
  if ! output=$(run "$campaign"); then
    printf 'The %s campaign fails without a bug:\n%s\n' "$campaign" "$output"
    exit 1
  fi
done
missed=0
while read -r bug campaign; do
  [[ ${1:-$bug} == "$bug" ]] || continue
  row "$bug" "$campaign" || missed=$((missed + 1))
done <<<"$bugs"
exit "$missed"
