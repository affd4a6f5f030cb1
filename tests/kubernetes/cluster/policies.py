#!/usr/bin/env python3
"""Keeps NetworkPolicies on the node: policies.py KUBECONFIG SOCKET POD_NETWORK

Every pod is a routed neighbour of the node, so all traffic between pods passes the node's forward hook. Addresses come from the
network plugin `tell-policies` over SOCKET, before a pod's first packet; labels and policies from the API server. Counters of
nftables say how many packets were refused. Understood is what `networking.k8s.io/v1` NetworkPolicy says, but for named ports and
`ipBlock.except`, which are told in the log and let nothing pass.
"""
import json
import socketserver
import subprocess
import sys
import threading

from kubernetes import client, config, watch


def selects(selector, labels):
    for key, value in (selector.match_labels or {}).items():
        if labels.get(key) != value:
            return False
    for one in selector.match_expressions or []:
        there = one.key in labels
        if not {"Exists": there, "DoesNotExist": not there, "In": there and labels[one.key] in (one.values or []),
                "NotIn": not there or labels[one.key] not in (one.values or [])}[one.operator]:
            return False
    return True


class Rules:
    """What nftables is told, from everything known at one moment. `pods`: (namespace, labels, address)."""

    def __init__(self, policies, pods, namespaces, pod_network):
        self.pods, self.namespaces, self.pod_network = pods, namespaces, pod_network
        self.egress, self.ingress, self.bound_out, self.bound_in = [], [], set(), set()
        for policy in policies:
            self.add(policy.metadata.namespace, policy.spec)

    def add(self, namespace, spec):
        own = {address for where, labels, address in self.pods if where == namespace and selects(spec.pod_selector, labels)}
        if not own:
            return
        if "Ingress" in spec.policy_types:
            self.bound_in |= own
            for rule in spec.ingress or []:
                self.ingress += self.lines("saddr", "daddr", own, namespace, rule._from, rule.ports)
        if "Egress" in spec.policy_types:
            self.bound_out |= own
            for rule in spec.egress or []:
                self.egress += self.lines("daddr", "saddr", own, namespace, rule.to, rule.ports)

    def lines(self, other_side, own_side, own, namespace, peers, ports):
        match = f"ip {own_side} {in_set(own)} "
        if peers:
            others = set().union(*(self.addresses(peer, namespace) for peer in peers))
            if not others:
                return []
            match += f"ip {other_side} {in_set(others)} "
        if not ports:
            return [match + "return"]
        made = []
        for port in ports:
            if isinstance(port.port, str):
                print(f"named port {port.port}: not understood", file=sys.stderr, flush=True)
                continue
            protocol = (port.protocol or "TCP").lower()
            number = f"{port.port}-{port.end_port}" if port.end_port else port.port
            made.append(match + (f"{protocol} dport {number} return" if port.port else f"ip protocol {protocol} return"))
        return made

    def addresses(self, peer, policy_namespace):
        if peer.ip_block:
            if peer.ip_block._except:
                print(f"ipBlock.except {peer.ip_block._except}: not understood", file=sys.stderr, flush=True)
                return set()
            return {peer.ip_block.cidr}
        found = set()
        for namespace, labels, address in self.pods:
            if peer.namespace_selector:
                there = selects(peer.namespace_selector, self.namespaces.get(namespace, {}))
            else:
                there = namespace == policy_namespace
            if there and (not peer.pod_selector or selects(peer.pod_selector, labels)):
                found.add(address)
        return found

    def text(self):
        egress, ingress = list(self.egress), list(self.ingress)
        if self.bound_out:
            egress.append(f"ip saddr {in_set(self.bound_out)} counter name egress_refused drop")
        if self.bound_in:
            ingress.append(f"ip daddr {in_set(self.bound_in)} counter name ingress_refused drop")
        # A client that has not heard of a pod's end yet: nobody is there, which is no policy's doing.
        here = {address for _, _, address in self.pods}
        gone = f"ip daddr {self.pod_network} ip daddr != {in_set(here)} drop" if here else ""
        lines = "\n    ".join
        return f"""
add table ip policies
add counter ip policies egress_refused
add counter ip policies ingress_refused
flush table ip policies
table ip policies {{
  chain egress {{
    {lines(egress)}
  }}
  chain ingress {{
    {lines(ingress)}
  }}
  chain forward {{
    type filter hook forward priority 0
    ct state established,related accept
    {gone}
    jump egress
    jump ingress
  }}
}}
"""


def in_set(addresses):
    return "0.0.0.0/0" if "0.0.0.0/0" in addresses else "{ " + ", ".join(sorted(addresses)) + " }"


class Keeper:
    def __init__(self, pod_network):
        self.pod_network = pod_network
        self.core, self.networking = client.CoreV1Api(), client.NetworkingV1Api()
        self.lock = threading.Lock()
        self.told = {}  # (namespace, name): addresses

    def tell(self, command, namespace, name, addresses):
        with self.lock:
            if command == "ADD":
                self.told[namespace, name] = addresses
            elif self.told.get((namespace, name)) == addresses:  # not those of a later pod of that name
                del self.told[namespace, name]
            self.apply()

    def apply(self):
        labels = {(pod.metadata.namespace, pod.metadata.name): pod.metadata.labels or {}
                  for pod in self.core.list_pod_for_all_namespaces().items}
        pods = [(namespace, labels.get((namespace, name), {}), address)
                for (namespace, name), addresses in self.told.items() for address in addresses]
        namespaces = {one.metadata.name: one.metadata.labels or {} for one in self.core.list_namespace().items}
        rules = Rules(self.networking.list_network_policy_for_all_namespaces().items, pods, namespaces, self.pod_network)
        done = subprocess.run(["nft", "-f", "-"], input=rules.text(), text=True, capture_output=True)
        if done.returncode != 0:
            raise RuntimeError(f"nft: {done.stderr}")

    def follow(self):
        """Policies that come, change and go."""
        while True:
            try:
                for _ in watch.Watch().stream(self.networking.list_network_policy_for_all_namespaces):
                    with self.lock:
                        self.apply()
            except Exception as error:
                print(f"watch of the policies, begun again: {error}", file=sys.stderr, flush=True)


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        try:
            self.server.keeper.tell(*json.loads(self.rfile.readline()))
            self.wfile.write(b"done\n")
        except Exception as error:
            print(error, file=sys.stderr, flush=True)
            self.wfile.write(str(error).replace("\n", " ").encode() + b"\n")


def main():
    config.load_kube_config(sys.argv[1])
    server = socketserver.ThreadingUnixStreamServer(sys.argv[2], Handler)
    server.keeper = Keeper(sys.argv[3])
    threading.Thread(target=server.keeper.follow, daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    main()
