#!/usr/bin/env bash
# Presence under trouble, at size, with three replicas as processes (see tests/troubles/README.md):
#   tests/troubles.sh storm [--users 10000]     meetings of all users begin at one moment, and all are on the phone
#   tests/troubles.sh edges [--users 100000]    scheduled meetings while two of three replicas are killed
#   tests/troubles.sh cuts                      lines cut and lossy, parts killed and frozen; needs root for the lines
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1:-}" in
  storm | edges | cuts) scene=$1; shift ;;
  *) sed -n '2,5p' "$0"; exit 2 ;;
esac
program=${CROSSPOINT_TROUBLES:-build/release/bin/crosspoint-troubles}
if [ -z "${CROSSPOINT_TROUBLES:-}" ]; then
  [ -n "${CROSSPOINT_SKIP_INSTALL:-}" ] || deploy/install-packages.sh build run test troubles > /dev/null
  log=build/troubles.log
  mkdir -p build
  if ! { cmake --preset release && cmake --build --preset release --target crosspoint-troubles; } > "$log" 2>&1; then
    tail -40 "$log" >&2
    exit 1
  fi
fi
[ "$scene" = cuts ] || exec "$program" "$scene" "$@"
if [ "$(id -u)" != 0 ]; then
  echo "not root: the lines stay as they are, only processes are killed and frozen" >&2
  exec "$program" cuts "$@"
fi

# Replicas at 10.77.0.11 to 10.77.0.13, each in a namespace of its own behind a bridge at 10.77.0.1, where Redis and the
# watchers are. All of it is in a namespace of this script and goes with it.
export program
exec unshare --net --mount --propagation private bash -euc '
  mkdir -p /run/netns
  mount -t tmpfs none /run/netns
  ip link set lo up
  ip link add wires type bridge
  ip address add 10.77.0.1/24 dev wires
  ip link set wires up
  for i in 1 2 3; do
    ip netns add "cp$i"
    ip link add "wire$i" type veth peer name eth0 netns "cp$i"
    ip link set "wire$i" master wires up
    ip -n "cp$i" address add "10.77.0.1$i/24" dev eth0
    ip -n "cp$i" link set lo up
    ip -n "cp$i" link set eth0 up
  done
  exec "$program" cuts --namespaces "$@"' troubles "$@"
