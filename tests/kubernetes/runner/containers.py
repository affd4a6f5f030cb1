"""One container: its file system, its runc configuration, its process."""
import json
import os
import pathlib
import shutil
import subprocess
import time

CGROUP = "crosspoint-kubernetes"
# What containers may do that drop nothing, as container runtimes have it.
USUAL_CAPABILITIES = ["CAP_" + name for name in (
    "CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP",
    "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE")]
UNITS = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "k": 10**3, "M": 10**6, "G": 10**9}
MOUNTS = [
    {"destination": "/proc", "type": "proc", "source": "proc"},
    {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
    {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
     "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]},
    {"destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]},
    {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "noexec", "nodev", "ro"]},
]
HIDDEN = ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/sched_debug", "/proc/scsi",
          "/sys/firmware"]
READ_ONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]


def quantity(text):
    for unit, factor in UNITS.items():
        if str(text).endswith(unit):
            return int(float(str(text)[:-len(unit)]) * factor)
    if str(text).endswith("m"):
        return float(str(text)[:-1]) / 1000
    return float(text)


def fill(text, environment):
    """$(NAME) of command lines and variables."""
    for name, value in environment.items():
        text = text.replace(f"$({name})", value)
    return text


class Container:
    def __init__(self, pod, spec, image, folder):
        self.pod, self.spec, self.image = pod, spec, image
        self.name = spec["name"]
        self.folder = pathlib.Path(folder)
        self.restarts = 0
        self.process = None
        self.started_at = 0.0
        self.started = False  # its startup probe has passed
        self.ready = False
        self.killed = False
        self.log = self.folder / "log"

    @property
    def id(self):
        return f"{self.pod.id}-{self.name}-{self.restarts}"

    def port(self, named):
        if isinstance(named, int):
            return named
        return next(port["containerPort"] for port in self.spec["ports"] if port.get("name") == named)

    def start(self):
        bundle = self.folder / str(self.restarts)
        for part in ("upper", "work", "rootfs"):
            (bundle / part).mkdir(parents=True)
        lower = ":".join(str(layer) for layer in reversed(self.image.layers))
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o",
                        f"lowerdir={lower},upperdir={bundle}/upper,workdir={bundle}/work", bundle / "rootfs"], check=True)
        (bundle / "config.json").write_text(json.dumps(self._runtime_config()))
        self.started = "startupProbe" not in self.spec
        self.ready = False
        self.killed = False
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(["runc", "--root", "/run/runc", "run", "--bundle", bundle, self.id],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.started_at = time.monotonic()

    def exit_code(self):
        return self.process.poll()

    def signal(self, name):
        subprocess.run(["runc", "--root", "/run/runc", "kill", self.id, name], capture_output=True)

    def execute(self, command, timeout):
        try:
            done = subprocess.run(["runc", "--root", "/run/runc", "exec", self.id] + command, capture_output=True, timeout=timeout)
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0

    def stop(self, seconds):
        """SIGTERM, then SIGKILL when it is not gone in time."""
        if self.exit_code() is None:
            self.signal("TERM")
            try:
                self.process.wait(max(seconds, 0.1))
            except subprocess.TimeoutExpired:
                self.killed = True
                self.signal("KILL")
                self.process.wait(30)

    def clean(self):
        bundle = self.folder / str(self.restarts)
        subprocess.run(["runc", "--root", "/run/runc", "delete", "--force", self.id], capture_output=True)
        subprocess.run(["umount", bundle / "rootfs"], capture_output=True)
        shutil.rmtree(bundle, ignore_errors=True)

    def environment(self):
        found = dict(pair.split("=", 1) for pair in self.image.environment)
        found.setdefault("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        found["HOSTNAME"] = self.pod.name
        for source in self.spec.get("envFrom") or []:
            kind = "Secret" if "secretRef" in source else "ConfigMap"
            reference = source.get("secretRef") or source["configMapRef"]
            found |= {key: value.decode() for key, value in self.pod.node.data(kind, self.pod.namespace, reference["name"]).items()}
        for entry in self.spec.get("env") or []:
            found[entry["name"]] = fill(entry["value"], found) if "value" in entry else self._value_from(entry.get("valueFrom"))
        return found

    def _value_from(self, source):
        if source is None:
            return ""
        if "fieldRef" in source:
            fields = {"metadata.name": self.pod.name, "metadata.namespace": self.pod.namespace, "metadata.uid": self.pod.id,
                      "status.podIP": self.pod.address, "spec.nodeName": "node1"}
            return fields[source["fieldRef"]["fieldPath"]]
        for key, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
            if key in source:
                return self.pod.node.data(kind, self.pod.namespace, source[key]["name"])[source[key]["key"]].decode()
        raise ValueError(f"{self.name}: no value from {source}")

    def _user(self):
        security = {**(self.pod.spec.get("securityContext") or {}), **(self.spec.get("securityContext") or {})}
        user, _, group = self.image.user.partition(":")
        user = security.get("runAsUser", user or "0")
        if not str(user).isdigit():
            raise ValueError(f"{self.name}: the image's user {user} is no number, so that nobody knows whether it is root")
        group = security.get("runAsGroup", group or "0")
        if security.get("runAsNonRoot") and int(user) == 0:
            raise ValueError(f"{self.name}: runAsNonRoot, and it would run as root")
        groups = [security["fsGroup"]] if "fsGroup" in security else []
        return {"uid": int(user), "gid": int(group), "additionalGids": groups}, security

    def _capabilities(self, security, user):
        asked = security.get("capabilities") or {}
        kept = [] if "ALL" in (asked.get("drop") or []) else list(USUAL_CAPABILITIES)
        kept = [name for name in kept if name[4:] not in (asked.get("drop") or [])]
        kept += ["CAP_" + name for name in asked.get("add") or []]
        # Who is not root has them only within reach, as in container runtimes.
        inner = kept if user == 0 else []
        return {"bounding": kept, "effective": inner, "permitted": inner, "inheritable": []}

    def _runtime_config(self):
        user, security = self._user()
        variables = self.environment()
        command = self.spec.get("command") or self.image.entrypoint
        arguments = self.spec.get("args") or ([] if self.spec.get("command") else self.image.command)
        mounts = MOUNTS + [{"destination": f"/etc/{name}", "type": "bind", "source": str(self.pod.folder / name),
                            "options": ["rbind", "rw"]} for name in ("hosts", "resolv.conf", "hostname")]
        for mount in self.spec.get("volumeMounts") or []:
            source = self.pod.volumes[mount["name"]]
            if mount.get("subPath"):
                source = source / mount["subPath"]
            mounts.append({"destination": mount["mountPath"], "type": "bind", "source": str(source),
                           "options": ["rbind", "ro" if mount.get("readOnly") else "rw"]})
        resources = {}
        limits, requests = ((self.spec.get("resources") or {}).get(key) or {} for key in ("limits", "requests"))
        if "memory" in limits:
            resources["memory"] = {"limit": int(quantity(limits["memory"]))}
        if "cpu" in requests:
            resources["cpu"] = {"shares": max(2, int(quantity(requests["cpu"]) * 1024))}
        return {
            "ociVersion": "1.0.2",
            "process": {
                "terminal": False, "user": user, "args": [fill(part, variables) for part in command + arguments],
                "env": [f"{key}={value}" for key, value in variables.items()],
                "cwd": self.spec.get("workingDir") or self.image.folder or "/",
                "capabilities": self._capabilities(security, user["uid"]),
                "noNewPrivileges": security.get("allowPrivilegeEscalation") is False,
            },
            "root": {"path": "rootfs", "readonly": bool(security.get("readOnlyRootFilesystem"))},
            "hostname": self.pod.name,
            "mounts": mounts,
            "linux": {
                "resources": {"devices": [{"allow": False, "access": "rwm"}], **resources},
                "cgroupsPath": f"/{CGROUP}/{self.id}",
                "namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")]
                + [{"type": "network", "path": f"/run/netns/{self.pod.id}"}],
                "maskedPaths": HIDDEN, "readonlyPaths": READ_ONLY,
            },
        }


def write_volume(folder, files, mode, group):
    """The files of a Secret or ConfigMap as kubelet lays them: a change is one step, seen by whoever watches the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / f"..{time.time_ns()}"
    made.mkdir()
    for name, content in files.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_bytes(content)
        os.chmod(made / name, mode | (0o440 if group is not None else 0))
        if group is not None:
            os.chown(made / name, 0, group)
    os.chmod(made, 0o755)
    current = folder / "..data"
    before = current.resolve() if current.exists() else None
    aside = folder / "..data.new"
    aside.symlink_to(made.name)
    aside.rename(current)
    for name in files:
        link = folder / name.split("/")[0]
        if not link.is_symlink():
            link.symlink_to(pathlib.Path("..data") / name.split("/")[0])
    if before is not None:
        shutil.rmtree(before)
