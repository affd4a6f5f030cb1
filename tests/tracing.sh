#!/usr/bin/env bash
# Collects the spans of the running system with a real OTLP receiver and shows two traces whole: a call from the gateway
# to the mailbox and back over the bus, and a change in the mailbox. A minute beyond the build.
#   tests/tracing.sh            builds first
#   tests/tracing.sh --bin DIR  with programs compiled already
set -euo pipefail
cd "$(dirname "$0")/.."

bin=""
case "${1:-}" in
  "") ;;
  --bin) bin=${2:?--bin needs a folder} ;;
  *) sed -n '2,6p' "$0" >&2; exit 2 ;;
esac

deploy/install-packages.sh build run test
if [ -z "$bin" ]; then
  bin=build/release/bin
  cmake --preset release > /dev/null
  cmake --build --preset release --target crosspoint-story > build/tracing-build.log 2>&1 ||
    { tail -40 build/tracing-build.log >&2; exit 1; }
fi
# Debian's own Python, whose packages speak gRPC and OTLP.
/usr/bin/python3 tests/observability/traces.py --bin "$bin"
