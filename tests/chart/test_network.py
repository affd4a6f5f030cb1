"""Who may reach whom, and the edge, the one way in from outside."""

import json
import re
import unittest

import yaml

from chart import CHART, SERVICES, Rendered, selects


class Network(unittest.TestCase):
    PORTS = {"grpc": 9090, "health": 9091, "http": 9092, "bus": 9093, "redis": 6379}

    def component(self, peer):
        return peer.get("podSelector", {}).get("matchLabels", {}).get("app.kubernetes.io/component")

    def allowed(self, rendered, direction):
        """{(from, to, port)} between components, as one direction of the policies allows it."""
        side = {"ingress": "from", "egress": "to"}[direction]
        found = set()
        for name, policy in rendered.of_kind("NetworkPolicy").items():
            for rule in policy["spec"].get(direction, []):
                for peer in rule.get(side, []):
                    if other := self.component(peer):
                        for port in rule["ports"]:
                            found.add((other, name, port["port"]) if direction == "ingress" else (name, other, port["port"]))
        return found

    def test_callers_are_exactly_those_that_are_configured_to_call(self):
        for example in ("minimal", "ha"):
            rendered = Rendered(example)
            expected = set()
            for service in SERVICES:
                config = rendered.config(service)
                for peer in SERVICES:
                    if "target" in config.get(peer.replace("-", "_"), {}):
                        expected.add((service, peer, 9090))
                if "bus" in config:
                    expected.add((service, service, 9093))
                if example == "minimal":
                    expected.add((service, "valkey", 6379))
            expected |= {("edge", "gateway", 9090), ("edge", "gateway", 9091)}
            self.assertEqual(self.allowed(rendered, "ingress") - {("test", "edge", 8443)}, expected)
            self.assertEqual(self.allowed(rendered, "egress") - {("test", "edge", 8443)}, expected)

    def test_every_pod_has_a_policy_for_both_directions(self):
        for example in ("minimal", "ha", "external-redis"):
            rendered = Rendered(example)
            for policy in rendered.of_kind("NetworkPolicy").values():
                self.assertEqual(policy["spec"]["policyTypes"], ["Ingress", "Egress"])
            for name, pod in rendered.workloads():
                fitting = [policy for policy in rendered.of_kind("NetworkPolicy").values()
                           if selects(policy["spec"]["podSelector"]["matchLabels"], pod["metadata"]["labels"])]
                self.assertEqual(len(fitting), 1, f"{example} {name}")
        self.assertEqual(Rendered("all-off").of_kind("NetworkPolicy"), {})

    def outside(self, rendered, name):
        return {(peer["ipBlock"]["cidr"], port["port"]) for rule in rendered.get("NetworkPolicy", name)["spec"]["egress"]
                for peer in rule.get("to", []) if "ipBlock" in peer for port in rule["ports"]}

    def test_the_ways_out_lead_where_each_service_has_to_go(self):
        rendered = Rendered("ha")
        every = {("10.2.0.0/16", 6380), ("0.0.0.0/0", 443), ("0.0.0.0/0", 4318)}  # Redis, the issuer's keys, traces
        mail = {("10.1.0.0/16", 443), ("20.20.32.0/19", 443)}  # Exchange, Graph
        expected = {"presence": every, "gateway": every, "meeting-sync": every | mail, "contact": every | mail,
                    "voicemail": every | mail | {("0.0.0.0/0", 587)}, "directory": every | mail | {("10.1.2.3/32", 636)},
                    "edge": {("0.0.0.0/0", 443)}, "test": set()}
        for name, ways in expected.items():
            self.assertEqual(self.outside(rendered, name), ways, name)
        self.assertEqual(self.outside(Rendered("minimal"), "presence"), set())
        self.assertEqual(self.outside(Rendered("minimal"), "valkey"), set())

    def test_metrics_are_for_prometheus_and_the_edge_for_clients(self):
        rendered = Rendered("external-redis")
        rules = rendered.get("NetworkPolicy", "presence")["spec"]["ingress"]
        monitoring = [rule for rule in rules if rule["ports"] == [{"protocol": "TCP", "port": 9092}]]
        self.assertEqual(monitoring[0]["from"], [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}])
        gateway = rendered.get("NetworkPolicy", "gateway")["spec"]["ingress"]
        self.assertIn({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "proxies"}}}, [peer for rule in gateway for peer in rule["from"]])
        for name in ("presence", "edge"):
            open_to_all = [rule for rule in Rendered("minimal").get("NetworkPolicy", name)["spec"]["ingress"] if "from" not in rule]
            self.assertEqual([rule["ports"] for rule in open_to_all], [[{"protocol": "TCP", "port": 8443}]] if name == "edge" else [])
        # The port that ends an edge is nobody's.
        self.assertNotIn("9903", json.dumps(Rendered("minimal").of_kind("NetworkPolicy")))


class Edge(unittest.TestCase):
    def manager(self, values=None, example="minimal"):
        clients = next(l for l in Rendered(example, values).envoy()["static_resources"]["listeners"] if l["name"] == "clients")
        return clients["filter_chains"][0], clients["filter_chains"][0]["filters"][0]["typed_config"]

    def filters(self, values=None, example="minimal"):
        return {f["name"].rsplit(".", 1)[1]: f["typed_config"] for f in self.manager(values, example)[1]["http_filters"]}

    def test_is_on_by_default_and_the_only_way_in(self):
        self.assertIs(yaml.safe_load((CHART / "values.yaml").read_text())["edge"]["enabled"], True)
        open_services = [name for name, found in Rendered("minimal").of_kind("Service").items() if found["spec"].get("clusterIP") != "None"]
        self.assertEqual(open_services, ["edge"])
        self.assertEqual(Rendered("external-redis").get("Service", "gateway-direct")["spec"]["type"], "LoadBalancer")

    def test_the_gateway_believes_it_and_nothing_else_in_front(self):
        def believes(*arguments):
            return Rendered(*arguments).config("gateway")["forward"]["behind_proxy"]
        for example in ("minimal", "ha"):
            self.assertIs(believes(example), True, example)
        for example in ("external-redis", "all-off"):
            self.assertIs(believes(example), False, example)
        self.assertIs(believes("external-redis", {"gateway": {"config": {"forward": {"behind_proxy": True}}}}), True)
        compose = CHART.parent.parent / "deploy"
        services = yaml.safe_load((compose / "compose.yaml").read_text())["services"]
        self.assertEqual([name for name in ("gateway", "envoy") if services[name].get("ports")], ["envoy"])
        self.assertIs(yaml.safe_load((compose / "compose" / "gateway.yaml").read_text())["forward"]["behind_proxy"], True)

    def test_says_where_a_caller_is_in_one_address(self):
        configs = [self.manager(example=example)[1]["route_config"] for example in ("minimal", "ha")]
        compose = yaml.safe_load((CHART.parent.parent / "deploy" / "compose" / "envoy.yaml").read_text())["static_resources"]["listeners"]
        configs.append(compose[0]["filter_chains"][0]["filters"][0]["typed_config"]["route_config"])
        for config in configs:
            self.assertEqual(config["request_headers_to_add"], [
                {"header": {"key": "x-forwarded-for", "value": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"},
                 "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}])

    def test_speaks_tls_with_a_certificate_that_may_change(self):
        for example, version in (("minimal", "TLSv1_2"), ("ha", "TLSv1_3")):
            chain, _ = self.manager(example=example)
            tls = chain["transport_socket"]["typed_config"]["common_tls_context"]
            self.assertEqual(tls["tls_params"]["tls_minimum_protocol_version"], version)
            self.assertEqual(tls["alpn_protocols"], ["h2", "http/1.1"])
            source = tls["tls_certificate_sds_secret_configs"][0]["sds_config"]["path_config_source"]
            self.assertEqual(source["watched_directory"]["path"], "/run/secrets/crosspoint/edge")

    def test_order_of_filters(self):
        self.assertEqual(list(self.filters()), ["cors", "grpc_web", "local_ratelimit", "jwt_authn", "router"])

    def test_verifies_tokens_of_the_same_issuer_as_the_services(self):
        for example in ("minimal", "ha"):
            auth = Rendered(example).config("gateway")["auth"]
            jwt = self.filters(example=example)["jwt_authn"]
            self.assertEqual(jwt["providers"]["issuer"]["issuer"], auth["issuer"])
            self.assertEqual(jwt["providers"]["issuer"]["audiences"], [auth["audience"]])
            self.assertIs(jwt["providers"]["issuer"]["forward"], True)
            open_paths = [rule["match"].get("path") for rule in jwt["rules"] if "requires_any" in rule["requires"]]
            self.assertEqual(open_paths, ["/" + path for path in self.anonymous_methods()])
        self.assertNotIn("jwt_authn", self.filters({"edge": {"jwt": {"enabled": False}}}))

    @staticmethod
    def anonymous_methods():
        """Methods whose policy lets people without an account in."""
        found = []
        for file in (CHART.parent.parent / "proto").rglob("*.proto"):
            text = file.read_text()
            package = re.search(r"^package (\S+);", text, re.M)
            for service, body in re.findall(r"^service (\w+) \{(.*?)^\}", text, re.M | re.S):
                for method, options in re.findall(r"rpc (\w+)\([^)]*\) returns \([^)]*\) \{(.*?)^  \}", body, re.M | re.S):
                    if re.search(r"\broles: [^\]]*ROLE_ANONYMOUS", options):
                        found.append(f"{package[1]}.{service}/{method}")
        return sorted(found)

    def test_issuers_keys_are_asked_for_at_their_address(self):
        issuer = next(c for c in Rendered("ha").envoy()["static_resources"]["clusters"] if c["name"] == "issuer")
        address = issuer["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]["address"]["socket_address"]
        self.assertEqual(address, {"address": "login.example.org", "port_value": 8443})
        self.assertEqual(issuer["transport_socket"]["typed_config"]["sni"], "login.example.org")

    def test_limits_all_calls_and_those_of_one_address(self):
        limit = self.filters()["local_ratelimit"]
        self.assertEqual(limit["token_bucket"]["tokens_per_fill"], 5000)
        self.assertEqual(limit["descriptors"][0]["token_bucket"]["tokens_per_fill"], 200)
        self.assertIs(limit["rate_limited_as_resource_exhausted"], True)
        self.assertNotIn("local_ratelimit", self.filters({"edge": {"rateLimit": {"enabled": False}}}))

    def test_reflection_is_passed_on_only_if_asked_for(self):
        def prefixes(values):
            return [r["match"]["prefix"] for r in self.manager(values)[1]["route_config"]["virtual_hosts"][0]["routes"]]
        self.assertEqual(prefixes(None), ["/crosspoint."])
        self.assertEqual(prefixes({"edge": {"reflection": True}}), ["/crosspoint.", "/grpc.reflection."])

    def test_pages_of_named_origins_may_call(self):
        policy = self.manager(example="ha")[1]["route_config"]["virtual_hosts"][0]["typed_per_filter_config"]["envoy.filters.http.cors"]
        self.assertEqual(policy["allow_origin_string_match"], [{"exact": "https://app.example.org"}])
        self.assertNotIn("typed_per_filter_config", self.manager()[1]["route_config"]["virtual_hosts"][0])

    def test_knows_the_gateway_by_its_certificate_and_its_health(self):
        gateway = next(c for c in Rendered("minimal").envoy()["static_resources"]["clusters"] if c["name"] == "gateway")
        endpoint = gateway["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
        self.assertEqual(endpoint["health_check_config"]["port_value"], 9091)
        self.assertEqual(endpoint["address"]["socket_address"]["address"], "demo-crosspoint-gateway.telephony.svc.cluster.local")
        tls = next(m for m in gateway["transport_socket_matches"] if m["name"] == "calls")["transport_socket"]["typed_config"]
        names = tls["common_tls_context"]["combined_validation_context"]["default_validation_context"]["match_typed_subject_alt_names"]
        self.assertEqual(names, [{"san_type": "DNS", "matcher": {"exact": "gateway"}}])

    def test_connections_age(self):
        options = self.manager({"edge": {"maxConnectionAge": "600s"}})[1]["common_http_protocol_options"]
        self.assertEqual(options["max_connection_duration"], "600s")

    def test_a_route_of_the_gateway_api_leads_to_it(self):
        rendered = Rendered("ha")
        route = rendered.get("GRPCRoute", "demo-crosspoint")["spec"]
        backend = route["rules"][0]["backendRefs"][0]
        edge = rendered.get("Service", "edge")
        self.assertEqual((backend["name"], backend["port"]), (edge["metadata"]["name"], edge["spec"]["ports"][0]["port"]))
        self.assertEqual((route["parentRefs"][0]["name"], route["hostnames"]), ("front", ["crosspoint.example.org"]))
        policy = rendered.get("BackendTLSPolicy", "demo-crosspoint")["spec"]
        self.assertEqual(policy["targetRefs"][0]["name"], edge["metadata"]["name"])
        direct = Rendered("external-redis", {"grpcRoute": {"enabled": True, "parentRefs": [{"name": "front"}]}})
        backend = direct.get("GRPCRoute", "demo-crosspoint")["spec"]["rules"][0]["backendRefs"][0]
        self.assertEqual((backend["name"], backend["port"]), ("demo-crosspoint-gateway", 9090))
        self.assertEqual(Rendered("minimal").of_kind("GRPCRoute"), {})


if __name__ == "__main__":
    unittest.main()
