#!/usr/bin/env python3
"""The chart on the cluster: a line for each thing shown, with figures; 1 at the end when one of them is broken.

show.py DIR [STEP...]    all steps, or the named ones on what the earlier ones left: install test story restarts scale
                         reconfigure evict policies uninstall, restart:SERVICE
Runs inside the cluster's namespaces; DIR/bin holds helm and kubectl.
"""
import argparse
import base64
import json
import os
import pathlib
import re
import secrets
import signal
import subprocess
import sys
import time

import yaml
from kubernetes import client

import credentials
from cluster import Cluster, Endings

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
RELEASE = NAMESPACE = "crosspoint"
CHART = TOP / "helm" / "crosspoint"
EDGE = f"crosspoint-edge.{NAMESPACE}.svc.cluster.local"
EXCHANGE = "https://exchange.exchange.svc.cluster.local"
SERVICES = ["directory", "presence", "meeting-sync", "contact", "voicemail", "gateway", "edge"]


class Show:
    def __init__(self, folder):
        self.folder = folder
        self.credentials = folder / "credentials"
        self.cluster = Cluster(folder / "bin")
        self.version = re.search(r"^project\(crosspoint VERSION ([0-9.]+)", (TOP / "CMakeLists.txt").read_text(), re.M)[1]
        self.broken = 0
        self.changed = ()  # values other than those of the file

    def tell(self, true, what, figures):
        print(f"{'ok    ' if true else 'BROKEN'}  {what:<34} {figures}", flush=True)
        self.broken += not true

    def helm(self, *arguments):
        return self.cluster.run("helm", "-n", NAMESPACE, *arguments)

    # -- what an installation brings along

    def namespace(self, name, standard):
        """Pods that ask for more than the named Pod Security Standard allows are not let in."""
        return {"apiVersion": "v1", "kind": "Namespace",
                "metadata": {"name": name, "labels": {"pod-security.kubernetes.io/enforce": standard}}}

    def secret(self, namespace, name, files):
        data = {key: base64.b64encode(path if isinstance(path, bytes) else path.read_bytes()).decode() for key, path in files.items()}
        return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace}, "data": data}

    def certificate(self, service):
        return {name: self.credentials / service / name for name in ("tls.crt", "tls.key", "ca.crt")}

    def prepare(self):
        subprocess.run([sys.executable, HERE / "credentials.py", "make", self.credentials, NAMESPACE, RELEASE], check=True)
        exchange, valkey = (secrets.token_hex(16).encode() for _ in range(2))
        (self.credentials / "exchange-password").write_bytes(exchange)
        (self.credentials / "token").write_text(credentials.mint(self.credentials, "default", "u-test", ["user"]))
        things = [self.namespace(NAMESPACE, "restricted"), self.namespace("exchange", "baseline"), self.namespace("clients", "privileged")]
        things += [self.secret(NAMESPACE, f"{RELEASE}-{name}-tls", self.certificate(name)) for name in SERVICES]
        things += [
            self.secret(NAMESPACE, "issuer-keys", {"jwks.json": self.credentials / "jwks.json"}),
            self.secret(NAMESPACE, "valkey-password", {"password": valkey, "valkey.conf": b"requirepass " + valkey + b"\n"}),
            self.secret(NAMESPACE, "exchange-account", {"password": exchange, "ca.crt": self.credentials / "ca.pem"}),
            self.secret(NAMESPACE, "test-login", {"token": self.credentials / "token", "ca.crt": self.credentials / "ca.pem"}),
            self.secret("exchange", "exchange-login", {"password": exchange}),
            self.secret("exchange", "exchange-certificate", self.certificate("exchange")),
        ]
        self.cluster.apply(things + self.manifest("exchange.yaml"))
        self.cluster.rolled_out("exchange", "deployment/exchange", 120)

    def manifest(self, name):
        text = (HERE / "manifests" / name).read_text().replace("VERSION", self.version)
        return list(yaml.safe_load_all(text.replace("CREDENTIALS", str(self.credentials))))

    # -- steps

    def install(self):
        self.prepare()
        start = time.monotonic()
        self.helm("install", RELEASE, str(CHART), "--values", str(HERE / "values.yaml"), "--wait", "--timeout", "5m")
        took = time.monotonic() - start
        pods = self.cluster.pods(NAMESPACE)
        restarts = sum(container.restart_count for pod in pods for container in pod.status.container_statuses)
        objects = len([thing for thing in yaml.safe_load_all(self.helm("get", "manifest", RELEASE)) if thing])
        self.tell(restarts == 0, "install", f"{objects} objects, {len(pods)} pods ready after {took:.0f} s, {restarts} restarts")

    def test(self):
        try:
            log = self.helm("test", RELEASE, "--logs")
        except RuntimeError as error:
            log = str(error)
        suites, succeeded = len(re.findall(r"^TEST SUITE:", log, re.M)), len(re.findall(r"^Phase: +Succeeded", log, re.M))
        good = 0 < succeeded == suites
        self.tell(good, "helm test", f"{succeeded} of {suites} succeeded" + ("" if good else "\n" + log[-3000:]))

    def story(self):
        start = time.monotonic()
        succeeded, log = self.cluster.run_pod(self.manifest("story.yaml")[0], 300)
        (self.folder / "log" / "story.log").write_text(log)
        steps = len(re.findall(r"^\s+done in", log, re.M))
        told = re.search(r"The story is told, in ([0-9.]+) s", log)
        self.tell(succeeded and told, "story through the edge", f"{steps} steps in {told[1] if told else time.monotonic() - start} s"
                  + ("" if succeeded else "\n" + log[-2000:]))

    # -- under load

    def load(self, *arguments):
        return [sys.executable, str(HERE / "load.py"), "--server", f"{EDGE}:443", "--server-name", EDGE, "--credentials",
                str(self.credentials), *arguments]

    def under_load(self, action):
        """Runs `action` while callers call; gives back what they saw, how long it took, and how pods ended."""
        if not (self.credentials / "users.json").exists():
            subprocess.run(self.load("prepare", "--exchange", EXCHANGE), check=True, stdout=subprocess.DEVNULL)
        ready = self.folder / "load.ready"
        ready.unlink(missing_ok=True)
        process = subprocess.Popen(self.load("run", "--seconds", "600", "--ready-file", str(ready)), stdout=subprocess.PIPE, text=True,
                                   start_new_session=True)
        while not ready.exists():
            if process.poll() is not None:
                raise RuntimeError("no load")
            time.sleep(0.2)
        try:
            time.sleep(3)
            start = time.monotonic()
            with Endings(self.cluster, NAMESPACE) as endings:
                action()
                took = time.monotonic() - start
                endings.settled()
            time.sleep(3)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
        seen = json.loads(process.communicate(timeout=60)[0].splitlines()[-1])
        with open(self.folder / "log" / "load.log", "a") as log:
            log.write(json.dumps(seen) + "\n")
        return seen, took, endings

    def pods_of(self, service):
        return [pod.metadata.name for pod in self.cluster.pods(NAMESPACE)
                if pod.metadata.labels.get("app.kubernetes.io/component") == service]

    def tell_load(self, what, figures, seen, endings, ending, true=True):
        """`ending`: how many pods must have ended at least. `true`: what else must hold."""
        orderly = endings.orderly(ending)
        failures = "".join(f"\n        {failure}" for failure in seen["failures"][:8])
        ended = "all by themselves" if orderly else f"not the {ending} expected, each with 0: {endings.ended}"
        self.tell(true and seen["calls"] > 0 and seen["failed"] == 0 and orderly, what,
                  f"{figures}, {len(endings.ended)} pods ended, {ended}; {seen['calls']} calls, {seen['failed']} failed, "
                  f"p50 {seen['p50_ms']} ms, p99 {seen['p99_ms']} ms, longest {seen['max_ms']} ms, "
                  f"watch opened {seen['watch'].get('opened', 0)} times{failures}")

    def restart(self, service):
        workload = f"deployment/{RELEASE}-{service}"
        before = self.pods_of(service)

        def replace():
            self.cluster.kubectl("-n", NAMESPACE, "rollout", "restart", workload)
            self.cluster.rolled_out(NAMESPACE, workload, 300)

        seen, took, endings = self.under_load(replace)
        self.tell_load(f"restart {service}", f"rolled out in {took:.0f} s", seen, endings, len(before),
                       true=len(before) > 1 and set(before) == set(endings.ended))

    def restarts(self):
        for service in SERVICES:
            self.restart(service)

    def upgrade(self, *values):
        """Changed values, which helm keeps from then on."""
        self.changed += values

        def change():
            self.helm("upgrade", RELEASE, str(CHART), "--values", str(HERE / "values.yaml"), "--set", ",".join(self.changed), "--wait",
                      "--timeout", "5m")

        return self.under_load(change)

    def scale(self):
        seen, took, endings = self.upgrade("presence.replicas=3")
        count = len(self.pods_of("presence"))
        self.tell_load(f"presence scaled to {count}", f"in {took:.0f} s", seen, endings, 0, true=count == 3)

    def reconfigure(self):
        before = self.pods_of("presence") + self.pods_of("meeting-sync")
        seen, took, endings = self.upgrade("presence.logLevel=debug", "meetingSync.logLevel=debug")
        self.tell_load("upgrade with another configuration", f"in {took:.0f} s", seen, endings, len(before),
                       true=set(before) == set(endings.ended))

    def evict(self):
        """Disruption budgets: of two pods one may be sent away, the other only when there are two again."""
        pods = self.pods_of("gateway")
        answers = []

        def send_away():
            for pod in pods:
                body = client.V1Eviction(metadata=client.V1ObjectMeta(name=pod, namespace=NAMESPACE))
                try:
                    self.cluster.core.create_namespaced_pod_eviction(pod, NAMESPACE, body)
                    answers.append(201)
                except client.ApiException as error:
                    answers.append(error.status)
            self.cluster.rolled_out(NAMESPACE, f"deployment/{RELEASE}-gateway", 120)

        seen, took, endings = self.under_load(send_away)
        self.tell_load("eviction of both gateways", f"answered {answers}, {took:.0f} s until there were two again", seen, endings, 1,
                       true=answers == [201, 429])

    def policies(self):
        """What the chart's own pods needed was let through; a stranger is not."""
        leaving, arriving = self.cluster.refused()
        let_in, _ = self.cluster.run_pod(self.manifest("stranger.yaml")[0], 120)
        of_stranger = self.cluster.refused()[1] - arriving
        self.tell((leaving, arriving) == (0, 0) and not let_in and of_stranger > 0, "network policies",
                  f"{leaving} packets leaving and {arriving} arriving at the chart's pods refused; "
                  f"a stranger's call to directory: {of_stranger} packets refused")

    def uninstall(self):
        start = time.monotonic()
        self.helm("uninstall", RELEASE, "--wait", "--timeout", "3m")
        kept = [f"persistentvolumeclaim/{name}" for name in (f"{RELEASE}-voicemail", f"data-{RELEASE}-valkey-0")]
        brought = [f"secret/{name}" for name in [f"{RELEASE}-{one}-tls" for one in SERVICES]
                   + ["issuer-keys", "valkey-password", "exchange-account", "test-login"]]
        while True:  # what belongs to something goes a moment after it
            left = [name for name in self.cluster.left(NAMESPACE) if name not in brought]
            if left == kept or time.monotonic() - start > 120:
                break
            time.sleep(1)
        self.tell(left == kept, "uninstall", f"in {time.monotonic() - start:.0f} s; left are {', '.join(left) or 'none'}")


STEPS = ["install", "test", "story", "restarts", "scale", "reconfigure", "evict", "policies", "uninstall"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("steps", nargs="*")
    args = parser.parse_args()
    show = Show(args.folder.resolve())
    for step in args.steps or STEPS:
        name, _, argument = step.partition(":")
        getattr(show, name)(*([argument] if argument else []))
    sys.exit(1 if show.broken else 0)


if __name__ == "__main__":
    main()
