# What the scripts of this folder share; sourced at the root of the checkout.
# shellcheck shell=bash
here=$PWD/tests/kubernetes
dir=$PWD/build/kubernetes  # all that the cluster writes lies below
bin=$dir/bin
pki=$dir/pki
logs=$dir/log
kubernetes_version=1.34.4

# Addresses of the cluster: it lives in a network of its own, so they cannot meet those of the machine.
node_address=10.80.0.1
pod_network=10.85.0.0/16
service_network=10.96.0.0/16
api_address=10.96.0.1
dns_address=10.96.0.10

control_group=crosspoint-kubernetes  # parent of all pods' control groups

# wait_for SECONDS WHAT COMMAND...: until the command succeeds.
wait_for() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" > /dev/null 2>&1; do
    if [ $SECONDS -ge $end ]; then
      echo "kubernetes: $what: not in time; $logs may tell why" >&2
      return 1
    fi
    sleep 0.3
  done
}
