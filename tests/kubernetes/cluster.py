"""The cluster as scripts beside it see it: helm and kubectl, what pods there are, and how those that ended have ended."""
import json
import subprocess
import threading
import time

import yaml
from kubernetes import client, config, watch


class Cluster:
    """For programs inside the cluster's namespaces, with KUBECONFIG set. `bin` holds helm and kubectl."""

    def __init__(self, bin):
        self.bin = bin
        config.load_kube_config()
        self.core = client.CoreV1Api()

    def run(self, tool, *arguments, text=None):
        done = subprocess.run([self.bin / tool, *arguments], input=text, text=True, capture_output=True)
        if done.returncode != 0:
            raise RuntimeError(f"{tool} {' '.join(map(str, arguments))}: {done.stderr.strip()}\n{done.stdout[-2000:]}")
        return done.stdout

    def kubectl(self, *arguments, text=None):
        return self.run("kubectl", *arguments, text=text)

    def apply(self, things):
        self.kubectl("apply", "-f", "-", text=yaml.safe_dump_all(things))

    def rolled_out(self, namespace, workload, seconds):
        self.kubectl("-n", namespace, "rollout", "status", workload, f"--timeout={seconds}s")

    def pods(self, namespace):
        return self.core.list_namespaced_pod(namespace).items

    def run_pod(self, thing, seconds):
        """Runs it to its end and removes it: (succeeded, its log)."""
        name, namespace = thing["metadata"]["name"], thing["metadata"]["namespace"]
        self.apply([thing])
        end = time.monotonic() + seconds
        while True:
            phase = self.core.read_namespaced_pod(name, namespace).status.phase
            if phase in ("Succeeded", "Failed") or time.monotonic() > end:
                break
            time.sleep(0.3)
        log = subprocess.run([self.bin / "kubectl", "-n", namespace, "logs", name, "--all-containers"], text=True, capture_output=True)
        self.kubectl("-n", namespace, "delete", "pod", name)
        return phase == "Succeeded", f"{'' if phase == 'Succeeded' else phase + chr(10)}{log.stdout}{log.stderr}"

    def left(self, namespace):
        """Names of all objects there, as kind/name, but for those every namespace has."""
        kinds = self.kubectl("api-resources", "--verbs=list", "--namespaced", "-o", "name").split()
        kinds = [kind for kind in kinds if not kind.startswith("events")]
        names = self.kubectl("-n", namespace, "get", ",".join(kinds), "-o", "name", "--ignore-not-found").split()
        return sorted(set(names) - {"configmap/kube-root-ca.crt", "serviceaccount/default"})

    @staticmethod
    def refused():
        """Packets that policies have refused so far: (leaving a pod, arriving at one)."""
        text = subprocess.run(["nft", "-j", "list", "counters", "table", "ip", "policies"], check=True, capture_output=True).stdout
        counters = {one["counter"]["name"]: one["counter"]["packets"] for one in json.loads(text)["nftables"] if "counter" in one}
        return counters["egress_refused"], counters["ingress_refused"]


class Endings:
    """Exit codes of the containers of pods that are taken away, while `with` lasts: {pod: {container: code}}."""

    def __init__(self, cluster, namespace):
        self.cluster, self.namespace, self.ended, self.gone = cluster, namespace, {}, set()
        self.watch = watch.Watch()

    def __enter__(self):
        version = self.cluster.core.list_namespaced_pod(self.namespace).metadata.resource_version
        self.thread = threading.Thread(target=self.follow, args=(version,), daemon=True)
        self.thread.start()
        return self

    def follow(self, version):
        for event in self.watch.stream(self.cluster.core.list_namespaced_pod, self.namespace, resource_version=version):
            pod = event["object"]
            if not pod.metadata.deletion_timestamp:
                continue
            codes = self.ended.setdefault(pod.metadata.name, {})
            for container in pod.status.container_statuses or []:
                if container.state.terminated:
                    codes[container.name] = container.state.terminated.exit_code
            if event["type"] == "DELETED":
                self.gone.add(pod.metadata.name)

    def settled(self, seconds=120):
        """Waits until those that are going are gone."""
        end = time.monotonic() + seconds
        while set(self.ended) - self.gone and time.monotonic() < end:
            time.sleep(0.2)

    def __exit__(self, *_):
        self.watch.stop()

    def orderly(self, count):
        """Whether at least so many have ended, each container by itself with 0."""
        return len(self.ended) >= count and all(codes and set(codes.values()) == {0} for codes in self.ended.values())
