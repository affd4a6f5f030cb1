#!/usr/bin/env bash
# Runs one benchmark: tests/bench.sh NAME [ARGUMENTS...]. The last line of its output holds the figures.
#   tests/bench.sh rpc        our unary call against bare gRPC, plain and with mutual TLS
#   tests/bench.sh connector  reading pages of Exchange against libxml2 alone and exchangelib; a calendar of 50,000 items
#   tests/bench.sh mailboxes  10,000 mailboxes fed and read by one process: connections, memory, time, delay
#   tests/bench.sh gateway    a call through the gateway against the service itself
#   tests/bench.sh presence   presence to 1,000 watchers against raw ZeroMQ and gRPC, and against an XMPP server
#   tests/bench.sh story      how long the story's steps take on the running system; --rounds 200
set -euo pipefail
cd "$(dirname "$0")/.."

name=${1:-}
case "$name" in
  "" | -h | --help) sed -n '2,8p' "$0"; exit 0 ;;
esac
shift
if [ ! -d "tests/bench/$name" ]; then
  echo "tests/bench.sh: no benchmark '$name'; there are: $(cd tests/bench && ls -d */ | tr -d '/' | tr '\n' ' ')" >&2
  exit 2
fi

[ -n "${CROSSPOINT_SKIP_INSTALL:-}" ] || deploy/install-packages.sh build run test > /dev/null
log=build/bench-$name.log
mkdir -p build
if ! { cmake --preset release && cmake --build --preset release --target "crosspoint-bench-$name"; } > "$log" 2>&1; then
  tail -40 "$log" >&2
  exit 1
fi
exec "build/release/bin/crosspoint-bench-$name" "$@"
