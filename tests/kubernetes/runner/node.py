#!/usr/bin/env python3
"""The node: what a cluster's controllers and kubelet make of rendered objects, as far as the chart and its tests need it.

Runs as the first process of namespaces of its own (network, mounts, processes) and takes commands on a socket:
node.py DIR, where DIR/images holds archives. See control.py for the commands."""
import base64
import hashlib
import json
import pathlib
import shutil
import socketserver
import sys
import threading
import time
import traceback

import network
from control import SOCKET
from images import ImageStore
from names import NameServer
from pods import Pod

WORKLOADS = ("Deployment", "StatefulSet")
# Taken as they are; nothing here acts on them.
SILENT = ("ServiceAccount", "PodDisruptionBudget", "HorizontalPodAutoscaler", "Namespace", "PersistentVolume")
HOOK = "helm.sh/hook"
KEEP = ("helm.sh/resource-policy", "keep")


def key_of(thing):
    return thing["kind"], thing["metadata"].get("namespace", "default"), thing["metadata"]["name"]


def revision_of(template):
    return hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:10]


class Node:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.lock = threading.RLock()
        self.network_lock = threading.Lock()
        self.objects = {}
        self.pods = []
        self.endings = []  # (pod, how each container ended)
        self.addresses = {}  # of services
        self.wake = threading.Event()
        self.events = open(self.folder / "events.log", "a", buffering=1)
        self.images = ImageStore(self.folder / "layers")
        self.network = network.Network()
        self.servers = Pod(self, {"name": "dns", "namespace": "kube-system", "labels": {"k8s-app": "kube-dns"}}, {})
        self.servers.address = self.network.join(self.servers.id)
        NameServer(self.servers.id, self.lookup)
        for archive in sorted((self.folder / "images").glob("*.tar")):
            self.images.load(archive)
        self.apply_network()
        threading.Thread(target=self._reconcile_for_ever, daemon=True).start()

    # -- what pods ask of it

    def say(self, line):
        self.events.write(f"{time.strftime('%H:%M:%S')} {line}\n")

    def changed(self):
        self.wake.set()

    def data(self, kind, namespace, name):
        with self.lock:
            if (kind, namespace, name) not in self.objects:
                raise KeyError(f"no {kind} {name}")
            thing = self.objects[kind, namespace, name]
        found = {key: value.encode() for key, value in (thing.get("data" if kind == "ConfigMap" else "stringData") or {}).items()}
        coded = thing.get("binaryData" if kind == "ConfigMap" else "data") or {}
        return found | {key: base64.b64decode(value) for key, value in coded.items()}

    def claim(self, namespace, name):
        with self.lock:
            if ("PersistentVolumeClaim", namespace, name) not in self.objects:
                raise KeyError(f"no PersistentVolumeClaim {name}")
        folder = self.folder / "volumes" / f"{namespace}-{name}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def ended(self, pod):
        with self.lock:
            self.pods.remove(pod)
            self.endings.append((pod.name, pod.ending))
        self.say(f"pod {pod.name}: ended {pod.ending}")
        self.changed()

    def keep_log(self, pod, container):
        if container.log.exists():
            shutil.copy(container.log, self.folder / "log" / f"{pod.name}-{container.name}.log")

    # -- names and network

    def lookup(self, name):
        suffix = ".svc.cluster.local"
        if not name.endswith(suffix):
            return None
        parts = name[:-len(suffix)].split(".")
        with self.lock:
            service = self.objects.get(("Service", parts[-1], parts[-2] if len(parts) > 1 else ""))
            if service is None or len(parts) > 3:
                return None
            if service["spec"].get("clusterIP") != "None":
                return [self.addresses[key_of(service)]]
            behind = self._behind(service)
            return [pod.address for pod in behind if len(parts) == 2 or pod.name == parts[0]]

    def _behind(self, service):
        selector = service["spec"].get("selector")
        return [pod for pod in self.pods if selector and pod.ready and pod.namespace == service["metadata"]["namespace"]
                and network.selects({"matchLabels": selector}, pod.labels)]

    def apply_network(self):
        with self.network_lock:  # an older state must not be applied after a newer one
            self._apply_network()

    def _apply_network(self):
        with self.lock:
            services = [(network.DNS_ADDRESS, 53, protocol, [(self.servers.address, 53)]) for protocol in ("udp", "tcp")]
            for key, address in self.addresses.items():
                service = self.objects[key]
                for port in service["spec"]["ports"]:
                    target = port.get("targetPort", port["port"])
                    backends = [(pod.address, next((c.port(target) for c in pod.containers if isinstance(target, int) or any(
                        p.get("name") == target for p in c.spec.get("ports") or [])), 0)) for pod in self._behind(service)]
                    services.append((address, port["port"], port.get("protocol", "TCP").lower(), backends))
            policies = [thing for key, thing in self.objects.items() if key[0] == "NetworkPolicy"]
            rules = (services, policies, self.pods + [self.servers])
        network.apply_rules(*rules)

    # -- controllers

    def _reconcile_for_ever(self):
        while True:
            self.wake.wait(1)
            self.wake.clear()
            try:
                with self.lock:
                    for key, thing in list(self.objects.items()):
                        if key[0] in WORKLOADS:
                            self._reconcile(thing)
                self.apply_network()
            except Exception:
                self.say(traceback.format_exc())

    def of(self, thing):
        return [pod for pod in self.pods if pod.owner == key_of(thing)]

    def _reconcile(self, thing):
        spec, pods = thing["spec"], self.of(thing)
        revision = revision_of(spec["template"])
        wanted = spec.get("replicas", 1)
        here = [pod for pod in pods if not pod.terminating]
        new, old = ([pod for pod in here if (pod.revision == revision) == side] for side in (True, False))
        if key_of(thing)[0] == "StatefulSet":
            for pod in old or new[wanted:]:
                pod.stop()
            for number in range(wanted):
                name = f"{thing['metadata']['name']}-{number}"
                if name not in [pod.name for pod in pods]:
                    self._new_pod(thing, revision, name)
                    break
            return
        for pod in new[wanted:]:
            pod.stop()
        if (spec.get("strategy") or {}).get("type") == "Recreate":
            for pod in old:
                pod.stop()
            if len(pods) == len(new):
                self._new_pods(thing, revision, wanted - len(new))
            return
        rolling = (spec.get("strategy") or {}).get("rollingUpdate") or {}
        surge, away = (rolling.get(name, 1) for name in ("maxSurge", "maxUnavailable"))
        self._new_pods(thing, revision, min(wanted - len(new), wanted + (surge if old else 0) - len(here)))
        # Those that are not ready go first; of the ready ones only as many as may be missed.
        spare = sum(pod.ready for pod in here) - (wanted - away)
        for pod in sorted(old, key=lambda one: one.ready):
            if not pod.ready or spare > 0:
                spare -= pod.ready
                pod.stop()

    def _new_pods(self, thing, revision, count):
        for _ in range(max(0, count)):
            self._new_pod(thing, revision, f"{thing['metadata']['name']}-{revision[:6]}-{time.time_ns() % 10**6:06}")

    def _new_pod(self, thing, revision, name):
        template = json.loads(json.dumps(thing["spec"]["template"]))
        namespace = thing["metadata"]["namespace"]
        for claim in thing["spec"].get("volumeClaimTemplates") or []:
            own = f"{claim['metadata']['name']}-{name}"
            self.objects.setdefault(("PersistentVolumeClaim", namespace, own), {
                "kind": "PersistentVolumeClaim", "metadata": {**claim["metadata"], "name": own, "namespace": namespace}})
            template["spec"].setdefault("volumes", []).append(
                {"name": claim["metadata"]["name"], "persistentVolumeClaim": {"claimName": own}})
        pod = Pod(self, {**template["metadata"], "name": name, "namespace": namespace}, template["spec"], key_of(thing), revision)
        self.pods.append(pod)
        pod.start()

    # -- commands

    def apply(self, things):
        with self.lock:
            for thing in things:
                kind = thing["kind"]
                known = WORKLOADS + SILENT + ("Service", "ConfigMap", "Secret", "NetworkPolicy", "PersistentVolumeClaim", "Pod")
                if kind not in known:
                    raise ValueError(f"no {kind} is known here")
                if kind == "Pod":
                    pod = Pod(self, thing["metadata"], thing["spec"])
                    self.pods.append(pod)
                    pod.start()
                    continue
                before = self.objects.get(key_of(thing))
                self.objects[key_of(thing)] = thing
                if kind == "Service" and thing["spec"].get("clusterIP") != "None" and key_of(thing) not in self.addresses:
                    self.addresses[key_of(thing)] = self.network.new_service_address()
                if kind in ("Secret", "ConfigMap") and before is not None and before != thing:
                    for pod in self.pods:
                        if pod.namespace == key_of(thing)[1]:
                            pod.data_changed(kind, key_of(thing)[2])
        self.changed()
        return len(things)

    def delete(self, things):
        with self.lock:
            for thing in things:
                key = key_of(thing)
                annotations = thing["metadata"].get("annotations") or {}
                if annotations.get(KEEP[0]) == KEEP[1]:
                    continue
                found = self.objects.pop(key, None)
                self.addresses.pop(key, None)
                if key[0] == "StatefulSet" and found:
                    self._delete_claims(found)
                for pod in self.pods:
                    if pod.owner == key or (key[0] == "Pod" and (pod.namespace, pod.name) == key[1:]):
                        pod.stop()
        self.changed()

    def _delete_claims(self, thing):
        if (thing["spec"].get("persistentVolumeClaimRetentionPolicy") or {}).get("whenDeleted") != "Delete":
            return
        for claim in thing["spec"].get("volumeClaimTemplates") or []:
            prefix = f"{claim['metadata']['name']}-{thing['metadata']['name']}-"
            for key in [k for k in self.objects if k[0] == "PersistentVolumeClaim" and k[2].startswith(prefix)]:
                del self.objects[key]
                shutil.rmtree(self.folder / "volumes" / f"{key[1]}-{key[2]}", ignore_errors=True)

    def change(self, kind, namespace, name, replicas=None, restart=False):
        with self.lock:
            thing = self.objects[kind, namespace, name]
            if replicas is not None:
                thing["spec"]["replicas"] = replicas
            if restart:
                annotations = thing["spec"]["template"]["metadata"].setdefault("annotations", {})
                annotations["kubectl.kubernetes.io/restartedAt"] = str(time.time())
        self.changed()

    def state(self):
        """What there is: workloads with their pods, pods alone, all objects by name."""
        with self.lock:
            workloads = {}
            for key, thing in self.objects.items():
                if key[0] in WORKLOADS:
                    revision = revision_of(thing["spec"]["template"])
                    pods = self.of(thing)
                    fresh = [pod for pod in pods if pod.revision == revision and pod.ready]
                    wanted = thing["spec"].get("replicas", 1)
                    workloads["/".join(key)] = {"wanted": wanted, "ready": len(fresh), "pods": len(pods),
                                                "settled": len(fresh) == wanted == len(pods)}
            pods = [{"name": pod.name, "namespace": pod.namespace, "phase": pod.phase, "ready": pod.ready, "address": pod.address,
                     "terminating": pod.terminating, "problem": pod.problem, "restarts": pod.restarts(), "labels": pod.labels,
                     "exit_codes": {c.name: c.exit_code() for c in pod.containers if c.process}} for pod in self.pods]
            return {"workloads": workloads, "pods": pods, "objects": sorted("/".join(key) for key in self.objects),
                    "addresses": {"/".join(key): address for key, address in self.addresses.items()}, "endings": self.endings, "refused": network.refused()}

    def logs(self, name):
        with self.lock:
            for pod in self.pods:
                if pod.name == name:
                    return "".join(c.log.read_text(errors="replace") for c in pod.containers if c.log.exists())
        kept = sorted((self.folder / "log").glob(name + "-*.log"))
        return "".join(path.read_text(errors="replace") for path in kept)


class Commands(socketserver.StreamRequestHandler):
    def handle(self):
        command, arguments = json.loads(self.rfile.readline())
        try:
            answer = {"answer": getattr(self.server.node, command)(**arguments)}
        except Exception as error:  # told to whoever asked
            answer = {"error": f"{type(error).__name__}: {error}"}
        self.wfile.write(json.dumps(answer).encode() + b"\n")


class CommandServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def main():
    folder = pathlib.Path(sys.argv[1])
    (folder / "log").mkdir(parents=True, exist_ok=True)
    server = CommandServer(str(folder / (SOCKET + ".new")), Commands)
    server.node = Node(folder)
    (folder / (SOCKET + ".new")).rename(folder / SOCKET)
    server.serve_forever()


if __name__ == "__main__":
    main()
