#!/usr/bin/env python3
"""A program in a browser: the session API by gRPC-Web over HTTP/1.1 through a real Envoy, with nothing of gRPC here."""
import http.client
import json
import pathlib
import socket
import struct
import subprocess
import tempfile
import time

import common

ROOT = pathlib.Path(__file__).resolve().parents[3] / "proto"
TYPES = "type.googleapis.com/envoy.extensions."


def configuration(args, port):
    host, server_port = args.server.rsplit(":", 1)
    filters = [
        {"name": "envoy.filters.http.grpc_web",
         "typed_config": {"@type": TYPES + "filters.http.grpc_web.v3.GrpcWeb"}},
        {"name": "envoy.filters.http.router", "typed_config": {"@type": TYPES + "filters.http.router.v3.Router"}},
    ]
    route = {"match": {"prefix": "/"}, "route": {"cluster": "gateway", "timeout": "0s"}}
    manager = {
        "@type": TYPES + "filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "clients", "use_remote_address": True, "stream_idle_timeout": "0s", "http_filters": filters,
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
    }
    tls = {
        "@type": TYPES + "transport_sockets.tls.v3.UpstreamTlsContext", "sni": args.server_name,
        "common_tls_context": {"alpn_protocols": ["h2"],
                               "validation_context": {"trusted_ca": {"filename": str(args.ca)}}},
    }
    http2 = {"@type": TYPES + "upstreams.http.v3.HttpProtocolOptions",
             "explicit_http_config": {"http2_protocol_options": {}}}

    def at(address, number):
        return {"socket_address": {"address": address, "port_value": int(number)}}

    gateway = {
        "name": "gateway", "type": "STATIC",
        "load_assignment": {"cluster_name": "gateway", "endpoints": [
            {"lb_endpoints": [{"endpoint": {"address": at(host, server_port)}}]}]},
        "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": http2},
        "transport_socket": {"name": "envoy.transport_sockets.tls", "typed_config": tls},
    }
    listener = {"name": "clients", "address": at("127.0.0.1", port), "filter_chains": [
        {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}]}
    return {"static_resources": {"listeners": [listener], "clusters": [gateway]}}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_open(port, envoy):
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if envoy.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit("FAILED: Envoy does not listen")


class Call:
    """One call: a request of one message, then the frames of the answer as they come."""

    def __init__(self, args, port, method, message):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        body = message.SerializeToString()
        self.connection.request("POST", "/crosspoint." + method, b"\0" + struct.pack(">I", len(body)) + body, {
            "content-type": "application/grpc-web+proto", "x-grpc-web": "1", "authorization": "Bearer " + args.token})
        self.answer = self.connection.getresponse()
        self.status = self.answer.getheader("grpc-status")

    def next(self):
        """The next message's bytes; None at the end, with `status` set."""
        head = self.answer.read(5)
        if len(head) < 5:
            return None
        body = self.answer.read(struct.unpack(">I", head[1:])[0])
        if not head[0] & 0x80:
            return body
        trailers = dict(line.split(":", 1) for line in body.decode().split("\r\n") if line)
        self.status = trailers["grpc-status"].strip()
        return None


def unary(args, port, method, message):
    call = Call(args, port, method, message)
    while call.next() is not None:
        pass
    return call.status


def play(args, port, gateway, presence):
    hello = gateway.Hello(program=gateway.PROGRAM_KIND_WEB, device="browser", channels=[gateway.CHANNEL_PRESENCE])
    stream = Call(args, port, "gateway.v1.GatewayService/OpenSession", gateway.OpenSessionRequest(hello=hello))
    session = gateway.SessionEvent.FromString(stream.next()).welcome.session
    common.expect(session != "", "a session by gRPC-Web")

    def say(**what):
        message = gateway.SendSessionMessageRequest(session=session, message=gateway.SessionMessage(**what))
        return unary(args, port, "gateway.v1.GatewayService/SendSessionMessage", message)

    def told():
        while True:
            event = gateway.SessionEvent.FromString(stream.next())
            answer = presence.WatchPresenceResponse.FromString(event.channel_event.payload)
            if answer.presences:
                return answer.presences[-1].availability.state

    wanted = gateway.Subscribe(channel=gateway.CHANNEL_PRESENCE, add_users=[args.user])
    common.expect(say(subscribe=wanted) == "0", "what it says arrives")
    common.expect(told() == "available", "the state comes down the stream")
    change = presence.SetAvailabilityRequest(user=args.user, state="vacation")
    common.expect(unary(args, port, "presence.v1.PresenceService/SetAvailability", change) == "0", "other calls pass")
    common.expect(told() == "vacation", "and the change comes down the stream")
    common.expect(say(close=True) == "0", "it says goodbye")
    while stream.next() is not None:
        pass
    common.expect(stream.status == "0", "and the stream ends in order")
    common.expect(say(heartbeat=True) == "5", "after which the session is unknown, NOT_FOUND")


def main():
    args = common.arguments()
    files = sorted(path.relative_to(ROOT) for path in ROOT.rglob("*.proto"))
    with common.generate(ROOT, files), tempfile.TemporaryDirectory() as folder:
        from crosspoint.gateway.v1 import gateway_service_pb2 as gateway
        from crosspoint.presence.v1 import presence_service_pb2 as presence
        port = free_port()
        config = pathlib.Path(folder) / "envoy.json"
        config.write_text(json.dumps(configuration(args, port)))
        with open(pathlib.Path(folder) / "log", "wb") as log:
            envoy = subprocess.Popen([args.envoy, "-c", str(config), "--concurrency", "1", "--disable-hot-restart"],
                                     stdout=log, stderr=log)
            try:
                wait_until_open(port, envoy)
                play(args, port, gateway, presence)
            finally:
                envoy.kill()
                envoy.wait()


main()
