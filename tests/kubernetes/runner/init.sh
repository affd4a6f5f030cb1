#!/usr/bin/env bash
# The first process of the node's namespaces: init.sh DIR. When it is killed the kernel ends everything in them, and their
# mounts and network go with it.
set -euo pipefail
dir=$1
mount --make-rprivate /
mkdir -p "$dir/run"
mount --bind "$dir/run" /run
mkdir -p /run/netns
mount --make-shared /run
hostname node1
for controller in /sys/fs/cgroup/*/; do mkdir -p "${controller}crosspoint-kubernetes" 2> /dev/null || true; done
printf 'search crosspoint.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\n' > "$dir/run/resolv.conf"
mount --bind "$dir/run/resolv.conf" /etc/resolv.conf
# Its child keeps it free to take in processes whose parents have ended.
/usr/bin/python3 "$(dirname "$0")/node.py" "$dir" &
wait $!
