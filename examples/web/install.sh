#!/bin/sh
# Installs what the page and its tests need, the TypeScript client included.
set -eu
cd "$(dirname "$0")"
npm install --silent --no-audit --no-fund --prefix ../../clients/typescript
npm install --silent --no-audit --no-fund
