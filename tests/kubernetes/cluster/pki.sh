#!/usr/bin/env bash
# Certificates of the control plane, and a kubeconfig for each of its parts.
set -euo pipefail
. tests/kubernetes/cluster/common.sh
mkdir -p "$pki"
cd "$pki"
umask 077

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }

# certificate NAME SUBJECT [EXTENSION]
certificate() {
  key "$1.key"
  openssl req -new -key "$1.key" -subj "$2" |
    openssl x509 -req -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -out "$1.crt" \
      -extfile <(printf '%s\n' "extendedKeyUsage=clientAuth,serverAuth" "${3:-basicConstraints=CA:FALSE}") 2> /dev/null
}

kubeconfig() {
  cat > "$1.conf" <<YAML
apiVersion: v1
kind: Config
clusters: [{name: cluster, cluster: {server: "https://$node_address:6443", certificate-authority: $pki/ca.crt}}]
users: [{name: $1, user: {client-certificate: $pki/$1.crt, client-key: $pki/$1.key}}]
contexts: [{name: default, context: {cluster: cluster, user: $1}}]
current-context: default
YAML
}

key ca.key
openssl req -x509 -new -key ca.key -subj /CN=cluster-ca -days 30 -out ca.crt
openssl genrsa -out service-accounts.key 2048 2> /dev/null
names=DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local
certificate apiserver /CN=kube-apiserver "subjectAltName=IP:$node_address,IP:$api_address,$names"
certificate kubelet-client /O=system:masters/CN=kube-apiserver-kubelet-client
certificate kube-controller-manager /CN=system:kube-controller-manager
certificate kube-scheduler /CN=system:kube-scheduler
certificate kube-proxy /CN=system:kube-proxy
certificate kubelet /O=system:nodes/CN=system:node:node1 "subjectAltName=IP:$node_address,DNS:node1"
certificate admin /O=system:masters/CN=admin
for part in kube-controller-manager kube-scheduler kube-proxy kubelet admin; do kubeconfig $part; done
