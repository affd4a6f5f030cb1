"""Image archives (of `docker save`, `podman save`, or OCI layouts in a tar) unpacked into one folder per layer."""
import dataclasses
import hashlib
import json
import pathlib
import shutil
import subprocess
import tempfile


@dataclasses.dataclass
class Image:
    layers: list  # folders, lowest first
    entrypoint: list
    command: list
    environment: list
    user: str
    folder: str


def short(name):
    """The name without what engines put before it: crosspoint/presence:1.0."""
    for prefix in ("docker.io/library/", "docker.io/", "localhost/"):
        name = name.removeprefix(prefix)
    return name


class ImageStore:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.images = {}

    def load(self, archive):
        with tempfile.TemporaryDirectory(dir=self.folder) as work:
            subprocess.run(["tar", "-xf", archive, "-C", work], check=True)
            work = pathlib.Path(work)
            if (work / "manifest.json").exists():
                for entry in json.loads((work / "manifest.json").read_text()):
                    self._add(entry["RepoTags"] or [], json.loads((work / entry["Config"]).read_text()),
                              [work / layer for layer in entry["Layers"]])
                return
            for entry in json.loads((work / "index.json").read_text())["manifests"]:
                manifest = self._blob(work, entry)
                layers = [self._path(work, layer) for layer in manifest["layers"]]
                self._add([entry["annotations"]["io.containerd.image.name"]], self._blob(work, manifest["config"]), layers)

    def get(self, name):
        if short(name) not in self.images:
            raise KeyError(f"no image {name}; there are {sorted(self.images)}")
        return self.images[short(name)]

    @staticmethod
    def _path(work, entry):
        return work / "blobs" / entry["digest"].replace(":", "/")

    def _blob(self, work, entry):
        return json.loads(self._path(work, entry).read_text())

    def _add(self, names, config, archives):
        layers = [self._layer(path) for path in archives]
        run = config["config"]
        image = Image(layers, run.get("Entrypoint") or [], run.get("Cmd") or [], run.get("Env") or [],
                      run.get("User") or "0", run.get("WorkingDir") or "/")
        for name in names:
            self.images[short(name)] = image

    def _layer(self, path):
        digest = hashlib.sha256()
        with open(path, "rb") as data:
            while chunk := data.read(1 << 20):
                digest.update(chunk)
        layer = self.folder / digest.hexdigest()
        if not layer.exists():
            aside = self.folder / (digest.hexdigest() + ".new")
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir()
            subprocess.run(["tar", "-xpf", path, "--numeric-owner", "-C", aside], check=True)
            if any(aside.rglob(".wh.*")):
                raise ValueError(f"{path}: a layer that takes files away is not understood here")
            aside.rename(layer)
        return layer
