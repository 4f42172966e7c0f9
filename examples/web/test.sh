#!/bin/sh
# Plays the tests in a real headless Chromium. Root on Debian gets one if there is none; else they are SKIPPED.
set -eu
cd "$(dirname "$0")"
if ! command -v chromium >/dev/null; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "SKIPPED: browser: chromium is not there, and only root on Debian can have it installed"
    exit 0
  fi
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
fi
./install.sh
npm test --silent
