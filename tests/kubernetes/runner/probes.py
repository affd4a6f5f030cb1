"""kubelet's probes: httpGet, tcpSocket, grpc, exec."""
import http.client
import socket
import ssl
import time

import grpc

SERVING = b"\x08\x01"  # HealthCheckResponse{status: SERVING}


def ask_http(address, action, port, timeout):
    kind = http.client.HTTPSConnection if action.get("scheme") == "HTTPS" else http.client.HTTPConnection
    options = {"context": ssl._create_unverified_context()} if action.get("scheme") == "HTTPS" else {}
    connection = kind(address, port, timeout=timeout, **options)
    try:
        connection.request("GET", action.get("path", "/"),
                           headers={header["name"]: header["value"] for header in action.get("httpHeaders") or []})
        return connection.getresponse().status
    finally:
        connection.close()


def passes(probe, container, address):
    timeout = probe.get("timeoutSeconds", 1)
    try:
        if "httpGet" in probe:
            return 200 <= ask_http(address, probe["httpGet"], container.port(probe["httpGet"]["port"]), timeout) < 400
        if "tcpSocket" in probe:
            socket.create_connection((address, container.port(probe["tcpSocket"]["port"])), timeout).close()
            return True
        if "grpc" in probe:
            with grpc.insecure_channel(f"{address}:{probe['grpc']['port']}", (("grpc.use_local_subchannel_pool", 1),)) as channel:
                service = (probe["grpc"].get("service") or "").encode()
                request = bytes([0x0A, len(service)]) + service if service else b""
                return channel.unary_unary("/grpc.health.v1.Health/Check")(request, timeout=timeout) == SERVING
        if "exec" in probe:
            return container.execute(probe["exec"]["command"], timeout)
    except (OSError, http.client.HTTPException, grpc.RpcError):
        return False
    raise ValueError(f"no probe is {sorted(probe)}")


class Prober:
    """When one probe of a container is next asked, and what its answers amount to."""

    def __init__(self, kind, probe, container, address):
        self.kind, self.probe, self.container, self.address = kind, probe, container, address
        self.next = time.monotonic() + probe.get("initialDelaySeconds", 0)
        self.failed = self.passed = 0

    def due(self):
        if time.monotonic() < self.next:
            return False
        return self.kind == "startupProbe" or self.container.started

    def ask(self):
        """True or False when the threshold of that is reached, None in between."""
        self.next = time.monotonic() + self.probe.get("periodSeconds", 10)
        if passes(self.probe, self.container, self.address):
            self.failed, self.passed = 0, self.passed + 1
            return True if self.passed >= self.probe.get("successThreshold", 1) else None
        self.failed, self.passed = self.failed + 1, 0
        return False if self.failed >= self.probe.get("failureThreshold", 3) else None
