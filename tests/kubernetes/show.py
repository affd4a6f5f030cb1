#!/usr/bin/env python3
"""The chart on the node: a line for each thing shown, with figures; 1 at the end when one of them is broken.

show.py DIR [STEP...]    all steps, or the named ones on what the earlier ones left: install test story restarts scale
                         policies uninstall, restart:SERVICE
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

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path += [str(HERE / "runner"), str(HERE)]
import credentials  # noqa: E402
from control import Control  # noqa: E402

RELEASE = NAMESPACE = "crosspoint"
CHART = TOP / "helm" / "crosspoint"
EDGE = f"crosspoint-edge.{NAMESPACE}.svc.cluster.local"
EXCHANGE = "https://exchange.exchange.svc.cluster.local"
SERVICES = ["directory", "presence", "meeting-sync", "contact", "voicemail", "gateway", "edge"]


def workload(name, kind="Deployment"):
    return f"{kind}/{NAMESPACE}/{RELEASE}-{name}"


class Show:
    def __init__(self, folder):
        self.folder = folder
        self.credentials = folder / "credentials"
        self.control = Control(folder, folder / "bin" / "helm")
        self.version = re.search(r"^project\(crosspoint VERSION ([0-9.]+)", (TOP / "CMakeLists.txt").read_text(), re.M)[1]
        self.broken = 0

    def tell(self, true, what, figures):
        print(f"{'ok    ' if true else 'BROKEN'}  {what:<34} {figures}", flush=True)
        self.broken += not true

    # -- what an installation brings along

    def secret(self, namespace, name, files):
        data = {key: base64.b64encode(path if isinstance(path, bytes) else path.read_bytes()).decode() for key, path in files.items()}
        return {"kind": "Secret", "metadata": {"name": name, "namespace": namespace}, "data": data}

    def certificate(self, service):
        return {name: self.credentials / service / name for name in ("tls.crt", "tls.key", "ca.crt")}

    def prepare(self):
        if not (self.credentials / "token").exists():  # once for the life of the node
            subprocess.run([sys.executable, HERE / "credentials.py", "make", self.credentials, NAMESPACE, RELEASE], check=True)
            for password in ("exchange-password", "valkey-password"):
                (self.credentials / password).write_text(secrets.token_hex(16))
            (self.credentials / "token").write_text(credentials.mint(self.credentials, "default", "u-test", ["user"]))
        exchange, valkey = ((self.credentials / f"{name}-password").read_bytes() for name in ("exchange", "valkey"))
        things = [self.secret(NAMESPACE, f"{RELEASE}-{name}-tls", self.certificate(name)) for name in SERVICES]
        things += [
            self.secret(NAMESPACE, "issuer-keys", {"jwks.json": self.credentials / "jwks.json"}),
            self.secret(NAMESPACE, "valkey-password", {"password": valkey, "valkey.conf": b"requirepass " + valkey + b"\n"}),
            self.secret(NAMESPACE, "exchange-account", {"password": exchange, "ca.crt": self.credentials / "ca.pem"}),
            self.secret(NAMESPACE, "test-login", {"token": self.credentials / "token", "ca.crt": self.credentials / "ca.pem"}),
            self.secret("exchange", "exchange-login", {"password": exchange}),
            self.secret("exchange", "exchange-certificate", self.certificate("exchange")),
        ]
        self.control.ask("apply", things=things + self.manifest("exchange.yaml"))
        self.control.settled(120, "Deployment/exchange/exchange")

    def manifest(self, name):
        text = (HERE / "manifests" / name).read_text().replace("VERSION", self.version)
        return list(yaml.safe_load_all(text.replace("CREDENTIALS", str(self.credentials))))

    # -- steps

    def install(self):
        self.prepare()
        things, _ = self.control.render(RELEASE, NAMESPACE, CHART, HERE / "values.yaml")
        self.control.ask("apply", things=things)
        took = self.control.settled(300)
        state = self.control.state()
        pods = [pod for pod in state["pods"] if pod["namespace"] == NAMESPACE]
        restarts = sum(pod["restarts"] for pod in pods)
        self.tell(restarts == 0, "install", f"{len(things)} objects, {len(pods)} pods ready after {took:.0f} s, {restarts} restarts")

    def test(self):
        _, hooks = self.control.render(RELEASE, NAMESPACE, CHART, HERE / "values.yaml")
        results = [self.run_pod(hook) for hook in hooks if hook["kind"] == "Pod"]
        self.control.ask("apply", things=[hook for hook in hooks if hook["kind"] != "Pod"])
        bad = [name for name, succeeded, _ in results if not succeeded]
        self.tell(results and not bad, "helm test", f"{len(results)} pods" + "".join(f"\n  {name}: {log}" for name, ok, log in results if not ok))

    def run_pod(self, thing, seconds=120):
        """Runs it to its end: (name, succeeded, the end of its log)."""
        name, namespace = thing["metadata"]["name"], thing["metadata"].setdefault("namespace", NAMESPACE)
        self.control.ask("apply", things=[thing])

        def over(state):
            return all(pod["phase"] in ("Succeeded", "Failed") for pod in state["pods"] if pod["name"] == name)

        try:
            self.control.wait(seconds, name, over)
        except TimeoutError as error:
            log = f"{error}\n{self.control.ask('logs', name=name)}"
            succeeded = False
        else:
            pod = next(pod for pod in self.control.state()["pods"] if pod["name"] == name)
            succeeded, log = pod["phase"] == "Succeeded", pod["problem"] + self.control.ask("logs", name=name)
        self.control.ask("delete", things=[{"kind": "Pod", "metadata": {"name": name, "namespace": namespace}}])
        self.control.wait(60, f"the end of {name}", lambda state: name not in [pod["name"] for pod in state["pods"]])
        return name, succeeded, log

    def story(self):
        start = time.monotonic()
        _, succeeded, log = self.run_pod(self.manifest("story.yaml")[0], 300)
        (self.folder / "log" / "story.log").write_text(log)
        steps = len(re.findall(r"^\s+done in", log, re.M))
        told = re.search(r"The story is told, in ([0-9.]+) s", log)
        self.tell(succeeded and told, "story through the edge", f"{steps} steps in {told[1] if told else time.monotonic() - start} s"
                  + ("" if succeeded else "\n" + log[-2000:]))

    # -- under load

    def load(self, *arguments):
        pid = (self.folder / "init.pid").read_text().strip()
        return ["nsenter", "--target", pid, "--net", "--mount", "--pid", sys.executable, str(HERE / "load.py"), "--server", f"{EDGE}:443",
                "--server-name", EDGE, "--credentials", str(self.credentials), *arguments]

    def under_load(self, action):
        """Runs `action` while callers call; gives back what they saw and how long it took."""
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
            action()
            took = time.monotonic() - start
            time.sleep(3)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
        seen = json.loads(process.communicate(timeout=60)[0].splitlines()[-1])
        with open(self.folder / "log" / "load.log", "a") as log:
            log.write(json.dumps(seen) + "\n")
        return seen, took

    @staticmethod
    def figures(seen):
        failures = "".join(f"\n        {failure}" for failure in seen["failures"][:8])
        return (f"{seen['calls']} calls, {seen['failed']} failed, p50 {seen['p50_ms']} ms, p99 {seen['p99_ms']} ms, longest {seen['max_ms']} ms, "
                f"watch opened {seen['watch'].get('opened', 0)} times{failures}")

    def restart(self, service):
        before = len(self.control.state()["endings"])

        def replace():
            self.control.ask("change", kind="Deployment", namespace=NAMESPACE, name=f"{RELEASE}-{service}", restart=True)
            self.control.settled(300, workload(service))

        seen, took = self.under_load(replace)
        endings = self.control.state()["endings"][before:]
        orderly = all(code == 0 for _, ending in endings for code in ending.values())
        self.tell(seen["failed"] == 0 and orderly, f"restart {service}",
                  f"{len(endings)} pods replaced in {took:.0f} s, {'all ended by themselves' if orderly else endings}; {self.figures(seen)}")

    def restarts(self):
        for service in SERVICES:
            self.restart(service)

    def scale(self):
        name = workload("presence")

        def grow():
            self.control.ask("change", kind="Deployment", namespace=NAMESPACE, name=f"{RELEASE}-presence", replicas=3)
            self.control.settled(120, name)

        seen, took = self.under_load(grow)
        self.tell(seen["failed"] == 0, "presence scaled to 3", f"ready after {took:.0f} s; {self.figures(seen)}")

    def policies(self):
        """What the chart's own pods needed was let through; a stranger is not."""
        own = self.control.state()["refused"]
        stranger = self.run_pod(self.manifest("stranger.yaml")[0])
        arriving = self.control.state()["refused"][1] - own[1]
        self.tell(own == [0, 0] and not stranger[1] and arriving > 0, "network policies",
                  f"{own[0]} packets leaving and {own[1]} arriving at the chart's pods refused; a stranger's call to directory: {arriving} packets refused")

    def uninstall(self):
        things, _ = self.control.render(RELEASE, NAMESPACE, CHART, HERE / "values.yaml")
        start = time.monotonic()
        self.control.ask("delete", things=things)
        self.control.wait(120, "the end of all pods", lambda state: not [p for p in state["pods"] if p["namespace"] == NAMESPACE])
        left = [name for name in self.control.state()["objects"] if name.split("/")[1] == NAMESPACE and not name.startswith("Secret/")]
        kept = [f"PersistentVolumeClaim/{NAMESPACE}/{name}" for name in (f"{RELEASE}-voicemail", f"data-{RELEASE}-valkey-0")]
        self.tell(left == sorted(kept), "uninstall", f"in {time.monotonic() - start:.0f} s; left are {', '.join(left) or 'none'}")


STEPS = ["install", "test", "story", "restarts", "scale", "policies", "uninstall"]


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
