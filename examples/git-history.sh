#!/bin/sh
# Prints the history of a git repository as JSON lines for `hintwire publish --jsonl -`: a top-level folder is a topic,
# a path a key, a commit a batch (commits of one second share one), a removed file a tombstone.
# Usage: examples/git-history.sh [REPOSITORY]
git -C "${1:-.}" -c core.quotePath=true log --reverse --no-renames --name-status --format='commit %at %h' |
  awk -F'\t' '
    /^commit / { split($0, commit, " "); next }
    NF == 2 {
      path = $2; gsub(/\\/, "\\\\", path); gsub(/"/, "\\\"", path)
      topic = "git/top"; if (match(path, /^[A-Za-z0-9._-]+\//)) topic = "git/" substr(path, 1, RLENGTH - 1)
      data = $1 == "D" ? "null" : "{\"commit\":\"" commit[3] "\",\"change\":\"" $1 "\"}"
      printf "{\"time\":%s,\"topic\":\"%s\",\"key\":\"%s\",\"data\":%s}\n", commit[2], topic, path, data
    }'
