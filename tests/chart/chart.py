"""Renders the chart and looks things up in what comes out. What the tests beside it share."""

import functools
import os
import pathlib
import subprocess
import tempfile

import yaml

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CHART = ROOT / "helm" / "crosspoint"
TOOLS = pathlib.Path(os.environ["CROSSPOINT_CHART_TOOLS"])
EXAMPLES = sorted(path.name.removesuffix("-values.yaml") for path in (CHART / "ci").glob("*-values.yaml"))
SERVICES = ["contact", "directory", "gateway", "meeting-sync", "presence", "voicemail"]

# Helm reads repositories and plugins of whoever runs it; these tests want none.
_home = tempfile.TemporaryDirectory(prefix="crosspoint-helm-")  # removed with the process
_environment = {**os.environ, **{f"HELM_{use}_HOME": _home.name for use in ("CONFIG", "CACHE", "DATA")}}


def example_file(name):
    return CHART / "ci" / f"{name}-values.yaml"


def helm(*arguments):
    """Runs helm; (exit code, standard output, standard error)."""
    done = subprocess.run([TOOLS / "helm", *map(str, arguments)], capture_output=True, text=True, env=_environment)
    return done.returncode, done.stdout, done.stderr


def template(example, values=None, flags=()):
    """(exit code, text or error) of the chart with an example's values and then `values`, a dict."""
    arguments = ["template", "demo", CHART, "--namespace", "telephony", "--values", example_file(example), *flags]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as more:
        if values:
            yaml.safe_dump(values, more)
            more.flush()
            arguments += ["--values", more.name]
        code, out, err = helm(*arguments)
    return code, out if code == 0 else err


def _frozen(value):
    return yaml.safe_dump(value) if value else ""


@functools.lru_cache(maxsize=None)
def _objects(example, values, flags):
    code, text = template(example, yaml.safe_load(values) if values else None, flags)
    if code != 0:
        raise AssertionError(f"{example} does not render: {text}")
    return [found for found in yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) if found]


class Rendered:
    """The objects of one rendering, by kind and by what follows "demo-crosspoint-" in their names."""

    def __init__(self, example, values=None, flags=()):
        self.all = _objects(example, _frozen(values), tuple(flags))

    def of_kind(self, kind):
        return {found["metadata"]["name"].removeprefix("demo-crosspoint-"): found for found in self.all if found["kind"] == kind}

    def get(self, kind, name):
        found = self.of_kind(kind)
        if name not in found:
            raise AssertionError(f"no {kind} {name}, only {sorted(found)}")
        return found[name]

    def pod(self, kind, name):
        """The pod of a Deployment or StatefulSet, or the Pod itself."""
        found = self.get(kind, name)
        return found if kind == "Pod" else found["spec"]["template"]

    def workloads(self):
        """(name, pod) of everything that runs."""
        pods = []
        for kind in ("Deployment", "StatefulSet", "Pod"):
            pods += [(f"{kind}/{name}", self.pod(kind, name)) for name in self.of_kind(kind)]
        return pods

    def config(self, service):
        return yaml.safe_load(self.get("ConfigMap", service)["data"][f"{service}.yaml"])

    def envoy(self):
        return yaml.safe_load(self.get("ConfigMap", "edge")["data"]["envoy.yaml"])


def mounts(pod):
    """Where a pod's one container finds each volume: {path: volume}."""
    volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes", [])}
    return {mount["mountPath"]: volumes[mount["name"]] for mount in pod["spec"]["containers"][0].get("volumeMounts", [])}


def selects(selector, labels):
    return all(labels.get(key) == value for key, value in selector.items())
