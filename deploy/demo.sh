#!/usr/bin/env bash
# Installs what is needed, builds, starts the whole system on loopback with a private Redis and the Exchange simulator, and
# plays the main story.
#   deploy/demo.sh           stays up afterwards until Ctrl-C
#   deploy/demo.sh --check   ends after the story
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1:-}" in
  "" | --check) ;;
  --containers) shift; exec deploy/demo-containers.sh "$@" ;;
  *) sed -n '2,6p' "$0" >&2; exit 2 ;;
esac

started=$SECONDS
deploy/install-packages.sh build run
log=build/demo-build.log
mkdir -p build
echo "building (log: $log)"
if ! { cmake --preset release && cmake --build --preset release --target crosspoint-story; } > $log 2>&1; then
  tail -40 $log >&2
  exit 1
fi
echo "ready to run after $((SECONDS - started)) s"

# Fresh state for every run: the demo keeps nothing.
dir=$(mktemp -d /tmp/crosspoint-demo-XXXXXX)
trap 'rm -rf "$dir"' EXIT
build/release/bin/crosspoint-story --dir "$dir" "$@"
