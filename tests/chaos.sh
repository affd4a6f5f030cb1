#!/usr/bin/env bash
# Kills parts of the running system at random points and checks that nothing acknowledged is lost or doubled:
#   tests/chaos.sh [--points 200] [--seed NUMBER]
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1:-}" in
  -h | --help) sed -n '2,3p' "$0"; exit 0 ;;
esac
[ -n "${CROSSPOINT_SKIP_INSTALL:-}" ] || deploy/install-packages.sh build run test > /dev/null
log=build/chaos.log
mkdir -p build
if ! { cmake --preset release && cmake --build --preset release --target crosspoint-chaos; } > "$log" 2>&1; then
  tail -40 "$log" >&2
  exit 1
fi
exec build/release/bin/crosspoint-chaos "$@"
