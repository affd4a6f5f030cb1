"""A pod: its volumes, its containers one after the other, its probes, and its end."""
import pathlib
import shutil
import subprocess
import threading
import time
import uuid

from containers import Container, write_volume
from network import DNS_ADDRESS
from probes import Prober, ask_http

PROBES = ("startupProbe", "livenessProbe", "readinessProbe")


class Pod:
    def __init__(self, node, metadata, spec, owner=None, revision=""):
        self.node, self.spec, self.owner, self.revision = node, spec, owner, revision
        self.name, self.namespace = metadata["name"], metadata["namespace"]
        self.labels = metadata.get("labels") or {}
        self.annotations = metadata.get("annotations") or {}
        self.id = "p" + uuid.uuid4().hex[:10]
        self.folder = pathlib.Path(node.folder) / "pods" / self.id
        self.address = ""
        self.phase = "Pending"
        self.problem = ""
        self.terminating = False
        self.gone = False
        self.ending = {}  # container -> exit code, "SIGKILL" when it had to be forced
        self.volumes = {}
        self.containers = []
        self.ready_since = None
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._live, daemon=True)
        self.grace = spec.get("terminationGracePeriodSeconds", 30)

    @property
    def ready(self):
        return self.phase == "Running" and not self.terminating and bool(self.containers) and all(c.ready for c in self.containers)

    def start(self):
        self.thread.start()

    def stop(self):
        self.terminating = True
        self.stopping.set()

    def restarts(self):
        return sum(container.restarts for container in self.containers)

    # -- the pod's thread

    def _live(self):
        try:
            self._prepare()
            if self._run_init_containers():
                self._run()
        except Exception as error:  # whatever it is, the pod is what it concerns
            self.problem = f"{type(error).__name__}: {error}"
            self.phase = "Failed"
            self.node.say(f"pod {self.name}: {self.problem}")
            self.stopping.wait()
        self._end()

    def _prepare(self):
        self.folder.mkdir(parents=True)
        self.address = self.node.network.join(self.id)
        (self.folder / "hosts").write_text(f"127.0.0.1 localhost\n::1 localhost\n{self.address} {self.name}\n")
        (self.folder / "hostname").write_text(self.name + "\n")
        (self.folder / "resolv.conf").write_text(
            f"search {self.namespace}.svc.cluster.local svc.cluster.local cluster.local\nnameserver {DNS_ADDRESS}\noptions ndots:5\n")
        group = (self.spec.get("securityContext") or {}).get("fsGroup")
        for volume in self.spec.get("volumes") or []:
            self.volumes[volume["name"]] = self._volume(volume, group)
        self.node.apply_network()  # before anything runs: its first packet is judged by the policies already

    def _volume(self, volume, group):
        folder = self.folder / "volumes" / volume["name"]
        if "secret" in volume or "configMap" in volume:
            self._write(volume, folder, group)
            return folder
        if "emptyDir" in volume:
            folder.mkdir(parents=True)
            if (volume["emptyDir"] or {}).get("medium") == "Memory":
                subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=True)
            self._give(folder, group)
            return folder
        if "persistentVolumeClaim" in volume:
            folder = self.node.claim(self.namespace, volume["persistentVolumeClaim"]["claimName"])
            self._give(folder, group)
            return folder
        if "hostPath" in volume:
            return pathlib.Path(volume["hostPath"]["path"])
        raise ValueError(f"no volume is {sorted(volume)}")

    @staticmethod
    def _give(folder, group):
        folder.chmod(0o2777 if group is None else 0o2775)
        if group is not None:
            shutil.chown(folder, 0, group)

    def _write(self, volume, folder, group):
        source = volume.get("secret") or volume["configMap"]
        name = source.get("secretName") or source["name"]
        try:
            data = self.node.data("Secret" if "secret" in volume else "ConfigMap", self.namespace, name)
        except KeyError:
            if not source.get("optional"):
                raise
            data = {}
        files = {item["path"]: data[item["key"]] for item in source["items"]} if source.get("items") else data
        write_volume(folder, files, source.get("defaultMode", 0o644), group)

    def data_changed(self, kind, name):
        for volume in self.spec.get("volumes") or []:
            source = volume.get("secret" if kind == "Secret" else "configMap")
            if source and (source.get("secretName") or source.get("name")) == name and volume["name"] in self.volumes:
                self._write(volume, self.volumes[volume["name"]], (self.spec.get("securityContext") or {}).get("fsGroup"))

    def _container(self, spec):
        return Container(self, spec, self.node.images.get(spec["image"]), self.folder / spec["name"])

    def _run_init_containers(self):
        for spec in self.spec.get("initContainers") or []:
            container = self._container(spec)
            container.start()
            while container.exit_code() is None and not self.stopping.wait(0.1):
                pass
            container.stop(self.grace)
            if container.exit_code() != 0:
                raise RuntimeError(f"{spec['name']} ended with {container.exit_code()}: {container.log.read_text()[-500:]}")
            container.clean()
        return not self.stopping.is_set()

    def _run(self):
        self.containers = [self._container(spec) for spec in self.spec["containers"]]
        probers = {}
        for container in self.containers:
            container.start()
            probers[container.name] = self._probers(container)
        self.phase = "Running"
        while not self.stopping.wait(0.1):
            for container in self.containers:
                if container.exit_code() is not None:
                    if self.spec.get("restartPolicy", "Always") == "Never":
                        continue
                    self._restart(container, f"ended with {container.exit_code()}")
                    probers[container.name] = self._probers(container)
                    continue
                for prober in probers[container.name]:
                    if prober.due() and not self._judge(container, prober):
                        probers[container.name] = self._probers(container)
                        break
            if all(c.exit_code() is not None for c in self.containers) and self.spec.get("restartPolicy") == "Never":
                self.phase = "Succeeded" if all(c.exit_code() == 0 for c in self.containers) else "Failed"
                self.node.changed()
                self.stopping.wait()

    def _probers(self, container):
        if "readinessProbe" not in container.spec and container.started:
            container.ready = True
            self.node.changed()
        return [Prober(kind, container.spec[kind], container, self.address) for kind in PROBES if kind in container.spec]

    def _judge(self, container, prober):
        """False when the container was restarted."""
        verdict = prober.ask()
        if prober.kind == "startupProbe" and container.started:
            return True
        if prober.kind == "startupProbe" and verdict:
            container.started = True
            container.ready = "readinessProbe" not in container.spec
            prober.next = float("inf")
        elif prober.kind == "readinessProbe" and verdict is not None and container.ready != verdict:
            container.ready = verdict
            self.node.say(f"pod {self.name}: {'ready' if verdict else 'not ready'}")
        elif prober.kind != "readinessProbe" and verdict is False:
            self._restart(container, f"{prober.kind} failed")
            return False
        else:
            return True
        self.node.changed()
        return True

    def _restart(self, container, why):
        self.node.say(f"pod {self.name}: {container.name} is restarted, it {why}")
        container.ready = False
        self.node.changed()
        container.stop(self.grace)
        container.clean()
        self.stopping.wait(min(10, 2 ** container.restarts))
        container.restarts += 1
        if not self.stopping.is_set():
            container.start()

    # -- its end

    def _end(self):
        self.terminating = True
        self.node.changed()
        started = time.monotonic()
        endings = [threading.Thread(target=self._end_container, args=(container, started)) for container in self.containers]
        for ending in endings:
            ending.start()
        for ending in endings:
            ending.join()
        if self.address:
            self.node.network.leave(self.id)
        subprocess.run(f"umount {self.folder}/volumes/* 2> /dev/null", shell=True)
        self.gone = True
        self.node.ended(self)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end_container(self, container, started):
        if container.process is None:
            return
        hook = (container.spec.get("lifecycle") or {}).get("preStop") or {}
        if hook and container.exit_code() is None:
            self._before_the_end(container, hook)
        container.stop(self.grace - (time.monotonic() - started))
        self.ending[container.name] = "SIGKILL" if container.killed else container.exit_code()
        self.node.keep_log(self, container)
        container.clean()

    def _before_the_end(self, container, hook):
        try:
            if "sleep" in hook:
                time.sleep(min(hook["sleep"]["seconds"], self.grace))
            elif "httpGet" in hook:
                ask_http(self.address, hook["httpGet"], container.port(hook["httpGet"]["port"]), self.grace)
            elif "exec" in hook:
                container.execute(hook["exec"]["command"], self.grace)
        except OSError as error:
            self.node.say(f"pod {self.name}: preStop: {error}")
