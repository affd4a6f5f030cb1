#!/usr/bin/env bash
# The first process of the cluster's namespaces (network, mounts, processes): starts all parts, then waits. When it is killed the
# kernel ends everything in them, and nothing of it is seen by the machine outside.
set -euo pipefail
. tests/kubernetes/cluster/common.sh

# -- the machine as the cluster sees it
mount --make-rshared /
for pair in run:/run log:/var/log cni:/var/lib/cni; do
  mkdir -p "$dir/node/${pair%%:*}" "${pair#*:}"
  mount --bind "$dir/node/${pair%%:*}" "${pair#*:}"
done
printf 'search crosspoint.svc.cluster.local svc.cluster.local cluster.local\nnameserver %s\n' $dns_address > "$dir/node/resolv.conf"
mount --bind "$dir/node/resolv.conf" /etc/resolv.conf
hostname node1
ip link set lo up
ip link add node0 type veth peer name node0-end  # leads nowhere
ip address add $node_address/32 dev node0
ip link set node0-end up
ip link set node0 up
ip route add default dev node0 src $node_address
sysctl -qw net.ipv4.ip_forward=1
# kubelet sets these for the whole machine; here it writes into files.
for key in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys kernel/keys/root_maxbytes; do
  cat "/proc/sys/$key" > "$dir/node/${key//\//-}"
  mount --bind "$dir/node/${key//\//-}" "/proc/sys/$key"
done
for controller in /sys/fs/cgroup/*/; do mkdir -p "$controller$control_group" 2> /dev/null || true; done

# start NAME COMMAND...
start() {
  local name=$1
  shift
  "$@" > "$logs/$name.log" 2>&1 &
}
ready() { curl -sf --cacert "$pki/ca.crt" --cert "$pki/admin.crt" --key "$pki/admin.key" "https://$node_address:6443/readyz"; }

# -- the control plane
start etcd etcd --name node1 --data-dir "$dir/etcd" --listen-client-urls http://127.0.0.1:2379 \
  --advertise-client-urls http://127.0.0.1:2379 --listen-peer-urls http://127.0.0.1:2380 \
  --initial-advertise-peer-urls http://127.0.0.1:2380 --initial-cluster node1=http://127.0.0.1:2380 --unsafe-no-fsync
start kube-apiserver "$bin/node" kube-apiserver --etcd-servers http://127.0.0.1:2379 --advertise-address $node_address \
  --bind-address $node_address --secure-port 6443 --client-ca-file "$pki/ca.crt" \
  --tls-cert-file "$pki/apiserver.crt" --tls-private-key-file "$pki/apiserver.key" \
  --kubelet-client-certificate "$pki/kubelet-client.crt" --kubelet-client-key "$pki/kubelet-client.key" \
  --kubelet-preferred-address-types InternalIP --authorization-mode Node,RBAC \
  --enable-admission-plugins NodeRestriction --service-account-issuer https://kubernetes.default.svc \
  --service-account-key-file "$pki/service-accounts.key" --service-account-signing-key-file "$pki/service-accounts.key" \
  --service-cluster-ip-range $service_network --cert-dir "$dir/node/apiserver" \
  --feature-gates WatchList=false,SizeBasedListCostEstimate=false  # need a newer etcd than Debian's
wait_for 120 "the API server" ready
start kube-controller-manager "$bin/node" kube-controller-manager --kubeconfig "$pki/kube-controller-manager.conf" \
  --authentication-kubeconfig "$pki/kube-controller-manager.conf" \
  --authorization-kubeconfig "$pki/kube-controller-manager.conf" --root-ca-file "$pki/ca.crt" \
  --service-account-private-key-file "$pki/service-accounts.key" --use-service-account-credentials \
  --leader-elect=false --cluster-cidr $pod_network --cert-dir "$dir/node/controllers"
start kube-scheduler "$bin/node" kube-scheduler --kubeconfig "$pki/kube-scheduler.conf" --leader-elect=false \
  --authentication-kubeconfig "$pki/kube-scheduler.conf" --authorization-kubeconfig "$pki/kube-scheduler.conf"

# -- the node
start policies /usr/bin/python3 "$here/cluster/policies.py" "$pki/admin.conf" /run/policies.sock $pod_network
mkdir -p "$dir/node/net.d" "$dir/node/cni-bin"
ln -sf /usr/lib/cni/* "$dir/node/cni-bin"
ln -sf "$here/cluster/tell-policies" "$dir/node/cni-bin"
cat > "$dir/node/net.d/10-pods.conflist" <<JSON
{"cniVersion": "0.4.0", "name": "pods", "plugins": [
  {"type": "ptp", "ipam": {"type": "host-local", "ranges": [[{"subnet": "$pod_network"}]], "dataDir": "/run/cni-addresses",
                           "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "tell-policies"}]}
JSON
cat > "$dir/node/containerd.toml" <<TOML
version = 2
root = "$dir/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.internal.v1.opt"]
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "crosspoint.test/pause:1"
  disable_apparmor = true
  restrict_oom_score_adj = true
  enable_unprivileged_ports = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$dir/node/cni-bin"
    conf_dir = "$dir/node/net.d"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
TOML
start containerd containerd --config "$dir/node/containerd.toml"
wait_for 60 containerd ctr --address /run/containerd/containerd.sock version
for image in "$dir"/images/*.tar; do
  ctr --address /run/containerd/containerd.sock -n k8s.io images import "$image" > /dev/null
done
# Podman saves names with its own host before them.
for image in $(ctr --address /run/containerd/containerd.sock -n k8s.io images ls -q | grep '^localhost/' || true); do
  ctr --address /run/containerd/containerd.sock -n k8s.io images tag "$image" "docker.io/${image#localhost/}" > /dev/null
done

cat > "$dir/node/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $node_address
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $pki/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: $pki/kubelet.crt
tlsPrivateKeyFile: $pki/kubelet.key
clusterDNS: [$dns_address]
clusterDomain: cluster.local
resolvConf: $dir/node/resolv.conf
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
cgroupDriver: cgroupfs
cgroupRoot: /$control_group
failCgroupV1: false
failSwapOn: false
enforceNodeAllocatable: []
localStorageCapacityIsolation: false
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%}
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
makeIPTablesUtilChains: false
serializeImagePulls: false
YAML
start kubelet "$bin/node" kubelet --config "$dir/node/kubelet.yaml" --kubeconfig "$pki/kubelet.conf" \
  --hostname-override node1 --node-ip $node_address --root-dir "$dir/kubelet" --cert-dir "$dir/node/kubelet-pki"
cat > "$dir/node/proxy.yaml" <<YAML
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: {kubeconfig: $pki/kube-proxy.conf}
mode: nftables
clusterCIDR: $pod_network
hostnameOverride: node1
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
YAML
start kube-proxy "$bin/node" kube-proxy --config "$dir/node/proxy.yaml"
touch "$dir/started"
wait
