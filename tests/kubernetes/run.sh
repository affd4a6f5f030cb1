#!/usr/bin/env bash
# The chart on a Kubernetes of one node on this machine, in namespaces of its own.
#   tests/kubernetes/run.sh              up, show, down; 1 when something shown is broken. Needs root
#   tests/kubernetes/run.sh up           makes what is missing and starts the cluster
#   tests/kubernetes/run.sh show [STEP]  all steps, or some of them (see show.py)
#   tests/kubernetes/run.sh down         ends it and removes what it left
#   tests/kubernetes/run.sh kubectl …    and helm …, inside COMMAND …: to look around
# CROSSPOINT_ENGINE           docker, podman or a path: where deploy/images.sh has put the images; those that lack are built
# CROSSPOINT_IMAGES_ARGUMENTS for deploy/images.sh then, as "--programs build/release/bin"
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/kubernetes/cluster/common.sh

init_pid() {
  local pid
  pid=$(cat "$dir/init.pid" 2> /dev/null) && [ -n "$pid" ] && grep -qsz kubernetes/cluster/init.sh "/proc/$pid/cmdline" && echo "$pid"
}

# Runs a command beside the cluster: in its network, with its processes and mounts.
inside() {
  local pid
  pid=$(init_pid) || { echo "kubernetes: not up; start it with tests/kubernetes/run.sh up" >&2; return 1; }
  nsenter --target "$pid" --net --mount --pid --wdns="$PWD" env KUBECONFIG="$pki/admin.conf" HOME="$dir/helm-home" "$@"
}

# Folders of this machine as volumes, since nothing here makes them on demand.
volumes() {
  local number
  for number in 1 2 3 4; do
    install -d -m 777 "$dir/volumes/$number"
    cat <<YAML
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: local-$number}
spec:
  capacity: {storage: 100Gi}
  accessModes: [ReadWriteOnce, ReadWriteMany]
  persistentVolumeReclaimPolicy: Retain
  storageClassName: local
  local: {path: $dir/volumes/$number}
  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [node1]}]}]}}
YAML
  done
}

up() {
  [ "$(id -u)" = 0 ] || { echo "kubernetes: run as root: it makes namespaces and mounts" >&2; exit 1; }
  if init_pid > /dev/null; then echo "already up"; return; fi
  [ -n "${CROSSPOINT_SKIP_INSTALL:-}" ] || deploy/install-packages.sh kubernetes
  down
  tests/kubernetes/cluster/build.sh
  echo "made after $SECONDS s"
  mkdir -p "$logs"
  tests/kubernetes/cluster/pki.sh
  setsid unshare --net --mount --pid --uts --ipc --fork --kill-child --mount-proc tests/kubernetes/cluster/init.sh \
    > "$logs/init.log" 2>&1 < /dev/null &
  wait_for 10 "the first process" pgrep -P $!
  pgrep -P $! > "$dir/init.pid"
  wait_for 180 "the parts of the cluster" bash -c "[ -e '$dir/started' ] || ! kill -0 $(cat "$dir/init.pid")"
  [ -e "$dir/started" ] || { cat "$logs/init.log" >&2; return 1; }
  wait_for 120 "the node" inside "$bin/kubectl" wait --for=condition=Ready node/node1 --timeout=1s
  { cat "$here/manifests/cluster.yaml"; volumes; } | inside "$bin/kubectl" apply -f - > /dev/null
  wait_for 120 "the name server" inside "$bin/kubectl" -n kube-system rollout status deployment/dns --timeout=1s
  echo "up after $SECONDS s: $(inside "$bin/kubectl" version | tr '\n' ' ')"
}

down() {
  local pid group
  if pid=$(init_pid); then
    kill -KILL "$pid"  # and the kernel ends all processes of its namespace, and with them mounts and network
    wait_for 30 "the cluster's end" bash -c "! kill -0 $pid"
  fi
  for group in /sys/fs/cgroup/*/$control_group /sys/fs/cgroup/$control_group; do
    [ ! -d "$group" ] || wait_for 30 "the end of $group" find "$group" -depth -type d -exec rmdir {} +
  done
  # All but what took long to make.
  local part
  for part in init.pid started etcd containerd kubelet node volumes pki credentials helm-home load.ready; do rm -rf "${dir:?}/$part"; done
}

show() { inside /usr/bin/python3 "$here/show.py" "$dir" "$@"; }

case "${1:-all}" in
  all)
    up
    status=0
    show || status=$?
    down
    exit $status
    ;;
  up) up ;;
  show) shift; show "$@" ;;
  down) down ;;
  kubectl | helm) tool=$1; shift; inside "$bin/$tool" "$@" ;;
  inside) shift; inside "$@" ;;
  *) sed -n '2,9p' "$0" >&2; exit 2 ;;
esac
