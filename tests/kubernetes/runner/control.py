"""Commands for the node, for scripts: what kubectl and helm do with a cluster."""
import json
import pathlib
import socket
import subprocess
import time

import yaml

SOCKET = "node.sock"


class Control:
    def __init__(self, folder, helm="helm"):
        self.folder, self.helm = pathlib.Path(folder), helm

    def ask(self, command, **arguments):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.folder / SOCKET))
            connection.sendall(json.dumps([command, arguments]).encode() + b"\n")
            answer = json.loads(connection.makefile().readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["answer"]

    def state(self):
        return self.ask("state")

    def wait(self, seconds, what, condition):
        """Until `condition(state)`; returns how long it took."""
        start = time.monotonic()
        while True:
            state = self.state()
            if condition(state):
                return time.monotonic() - start
            if time.monotonic() - start > seconds:
                unready = [f"{pod['name']}: {pod['phase']} {pod['problem']}" for pod in state["pods"] if not pod["ready"]]
                raise TimeoutError(f"{what} not within {seconds} s; {unready or 'all pods are ready'}")
            time.sleep(0.3)

    def settled(self, seconds, *workloads):
        return self.wait(seconds, f"{', '.join(workloads) or 'everything'} settled", lambda state: all(
            one["settled"] for name, one in state["workloads"].items() if not workloads or name in workloads))

    def render(self, release, namespace, chart, *values):
        """Objects and hooks of the chart, in the order of installation."""
        command = [self.helm, "template", release, str(chart), "--namespace", namespace, "--kube-version", "1.34.4"]
        for file in values:
            command += ["--values", str(file)]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        things = [thing for thing in yaml.safe_load_all(text) if thing]
        for thing in things:
            thing["metadata"].setdefault("namespace", namespace)
        hooks = [thing for thing in things if "helm.sh/hook" in (thing["metadata"].get("annotations") or {})]
        return [thing for thing in things if thing not in hooks], hooks
