#!/usr/bin/env bash
# The chart on this machine: rendered pods as containers, and what is shown of them, a line each.
#   tests/kubernetes/run.sh              up, show, down; 1 when something shown is broken. Needs root
#   tests/kubernetes/run.sh up           starts the node
#   tests/kubernetes/run.sh show [STEP]  all steps, or some of them (see show.py)
#   tests/kubernetes/run.sh down         ends it and removes what it left
#   tests/kubernetes/run.sh inside …     runs a command in the node's network
# CROSSPOINT_ENGINE           docker, podman or a path: where deploy/images.sh has put the images; those that lack are built
# CROSSPOINT_IMAGES_ARGUMENTS for deploy/images.sh then, as "--programs build/release/bin"
set -euo pipefail
cd "$(dirname "$0")/../.."
here=$PWD/tests/kubernetes
dir=$PWD/build/kubernetes  # all that the node writes lies below
names=(directory presence meeting-sync voicemail contact gateway ctl exchange-sim story valkey envoy)
version=$(sed -n 's/^project(crosspoint VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)

init_pid() {
  local pid
  pid=$(cat "$dir/init.pid" 2> /dev/null) && [ -n "$pid" ] && grep -qsz kubernetes/runner/init.sh "/proc/$pid/cmdline" && echo "$pid"
}

wait_for() {  # wait_for SECONDS WHAT COMMAND...
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" > /dev/null 2>&1; do
    if [ $SECONDS -ge $end ]; then
      echo "kubernetes: $what: not in time" >&2
      cat "$dir/node.log" >&2 || true
      return 1
    fi
    sleep 0.3
  done
}

engine_with_images() {
  local candidate images=("${names[@]/#/crosspoint/}")
  for candidate in ${CROSSPOINT_ENGINE:-$(type -p docker podman || true)}; do
    if "$candidate" image inspect "${images[@]/%/:$version}" > /dev/null 2>&1; then
      echo "$candidate"
      return
    fi
  done
  return 1
}

# The images as archives, each saved again only when it has changed.
archives() {
  local engine name
  if ! engine=$(engine_with_images); then
    # shellcheck disable=SC2086  # several words are meant
    deploy/images.sh ${CROSSPOINT_IMAGES_ARGUMENTS:-} "${names[@]}"
    engine=$(engine_with_images) || { echo "kubernetes: no engine has the images" >&2; return 1; }
  fi
  mkdir -p "$dir/images"
  for name in "${names[@]}"; do
    local id file="$dir/images/$name.tar"
    id=$("$engine" image inspect --format '{{.Id}}' "crosspoint/$name:$version")
    if [ "$(cat "$file.id" 2> /dev/null)" != "$id" ]; then
      "$engine" save -o "$file" "crosspoint/$name:$version"
      echo "$id" > "$file.id"
    fi
  done
}

up() {
  [ "$(id -u)" = 0 ] || { echo "kubernetes: run as root: it makes namespaces and mounts" >&2; exit 1; }
  if init_pid > /dev/null; then echo "already up"; return; fi
  [ -n "${CROSSPOINT_SKIP_INSTALL:-}" ] || deploy/install-packages.sh kubernetes
  down
  mkdir -p "$dir"
  archives
  install -D -m 755 "$(tests/chart/tools.sh)/helm" "$dir/bin/helm"
  setsid unshare --net --mount --pid --uts --ipc --fork --kill-child --mount-proc "$here/runner/init.sh" "$dir" \
    > "$dir/node.log" 2>&1 < /dev/null &
  wait_for 10 "the node's first process" pgrep -P $!
  pgrep -P $! > "$dir/init.pid"
  wait_for 300 "the node" test -S "$dir/node.sock"
  echo "up after $SECONDS s"
}

down() {
  local pid group
  if pid=$(init_pid); then
    kill -KILL "$pid"  # and the kernel ends all processes of its namespace, and with them mounts and network
    wait_for 30 "the node's end" bash -c "! kill -0 $pid"
  fi
  for group in /sys/fs/cgroup/*/crosspoint-kubernetes /sys/fs/cgroup/crosspoint-kubernetes; do
    [ ! -d "$group" ] || wait_for 30 "the end of $group" find "$group" -depth -type d -exec rmdir {} +
  done
  # All but what took long to make.
  local part
  for part in init.pid node.sock node.sock.new pods volumes run credentials load.ready; do rm -rf "${dir:?}/$part"; done
}

case "${1:-all}" in
  all)
    up
    status=0
    /usr/bin/python3 "$here/show.py" "$dir" || status=$?
    down
    exit $status
    ;;
  up) up ;;
  show) shift; exec /usr/bin/python3 "$here/show.py" "$dir" "$@" ;;
  down) down ;;
  inside) shift; exec nsenter --target "$(init_pid)" --net --mount --pid "$@" ;;
  *) sed -n '2,9p' "$0" >&2; exit 2 ;;
esac
