"""The pods' network: every pod is a routed neighbour of the node, so that all traffic between pods passes the node's rules,
where Services (addresses of their own) and NetworkPolicies are kept."""
import ipaddress
import itertools
import json
import subprocess
import threading

NODE_ADDRESS = "10.80.0.1"
POD_NETWORK = "10.85.0.0/16"
GATEWAY = "169.254.1.1"  # what every pod takes for its router
DNS_ADDRESS = "10.96.0.10"


def run(*command, text=None):
    done = subprocess.run(command, input=text, text=True, capture_output=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}\n{text or ''}")
    return done.stdout


class Network:
    def __init__(self):
        self.lock = threading.Lock()
        self.numbers = itertools.count(10)
        self.service_numbers = itertools.count(20)
        run("ip", "-batch", "-", text=f"link set lo up\naddress add {NODE_ADDRESS}/32 dev lo\n"
            f"route add 10.96.0.0/16 dev lo src {NODE_ADDRESS}\n")
        run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.ip_unprivileged_port_start=0")

    def join(self, pod_id):
        """A network namespace of that name with an address, which it returns."""
        with self.lock:
            number = next(self.numbers)
        address = str(ipaddress.ip_network(POD_NETWORK)[number])
        link = f"pod{number}"
        run("ip", "netns", "add", pod_id)
        run("ip", "-batch", "-", text=f"link add {link} type veth peer name eth0 netns {pod_id}\n"
            f"address add {GATEWAY}/32 dev {link}\nlink set {link} up\n")
        run("ip", "-netns", pod_id, "-batch", "-", text=f"link set lo up\naddress add {address}/32 dev eth0\n"
            f"link set eth0 up\nroute add {GATEWAY} dev eth0 scope link\nroute add default via {GATEWAY} dev eth0\n")
        run("ip", "route", "add", f"{address}/32", "dev", link, "src", NODE_ADDRESS)
        run("ip", "netns", "exec", pod_id, "sysctl", "-qw", "net.ipv4.ip_unprivileged_port_start=0")
        return address

    @staticmethod
    def leave(pod_id):
        run("ip", "netns", "delete", pod_id)

    def new_service_address(self):
        with self.lock:
            return str(ipaddress.ip_address("10.96.0.0") + next(self.service_numbers))


def selects(selector, labels):
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    if selector.get("matchExpressions"):
        raise ValueError("matchExpressions are not understood here")
    return True


def namespace_labels(namespace):
    return {"kubernetes.io/metadata.name": namespace}


def peer_matches(peer, policy_namespace, pod):
    if "namespaceSelector" in peer:
        if not selects(peer["namespaceSelector"], namespace_labels(pod.namespace)):
            return False
    elif pod.namespace != policy_namespace:
        return False
    return selects(peer.get("podSelector") or {}, pod.labels)


def addresses_of(peers, namespace, pods):
    """Matches of nft for one side of a rule: None is everybody."""
    if not peers:
        return None
    found = []
    for peer in peers:
        if "ipBlock" in peer:
            if peer["ipBlock"]["cidr"] == "0.0.0.0/0":
                return None
            found.append(peer["ipBlock"]["cidr"])
        else:
            found += [pod.address for pod in pods if pod.address and peer_matches(peer, namespace, pod)]
    return found


def policy_rules(rules, side, own, others, namespace, pods):
    """Lines of nft that accept what a policy's rules let pass for pods with the addresses `own`."""
    lines = []
    for rule in rules or []:
        peers = addresses_of(rule.get(side), namespace, pods)
        if peers == []:
            continue
        match = f"ip {'saddr' if others == 'daddr' else 'daddr'} {{ {', '.join(own)} }} "
        if peers is not None:
            match += f"ip {others} {{ {', '.join(sorted(set(peers)))} }} "
        ports = rule.get("ports")
        if not ports:
            lines.append(match + "return")
        for port in ports or []:
            lines.append(f"{match}{port.get('protocol', 'TCP').lower()} dport {port['port']} return")
    return lines


def ruleset(services, policies, pods):
    """The whole of the node's rules. `services`: (address, port, protocol, [(pod address, port)])."""
    translate, egress, ingress, bound_out, bound_in = [], [], [], set(), set()
    for address, port, protocol, backends in services:
        if backends:
            numbered = ", ".join(f"{i} : {ip} . {target}" for i, (ip, target) in enumerate(backends))
            translate.append(f"ip daddr {address} {protocol} dport {port} dnat ip to numgen random mod {len(backends)} "
                             f"map {{ {numbered} }}")
    for policy in policies:
        namespace, spec = policy["metadata"]["namespace"], policy["spec"]
        own = [pod.address for pod in pods
               if pod.address and pod.namespace == namespace and selects(spec.get("podSelector") or {}, pod.labels)]
        if not own:
            continue
        if "Ingress" in spec["policyTypes"]:
            bound_in |= set(own)
            ingress += policy_rules(spec.get("ingress"), "from", own, "saddr", namespace, pods)
        if "Egress" in spec["policyTypes"]:
            bound_out |= set(own)
            egress += policy_rules(spec.get("egress"), "to", own, "daddr", namespace, pods)
    if bound_out:
        egress.append(f"ip saddr {{ {', '.join(sorted(bound_out))} }} counter name egress_refused drop")
    if bound_in:
        ingress.append(f"ip daddr {{ {', '.join(sorted(bound_in))} }} counter name ingress_refused drop")
    # A client that has not heard of a pod's end yet: nobody is there, which is no policy's doing.
    here = ", ".join(sorted(pod.address for pod in pods if pod.address))
    gone = f"ip daddr {POD_NETWORK} ip daddr != {{ {here} }} drop" if here else ""
    lines = "\n    ".join
    return f"""
add table ip cluster
add counter ip cluster egress_refused
add counter ip cluster ingress_refused
flush table ip cluster
table ip cluster {{
  chain services {{
    {lines(translate)}
  }}
  chain egress {{
    {lines(egress)}
  }}
  chain ingress {{
    {lines(ingress)}
  }}
  chain prerouting {{
    type nat hook prerouting priority -100
    jump services
  }}
  chain output {{
    type nat hook output priority -100
    jump services
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


def apply_rules(services, policies, pods):
    run("nft", "-f", "-", text=ruleset(services, policies, pods))


def refused():
    """Packets that policies have refused so far: (leaving, arriving)."""
    text = run("nft", "-j", "list", "counters", "table", "ip", "cluster")
    counters = {one["counter"]["name"]: one["counter"]["packets"] for one in json.loads(text)["nftables"] if "counter" in one}
    return counters["egress_refused"], counters["ingress_refused"]
