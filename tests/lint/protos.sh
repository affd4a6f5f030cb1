#!/usr/bin/env bash
# The protos pass buf's standard rules, and every field and method that buf cannot judge has a comment.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools=build/tools
if [ ! -x $tools/node_modules/.bin/buf ]; then
  npm install --silent --no-fund --no-audit --prefix $tools @bufbuild/buf@1.75.0
fi
cd proto
../$tools/node_modules/.bin/buf lint
