"""The programs themselves read what the chart writes for them: every service, Envoy, Valkey. Envoy is also asked."""

import base64
import contextlib
import datetime
import http.client
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import unittest

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.x509.oid import NameOID

from chart import EXAMPLES, ROOT, SERVICES, TOOLS, Rendered, mounts

BINARIES = pathlib.Path(os.environ.get("CROSSPOINT_BIN_DIR", ROOT / "build" / "release" / "bin"))
ENVOY = TOOLS / "python" / "bin" / "envoy"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


class Issuer:
    """Signs tokens and shows its key."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())

    @staticmethod
    def text(raw):
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    def jwks(self):
        numbers = self.key.public_key().public_numbers()
        return json.dumps({"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "one",
                                     "x": self.text(numbers.x.to_bytes(32, "big")), "y": self.text(numbers.y.to_bytes(32, "big"))}]})

    def token(self, audience="crosspoint", seconds=3600):
        claims = {"iss": "https://login.example.org", "aud": audience, "sub": "anna", "exp": int(time.time()) + seconds}
        signed = ".".join(self.text(json.dumps(part).encode()) for part in ({"alg": "ES256", "kid": "one", "typ": "JWT"}, claims))
        r, s = utils.decode_dss_signature(self.key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return signed + "." + self.text(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def write_certificate(folder, name):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
                   .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
                   .not_valid_after(now + datetime.timedelta(days=2))
                   .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False).sign(key, hashes.SHA256()))
    folder.mkdir(parents=True, exist_ok=True)
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    (folder / "tls.crt").write_bytes(pem)
    (folder / "ca.crt").write_bytes(pem)
    (folder / "tls.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


class Temporary(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="crosspoint-chart-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)


class Services(Temporary):
    """Each service reads its ConfigMap, beside files at the places where its pod has them."""

    @unittest.skipUnless((BINARIES / "crosspoint-gateway").exists(), f"the services are not built in {BINARIES}")
    def test_every_service_takes_its_configuration(self):
        taken = 0
        for example in EXAMPLES:
            rendered = Rendered(example)
            for service in sorted(set(SERVICES) & set(rendered.of_kind("ConfigMap"))):
                with self.subTest(example=example, service=service):
                    done = self.check(rendered, service, self.folder / example / service)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertIn("the configuration is good", done.stdout)
                    taken += 1
        self.assertEqual(taken, 21)

    @unittest.skipUnless((BINARIES / "crosspoint-gateway").exists(), f"the services are not built in {BINARIES}")
    def test_a_key_that_a_service_does_not_know_is_found_out(self):
        rendered = Rendered("minimal", {"presence": {"config": {"line_leese": "90s"}}})
        done = self.check(rendered, "presence", self.folder)
        self.assertEqual(done.returncode, 2)
        self.assertIn("line_leese: unknown key; did you mean line_lease?", done.stderr)

    def check(self, rendered, service, folder):
        folder.mkdir(parents=True, exist_ok=True)
        text = rendered.get("ConfigMap", service)["data"][f"{service}.yaml"]
        for path, volume in mounts(rendered.pod("Deployment", service)).items():
            if "secret" not in volume:
                continue
            inside = folder / path.removeprefix("/")
            inside.mkdir(parents=True, exist_ok=True)
            for name in set(part.split("/")[-1].strip("'\"") for part in text.split() if part.strip("'\"").startswith(path + "/")):
                (inside / name).write_text("content\n")
            text = text.replace(path + "/", f"{inside}/")
        file = folder / f"{service}.yaml"
        file.write_text(text)
        variables = {v["name"]: "10.0.0.1" for v in rendered.pod("Deployment", service)["spec"]["containers"][0].get("env", [])}
        return subprocess.run([BINARIES / f"crosspoint-{service}", "--config", file, "--check-config"], capture_output=True, text=True,
                              env={**os.environ, **variables})


class Envoy(Temporary):
    def place(self, rendered, folder):
        """The edge's files as its pod has them, in a folder; the path of its configuration."""
        folder.mkdir(parents=True, exist_ok=True)
        self.issuer = Issuer()
        for name, content in rendered.get("ConfigMap", "edge")["data"].items():
            (folder / name).write_text(content.replace("/run/secrets/crosspoint", str(folder)).replace("/etc/envoy", str(folder))
                                       .replace("/etc/ssl/certs/ca-certificates.crt", str(folder / "edge" / "tls.crt")))
        write_certificate(folder / "edge", "edge")
        write_certificate(folder / "authority", "gateway")
        (folder / "jwks").mkdir()
        (folder / "jwks" / "jwks.json").write_text(self.issuer.jwks())
        return folder / "envoy.yaml"

    def test_real_envoy_takes_every_configuration(self):
        for example in EXAMPLES:
            rendered = Rendered(example)
            if "edge" not in rendered.of_kind("ConfigMap"):
                continue
            with self.subTest(example=example):
                file = self.place(rendered, self.folder / example)
                done = subprocess.run([ENVOY, "--mode", "validate", "--config-path", file], capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr[-2000:])
                self.assertNotIn("deprecated", done.stderr.lower())

    @contextlib.contextmanager
    def running(self, values=None, adapt=lambda text: text):
        """The edge of the chart; `adapt` may change its configuration. Nobody is behind it: a call that was let through gets UNAVAILABLE."""
        rendered = Rendered("minimal", values)
        file = self.place(rendered, self.folder / "live")
        self.ports = {name: free_port() for name in ("8443", "9901", "9902", "9903")}
        text = adapt(file.read_text().replace("demo-crosspoint-gateway.telephony.svc.cluster.local", "127.0.0.1").replace("port_value: 9091", "port_value: 1"))
        arguments = list(rendered.pod("Deployment", "edge")["spec"]["containers"][0]["args"])
        arguments[arguments.index("/etc/envoy/envoy.yaml")] = str(file)
        with self.started(file, text, arguments, "9902") as process:
            yield process

    @contextlib.contextmanager
    def started(self, file, text, arguments, operation):
        """Envoy with the configuration `text`, ready by its port `operation`."""
        text = text.replace("0.0.0.0", "127.0.0.1").replace("port_value: 9090", "port_value: 1")
        for name, port in self.ports.items():
            text = text.replace(f"port_value: {name}", f"port_value: {port}")
        file.write_text(text)
        with open(self.folder / "envoy.log", "w") as log:
            process = subprocess.Popen([ENVOY, *arguments], stdout=log, stderr=log)
            try:
                ready = eventually(lambda: self.get(operation, "/ready")[0] == 200)
                self.assertTrue(ready, (self.folder / "envoy.log").read_text()[-2000:])
                yield process
            finally:
                process.kill()
                process.wait()

    def with_gateway(self, text, folder):
        """`text` with something at the gateway's place, which tells what x-forwarded-for came to it."""
        config = yaml.safe_load(text.replace("port_value: 9090", f"port_value: {free_port()}"))
        gateway = next(c for c in config["static_resources"]["clusters"] if c["name"] == "gateway")
        address = gateway["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]["address"]
        kind = "type.googleapis.com/envoy.extensions."
        answer = {"name": "all", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "direct_response": {"status": 200}}],
                  "response_headers_to_add": [{"header": {"key": "seen", "value": "%REQ(X-FORWARDED-FOR)%"}}]}
        manager = {"@type": kind + "filters.network.http_connection_manager.v3.HttpConnectionManager", "stat_prefix": "stand_in",
                   "codec_type": "HTTP2", "route_config": {"virtual_hosts": [answer]},
                   "http_filters": [{"name": "router", "typed_config": {"@type": kind + "filters.http.router.v3.Router"}}]}
        identity = {"certificate_chain": {"filename": str(folder / "tls.crt")}, "private_key": {"filename": str(folder / "tls.key")}}
        tls = {"@type": kind + "transport_sockets.tls.v3.DownstreamTlsContext",
               "common_tls_context": {"alpn_protocols": ["h2"], "tls_certificates": [identity]}}
        config["static_resources"]["listeners"].append({
            "name": "stand_in", "address": address,
            "filter_chains": [{"transport_socket": {"name": "tls", "typed_config": tls},
                               "filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}]})
        return yaml.safe_dump(config)

    @contextlib.contextmanager
    def compose(self):
        """Envoy as deploy/compose.yaml starts it, with_gateway behind it."""
        folder = self.folder / "compose"
        for name, subject in {"tls": "gateway", "edge": "edge"}.items():
            write_certificate(folder / name, subject)
        (folder / "jwks").mkdir()
        self.issuer = Issuer()
        (folder / "jwks" / "jwks.json").write_text(self.issuer.jwks())
        for name in ("envoy.yaml", "edge-certificate.yaml"):
            content = (ROOT / "deploy" / "compose" / name).read_text()
            (folder / name).write_text(content.replace("/run/secrets/crosspoint", str(folder)).replace("/etc/envoy", str(folder)))
        self.ports = {name: free_port() for name in ("8443", "9901", "9092")}
        file = folder / "envoy.yaml"
        text = file.read_text().replace("address: gateway,", "address: 127.0.0.1,")
        arguments = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]["envoy"]["command"]
        arguments = [str(file) if argument == "/etc/envoy/envoy.yaml" else argument for argument in arguments]
        with self.started(file, self.with_gateway(text, folder / "tls"), arguments, "9092"):
            yield

    def get(self, port, path, timeout=5):
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[port], timeout=timeout)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def tls(self):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    def call(self, path="/crosspoint.directory.v1.DirectoryService/SearchPeople", token="", content="application/grpc-web+proto"):
        """What a page in a browser would get: (HTTP status, gRPC status)."""
        connection = http.client.HTTPSConnection("127.0.0.1", self.ports["8443"], context=self.tls(), timeout=10)
        headers = {"content-type": content, "x-grpc-web": "1", **({"authorization": f"Bearer {token}"} if token else {})}
        connection.request("POST", path, b"\0\0\0\0\0", headers)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response.status, response.getheader("grpc-status") or ("14" if b"grpc-status:14" in body else None)

    def seen(self, *claimed):
        """The addresses that the gateway is told of a caller who claims to come from others."""
        connection = http.client.HTTPSConnection("127.0.0.1", self.ports["8443"], context=self.tls(), timeout=10)
        connection.putrequest("POST", "/crosspoint.meeting_sync.v1.MeetingService/JoinMeeting")
        for address in claimed:
            connection.putheader("x-forwarded-for", address)
        for name, value in {"content-type": "application/grpc-web+proto", "x-envoy-external-address": "198.51.100.9",
                            "content-length": "5", "forwarded": "for=198.51.100.9", "x-real-ip": "198.51.100.9"}.items():
            connection.putheader(name, value)
        connection.endheaders(b"\0\0\0\0\0")
        response = connection.getresponse()
        response.read()
        connection.close()
        return response.getheader("seen")

    def test_nobody_says_for_himself_where_he_is(self):
        forgeries = [(), ("203.0.113.1",), ("203.0.113.1, 198.51.100.7",), ("203.0.113.1", "198.51.100.7"), ("nonsense, ,",), ("203.0.113.1,",)]
        with self.running(adapt=lambda text: self.with_gateway(text, self.folder / "live" / "authority")):
            for claimed in forgeries:
                self.assertEqual(self.seen(*claimed), "127.0.0.1", claimed)
        with self.compose():
            for claimed in forgeries:
                self.assertEqual(self.seen(*claimed), "127.0.0.1", claimed)

    def test_a_proxy_in_front_that_is_believed_says_where_a_caller_is(self):
        with self.running({"edge": {"trustedHops": 1}}, lambda text: self.with_gateway(text, self.folder / "live" / "authority")):
            self.assertEqual(self.seen("203.0.113.1, 198.51.100.7"), "198.51.100.7")
            self.assertEqual(self.seen("198.51.100.7"), "198.51.100.7")

    def shown_certificate(self):
        with socket.create_connection(("127.0.0.1", self.ports["8443"]), 5) as plain, self.tls().wrap_socket(plain) as secure:
            return secure.getpeercert(True)

    def test_tokens_are_asked_for_and_verified(self):
        with self.running():
            self.assertEqual(self.call()[0], 401)
            self.assertEqual(self.call(token="nonsense")[0], 401)
            self.assertEqual(self.call(token=Issuer().token())[0], 401)
            self.assertEqual(self.call(token=self.issuer.token(seconds=-600))[0], 401)
            self.assertIn(self.call(token=self.issuer.token(audience="another"))[0], (401, 403))
            self.assertEqual(self.call(content="application/grpc"), (200, "16"))  # UNAUTHENTICATED
            # Let through, to where nobody is.
            self.assertEqual(self.call(token=self.issuer.token()), (503, "14"))
            # Open to people without an account, but not to bad tokens.
            join = "/crosspoint.meeting_sync.v1.MeetingService/JoinMeeting"
            self.assertEqual(self.call(join), (503, "14"))
            self.assertEqual(self.call(join, token="nonsense")[0], 401)
            # What is no method of ours leads nowhere.
            self.assertEqual(self.call("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", token=self.issuer.token(), content="text/plain")[0], 404)

    def test_too_many_calls_are_refused(self):
        limit = {"perAddress": {"callsPerSecond": 1, "burst": 5}}
        with self.running({"edge": {"rateLimit": limit}}):
            statuses = [self.call(token=self.issuer.token(), content="application/grpc") for _ in range(40)]
            self.assertEqual(statuses[0], (200, "14"))
            self.assertIn((200, "8"), statuses)  # RESOURCE_EXHAUSTED
            # A page is told by HTTP's own code.
            self.assertIn(429, [self.call(token=self.issuer.token())[0] for _ in range(20)])

    def test_a_new_certificate_is_shown_without_a_restart(self):
        with self.running():
            before = self.shown_certificate()
            # As kubelet does it: beside the old files, then moved over.
            fresh = self.folder / "fresh"
            write_certificate(fresh, "edge")
            for name in ("tls.key", "tls.crt"):
                os.replace(fresh / name, self.folder / "live" / "edge" / name)
            self.assertTrue(eventually(lambda: self.shown_certificate() != before))

    def test_the_end_is_announced_and_waited_for(self):
        with self.running({"edge": {"drain": {"delaySeconds": 1, "timeoutSeconds": 2}}}):
            self.assertEqual(self.get("9902", "/drain")[0], 404)
            began = time.monotonic()
            self.assertEqual(self.get("9903", "/drain", timeout=60)[0], 200)
            self.assertGreaterEqual(time.monotonic() - began, 2.9)
            # Not ready any more, and whoever is connected is told to go.
            self.assertEqual(self.get("9902", "/ready")[0], 503)
            connection = http.client.HTTPSConnection("127.0.0.1", self.ports["8443"], context=self.tls(), timeout=10)
            connection.request("POST", "/crosspoint.x/Y", b"", {"content-type": "application/grpc-web+proto"})
            self.assertEqual(connection.getresponse().getheader("connection"), "close")
            connection.close()

    def test_metrics_are_shown_and_nothing_else_of_the_inside(self):
        with self.running():
            status, text = self.get("9902", "/metrics")
            self.assertEqual(status, 200)
            self.assertIn("envoy_cluster_upstream_rq", text)
            for path in ("/config_dump", "/certs", "/quitquitquit", "/stats"):
                self.assertEqual(self.get("9902", path)[0], 404, path)


class Valkey(Temporary):
    @unittest.skipUnless(shutil.which("valkey-server"), "valkey-server is not installed")
    def test_real_valkey_takes_its_configuration_and_keeps_every_write(self):
        text = Rendered("minimal").get("ConfigMap", "valkey")["data"]["valkey.conf"]
        (self.folder / "secret.conf").write_text("requirepass right\n")
        (self.folder / "data").mkdir()
        port = free_port()
        file = self.folder / "valkey.conf"
        file.write_text(text.replace("/run/secrets/valkey/valkey.conf", str(self.folder / "secret.conf"))
                        .replace("dir /data", f"dir {self.folder}/data").replace("port 6379", f"port {port}").replace("bind * -::*", "bind 127.0.0.1"))
        process = subprocess.Popen(["valkey-server", file], stdout=subprocess.DEVNULL)

        def ask(*words, password="right"):
            return subprocess.run(["valkey-cli", "-p", str(port), "--no-auth-warning", "-a", password, *words], capture_output=True, text=True).stdout
        try:
            self.assertTrue(eventually(lambda: "PONG" in ask("ping")))
            self.assertIn("NOAUTH", ask("ping", password="wrong"))
            for key, value in {"appendonly": "yes", "appendfsync": "always", "maxmemory": str(1 << 30), "maxmemory-policy": "noeviction"}.items():
                self.assertEqual(ask("config", "get", key).split(), [key, value])
        finally:
            process.kill()
            process.wait()


if __name__ == "__main__":
    unittest.main()
