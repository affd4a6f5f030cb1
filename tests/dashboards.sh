#!/usr/bin/env bash
# Plays the main story under a real Prometheus and runs every query of every dashboard and alert against it; prints the
# table of panels and alerts. Two minutes beyond the build.
#   tests/dashboards.sh            builds first
#   tests/dashboards.sh --bin DIR  with programs compiled already
set -euo pipefail
cd "$(dirname "$0")/.."

bin=""
case "${1:-}" in
  "") ;;
  --bin) bin=${2:?--bin needs a folder} ;;
  *) sed -n '2,5p' "$0" >&2; exit 2 ;;
esac

deploy/install-packages.sh build run test
if [ -z "$bin" ]; then
  bin=build/release/bin
  cmake --preset release > /dev/null
  cmake --build --preset release --target crosspoint-story crosspointctl > build/dashboards-build.log 2>&1 ||
    { tail -40 build/dashboards-build.log >&2; exit 1; }
fi
/usr/bin/python3 tests/observability/check.py
/usr/bin/python3 tests/observability/live.py --bin "$bin"
