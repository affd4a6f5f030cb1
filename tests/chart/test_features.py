"""What the chart promises, feature by feature. helm/crosspoint/README.md says which test shows what."""

import json
import re
import unittest

import yaml

from chart import CHART, EXAMPLES, SERVICES, Rendered, helm, example_file, mounts, selects, template


class Refused(unittest.TestCase):
    """Combinations that would not work, or not safely, do not render, and the message says what to set."""

    def refused(self, example, values, *words):
        code, text = template(example, values)
        self.assertNotEqual(code, 0, values)
        for word in words:
            self.assertIn(word, text)

    def test_exposing_the_gateway_without_the_edge(self):
        for exposure in ({"gateway": {"service": {"type": "LoadBalancer"}}}, {"gateway": {"service": {"type": "NodePort"}}},
                         {"grpcRoute": {"enabled": True}}):
            self.refused("minimal", {"edge": {"enabled": False}, **exposure}, "edge.enabled", "gateway.exposeDirectly")
            exposure.setdefault("gateway", {})["exposeDirectly"] = True
            self.assertEqual(template("minimal", {"edge": {"enabled": False}, **exposure})[0], 0)

    def test_two_ways_in(self):
        self.refused("minimal", {"gateway": {"exposeDirectly": True}}, "edge.enabled")

    def test_voicemail_with_several_pods(self):
        self.refused("minimal", {"voicemail": {"replicas": 2}}, "voicemail.replicas")
        self.refused("minimal", {"voicemail": {"autoscaling": {"enabled": True}}}, "voicemail.autoscaling")
        shared = Rendered("minimal", {"voicemail": {"replicas": 2, "persistence": {"accessMode": "ReadWriteMany"}}})
        spec = shared.get("Deployment", "voicemail")["spec"]
        self.assertEqual((spec["replicas"], spec["strategy"]["type"]), (2, "RollingUpdate"))
        self.assertEqual(shared.get("PersistentVolumeClaim", "voicemail")["spec"]["accessModes"], ["ReadWriteMany"])

    def test_services_without_those_they_need(self):
        self.refused("minimal", {"meetingSync": {"enabled": False}}, "meetingSync.enabled")
        self.refused("minimal", {"directory": {"enabled": False}}, "directory.enabled")

    def test_missing_and_contradicting_settings(self):
        for values, words in [
            ({"auth": {"issuer": ""}}, ["auth.issuer"]),
            ({"auth": {"jwksUrl": "https://x.example"}}, ["jwksUrl", "existingSecret"]),
            ({"redis": {"address": "redis:6379"}}, ["valkey.enabled", "redis.address"]),
            ({"valkey": {"enabled": False}}, ["valkey.enabled", "redis.address"]),
            ({"redis": {"existingSecret": ""}}, ["redis.existingSecret"]),
            ({"redis": {"tls": {"enabled": True}}}, ["redis.tls"]),
            ({"edge": {"tls": {"existingSecret": ""}}}, ["edge.tls"]),
            ({"certificates": {"certManager": {"enabled": True}}}, ["issuerRef.name"]),
        ]:
            self.refused("minimal", values, *words)

    def test_clusters_that_are_too_old(self):
        code, text = template("minimal", flags=["--kube-version", "1.29.9"])
        self.assertNotEqual(code, 0)
        self.assertIn("1.30", text)
        self.assertEqual(template("minimal", flags=["--kube-version", "1.30.0"])[0], 0)


class Pods(unittest.TestCase):
    def test_every_pod_is_locked_down(self):
        for example in EXAMPLES:
            for name, pod in Rendered(example).workloads():
                with self.subTest(example=example, pod=name):
                    spec = pod["spec"]
                    self.assertIs(spec["automountServiceAccountToken"], False)
                    self.assertIs(spec["enableServiceLinks"], False)
                    self.assertEqual((spec["securityContext"]["runAsNonRoot"], spec["securityContext"]["runAsUser"]), (True, 10001))
                    self.assertEqual(spec["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
                    for container in spec["containers"]:
                        security = container["securityContext"]
                        self.assertIs(security["readOnlyRootFilesystem"], True)
                        self.assertIs(security["allowPrivilegeEscalation"], False)
                        self.assertEqual(security["capabilities"], {"drop": ["ALL"]})
                        self.assertIn("memory", container["resources"]["limits"])
                        self.assertIn("cpu", container["resources"]["requests"])

    def test_accounts_have_no_token_and_no_rights(self):
        rendered = Rendered("ha")
        for account in rendered.of_kind("ServiceAccount").values():
            self.assertIs(account["automountServiceAccountToken"], False)
        self.assertEqual([found["kind"] for found in rendered.all if "Role" in found["kind"]], [])
        used = {pod["spec"]["serviceAccountName"] for _, pod in rendered.workloads()}
        self.assertEqual(used, {account["metadata"]["name"] for account in rendered.of_kind("ServiceAccount").values()})

    def test_probes_ask_the_plain_health_port(self):
        rendered = Rendered("minimal")
        for service in SERVICES:
            container = rendered.pod("Deployment", service)["spec"]["containers"][0]
            self.assertEqual(container["readinessProbe"]["grpc"], {"port": rendered.config(service)["server"]["health_port"]})
            # A service without Redis is not ready, but alive: starting and living must not depend on health.
            for probe in ("startupProbe", "livenessProbe"):
                self.assertEqual(container[probe]["httpGet"], {"path": "/livez", "port": "http"})
            ports = {port["name"]: port["containerPort"] for port in container["ports"]}
            self.assertEqual(ports["http"], rendered.config(service)["server"]["http_port"])
            self.assertEqual(ports["grpc"], rendered.config(service)["server"]["port"])

    def test_pods_end_gracefully(self):
        rendered = Rendered("minimal", {"defaults": {"drain": {"preStopSeconds": 4, "delaySeconds": 6, "timeoutSeconds": 31}}})
        for service in SERVICES:
            spec = rendered.pod("Deployment", service)["spec"]
            self.assertEqual(spec["containers"][0]["lifecycle"]["preStop"], {"sleep": {"seconds": 4}})
            self.assertEqual(spec["terminationGracePeriodSeconds"], 4 + 6 + 31 + 5)
            server = rendered.config(service)["server"]
            self.assertEqual((server["drain_delay"], server["drain_timeout"]), ("6s", "31s"))
        edge = rendered.pod("Deployment", "edge")["spec"]
        self.assertEqual(edge["containers"][0]["lifecycle"]["preStop"]["httpGet"], {"path": "/drain", "port": "drain"})
        self.assertEqual(edge["terminationGracePeriodSeconds"], 6 + 31 + 5)

    def test_a_rollout_never_takes_the_last_pod(self):
        rendered = Rendered("minimal")
        for name, deployment in rendered.of_kind("Deployment").items():
            strategy = deployment["spec"]["strategy"]
            # Two voicemail pods would write to one disk.
            expected = {"type": "Recreate"} if name == "voicemail" else {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
            self.assertEqual(strategy, expected)

    def test_pods_are_spread_over_nodes_and_zones(self):
        for pod_kind, name in [("Deployment", "presence"), ("Deployment", "edge")]:
            pod = Rendered("minimal").pod(pod_kind, name)
            spread = pod["spec"]["topologySpreadConstraints"]
            self.assertEqual([rule["topologyKey"] for rule in spread], ["kubernetes.io/hostname", "topology.kubernetes.io/zone"])
            for rule in spread:
                self.assertTrue(selects(rule["labelSelector"]["matchLabels"], pod["metadata"]["labels"]))
        self.assertNotIn("topologySpreadConstraints", Rendered("all-off").pod("Deployment", "presence")["spec"])

    def test_a_changed_configuration_rolls_its_pods_and_no_others(self):
        def checksums(values):
            return {name: pod["metadata"]["annotations"]["checksum/config"] for name, pod in Rendered("minimal", values).workloads()
                    if "checksum/config" in pod["metadata"].get("annotations", {})}
        before = checksums(None)
        after = checksums({"presence": {"config": {"line_lease": "120s"}}, "edge": {"maxConnections": 7}, "valkey": {"maxMemory": "2gb"}})
        self.assertEqual({name for name in before if before[name] != after[name]},
                         {"Deployment/presence", "Deployment/edge", "StatefulSet/valkey"})

    def test_a_new_version_of_the_chart_alone_restarts_nothing(self):
        for kind in ("Deployment", "StatefulSet"):
            for name in Rendered("minimal").of_kind(kind):
                labels = Rendered("minimal").pod(kind, name)["metadata"]["labels"]
                self.assertEqual({"helm.sh/chart", "app.kubernetes.io/version"} & set(labels), set(), name)

    def test_images_by_tag_registry_and_digest(self):
        def image(rendered, name):
            return rendered.pod("Deployment", name)["spec"]["containers"][0]["image"]
        self.assertEqual(image(Rendered("minimal"), "meeting-sync"), "crosspoint/meeting-sync:0.0.1")
        self.assertEqual(image(Rendered("ha"), "directory"), "registry.example.org/crosspoint/directory@sha256:" + "1" * 64)
        own = Rendered("minimal", {"image": {"tag": "2"}, "presence": {"image": {"registry": "r:5000", "repository": "p", "tag": "3"}}})
        self.assertEqual((image(own, "contact"), image(own, "presence"), image(own, "edge")),
                         ("crosspoint/contact:2", "r:5000/p:3", "crosspoint/envoy:2"))
        self.assertEqual(Rendered("ha").pod("Deployment", "edge")["spec"]["imagePullSecrets"], [{"name": "registry-login"}])

    def test_what_defaults_say_holds_for_all_and_yields_to_one(self):
        rendered = Rendered("minimal", {"defaults": {"logLevel": "warn", "nodeSelector": {"disk": "fast"}}, "contact": {"logLevel": "debug"}})
        levels = {service: rendered.config(service)["log"]["level"] for service in SERVICES}
        self.assertEqual(levels, {service: "debug" if service == "contact" else "warn" for service in SERVICES})
        self.assertEqual(rendered.pod("Deployment", "gateway")["spec"]["nodeSelector"], {"disk": "fast"})

    def test_labels_reach_every_object_and_pod(self):
        for name, pod in Rendered("ha").workloads():
            self.assertEqual(pod["metadata"]["labels"]["team"], "telephony", name)
        for found in Rendered("ha").all:
            if found["metadata"]["name"].endswith("-extra"):
                continue
            self.assertEqual(found["metadata"]["labels"]["team"], "telephony")
            self.assertEqual(found["metadata"]["namespace"], "telephony")


class Scale(unittest.TestCase):
    def test_budgets_only_where_there_are_several(self):
        self.assertEqual(Rendered("minimal").of_kind("PodDisruptionBudget"), {})
        rendered = Rendered("ha")
        budgets = rendered.of_kind("PodDisruptionBudget")
        self.assertEqual(set(budgets), {"contact", "directory", "edge", "gateway", "meeting-sync", "presence"})
        for name, budget in budgets.items():
            self.assertEqual(budget["spec"]["maxUnavailable"], 1)
            for other, pod in rendered.workloads():
                self.assertEqual(selects(budget["spec"]["selector"]["matchLabels"], pod["metadata"]["labels"]), other == f"Deployment/{name}")

    def test_autoscalers_decide_alone(self):
        rendered = Rendered("ha")
        scalers = rendered.of_kind("HorizontalPodAutoscaler")
        self.assertEqual(set(scalers), {"contact", "directory", "edge", "gateway", "meeting-sync", "presence"})
        for name, scaler in scalers.items():
            target = rendered.get("Deployment", name)
            self.assertEqual(scaler["spec"]["scaleTargetRef"]["name"], target["metadata"]["name"])
            self.assertEqual((scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"]), (3, 12))
            # Else every upgrade would set the number back.
            self.assertNotIn("replicas", target["spec"])
        self.assertEqual(Rendered("minimal").of_kind("HorizontalPodAutoscaler"), {})
        self.assertEqual(rendered.get("Deployment", "voicemail")["spec"]["replicas"], 1)

    def test_callers_see_every_replica(self):
        rendered = Rendered("minimal")
        for service in SERVICES:
            self.assertEqual(rendered.get("Service", service)["spec"]["clusterIP"], "None")
        target = rendered.config("gateway")["presence"]["target"]
        self.assertEqual(target, "dns:///demo-crosspoint-presence.telephony.svc.cluster.local:9090")

    def test_bus_addresses_are_the_pods(self):
        rendered = Rendered("minimal")
        for service in SERVICES:
            variables = {v["name"]: v for v in rendered.pod("Deployment", service)["spec"]["containers"][0].get("env", [])}
            name = f"CROSSPOINT_{service.upper().replace('-', '_')}_BUS_ADVERTISE_HOST"
            self.assertEqual(name in variables, "bus" in rendered.config(service))
            if name in variables:
                self.assertEqual(variables[name]["valueFrom"]["fieldRef"]["fieldPath"], "status.podIP")


class Secrets(unittest.TestCase):
    def test_the_chart_makes_no_secret_and_holds_none(self):
        for example in EXAMPLES:
            rendered = Rendered(example)
            self.assertEqual(rendered.of_kind("Secret"), {})
            for name, pod in rendered.workloads():
                for container in pod["spec"]["containers"]:
                    self.assertNotIn("secretKeyRef", json.dumps(container), name)

    def test_every_file_that_a_configuration_names_is_mounted(self):
        for example in EXAMPLES:
            rendered = Rendered(example)
            for service in rendered.of_kind("ConfigMap"):
                if service not in SERVICES + ["edge"]:
                    continue
                pod = rendered.pod("Deployment", service)
                text = "".join(rendered.get("ConfigMap", service)["data"].values())
                for file in set(re.findall(r"/run/secrets/[^\s\"'}]+", text)):
                    folders = [path for path in mounts(pod) if file == path or file.startswith(path + "/")]
                    self.assertEqual(len(folders), 1, f"{example} {service}: {file}")
                    self.assertIn("secret", mounts(pod)[folders[0]])

    def test_nothing_is_mounted_by_sub_path_so_changes_arrive(self):
        for example in EXAMPLES:
            for name, pod in Rendered(example).workloads():
                for mount in pod["spec"]["containers"][0]["volumeMounts"]:
                    self.assertNotIn("subPath", mount, name)

    def test_secrets_have_the_names_that_were_given(self):
        rendered = Rendered("minimal", {"presence": {"existingSecret": "mine"}, "smtp": {"host": "relay", "from": "a@b.example", "existingSecret": "relay-login"},
                                        "certificates": {"existingSecrets": {"contact": "contact-certificate"}}})

        def secrets(name):
            pod = rendered.pod("Deployment", name)
            return {path.removeprefix("/run/secrets/crosspoint/"): volume["secret"]["secretName"] for path, volume in mounts(pod).items() if "secret" in volume}
        common = {"jwks": "issuer-keys", "redis": "valkey-password"}
        self.assertEqual(secrets("presence"), {**common, "tls": "demo-crosspoint-presence-tls", "own": "mine"})
        self.assertEqual(secrets("contact"), {**common, "tls": "contact-certificate", "tenants/default": "exchange-account"})
        self.assertEqual(secrets("voicemail"), {**common, "tls": "demo-crosspoint-voicemail-tls", "tenants/default": "exchange-account", "smtp": "relay-login"})
        self.assertEqual(secrets("edge"), {"jwks": "issuer-keys", "edge": "edge-certificate", "authority": "demo-crosspoint-gateway-tls"})
        # The edge learns who signed the gateway's certificate, not the gateway's key.
        authority = mounts(rendered.pod("Deployment", "edge"))["/run/secrets/crosspoint/authority"]["secret"]
        self.assertEqual(authority["items"], [{"key": "ca.crt", "path": "ca.crt"}])

    def test_cert_manager_makes_what_the_services_are_known_by(self):
        rendered = Rendered("ha")
        certificates = rendered.of_kind("Certificate")
        self.assertEqual(set(certificates), {*SERVICES, "edge"})
        for service in SERVICES:
            spec = certificates[service]["spec"]
            self.assertIn(service, spec["dnsNames"])
            self.assertEqual(spec["uris"], [f"spiffe://crosspoint/service/{service}"])
            self.assertEqual({"server auth", "client auth"} - set(spec["usages"]), set())
            self.assertEqual(spec["secretName"], mounts(rendered.pod("Deployment", service))["/run/secrets/crosspoint/tls"]["secret"]["secretName"])
        self.assertEqual(certificates["edge"]["spec"]["dnsNames"], ["crosspoint.example.org"])
        self.assertEqual(Rendered("minimal").of_kind("Certificate"), {})
        own = Rendered("ha", {"certificates": {"existingSecrets": {"gateway": "mine"}}})
        self.assertNotIn("gateway", own.of_kind("Certificate"))


class Redis(unittest.TestCase):
    def test_bundled_valkey_keeps_every_write(self):
        rendered = Rendered("minimal")
        text = rendered.get("ConfigMap", "valkey")["data"]["valkey.conf"]
        for line in ("appendonly yes", "appendfsync always", "maxmemory-policy noeviction"):
            self.assertIn(line + "\n", text)
        valkey = rendered.get("StatefulSet", "valkey")["spec"]
        self.assertEqual(valkey["replicas"], 1)
        self.assertEqual(valkey["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"], "8Gi")
        self.assertEqual(valkey["persistentVolumeClaimRetentionPolicy"]["whenDeleted"], "Retain")
        for service in SERVICES:
            redis = rendered.config(service)["redis"]
            self.assertEqual(redis["address"], "demo-crosspoint-valkey.telephony.svc.cluster.local:6379")
            self.assertEqual((redis["durability"], redis["password_file"]), ("single", "/run/secrets/crosspoint/redis/password"))

    def test_a_redis_outside_by_tls(self):
        rendered = Rendered("ha")
        folder = "/run/secrets/crosspoint/redis-tls"
        self.assertEqual(rendered.of_kind("StatefulSet"), {})
        for service in SERVICES:
            self.assertEqual(rendered.config(service)["redis"], {
                "address": "redis.databases.svc.cluster.local:6380", "user": "crosspoint", "password_file": "/run/secrets/crosspoint/redis/password",
                "durability": "wait_all", "replicas": 2,
                "tls": {"enabled": True, "ca_file": f"{folder}/ca.crt", "cert_file": f"{folder}/tls.crt", "key_file": f"{folder}/tls.key"}})
        self.assertEqual(Rendered("external-redis").config("contact")["redis"]["tls"],
                         {"enabled": True, "server_name": "cache.example.org", "ca_file": f"{folder}/ca.crt"})

    def test_disks_stay_or_go_as_asked(self):
        self.assertEqual(Rendered("minimal").get("PersistentVolumeClaim", "voicemail")["metadata"]["annotations"], {"helm.sh/resource-policy": "keep"})
        gone = Rendered("minimal", {"voicemail": {"persistence": {"keep": False}}, "valkey": {"persistence": {"keep": False}}})
        self.assertNotIn("annotations", gone.get("PersistentVolumeClaim", "voicemail")["metadata"])
        self.assertEqual(gone.get("StatefulSet", "valkey")["spec"]["persistentVolumeClaimRetentionPolicy"]["whenDeleted"], "Delete")
        own = Rendered("minimal", {"voicemail": {"persistence": {"existingClaim": "mine"}}})
        self.assertEqual(own.of_kind("PersistentVolumeClaim"), {})
        self.assertEqual(mounts(own.pod("Deployment", "voicemail"))["/var/lib/crosspoint/voicemail"]["persistentVolumeClaim"], {"claimName": "mine"})


class Monitoring(unittest.TestCase):
    def test_everything_with_metrics_is_scraped(self):
        rendered = Rendered("ha")
        monitor = rendered.get("ServiceMonitor", "demo-crosspoint")["spec"]
        scraped = {name for name, service in rendered.of_kind("Service").items()
                   if selects(monitor["selector"]["matchLabels"], service["metadata"]["labels"])
                   and monitor["endpoints"][0]["port"] in [port["name"] for port in service["spec"]["ports"]]}
        self.assertEqual(scraped, {*SERVICES, "edge-metrics"})
        self.assertEqual(monitor["jobLabel"], "app.kubernetes.io/component")

    def test_every_alert_is_in_a_rule(self):
        files = sorted((CHART / "alerts").glob("*.yaml"))
        rules = Rendered("ha").of_kind("PrometheusRule")
        self.assertEqual(len(rules), len(files))
        for file in files:
            self.assertEqual(rules[file.stem]["spec"]["groups"], yaml.safe_load(file.read_text())["groups"])
            self.assertEqual(rules[file.stem]["metadata"]["labels"]["release"], "prometheus")
        self.assertEqual(Rendered("minimal").of_kind("PrometheusRule"), {})

    def test_every_dashboard_is_a_config_map(self):
        files = sorted((CHART / "dashboards").glob("*.json"))
        self.assertTrue(files)
        maps = Rendered("minimal").of_kind("ConfigMap")
        for file in files:
            found = maps[f"dashboard-{file.stem}"]
            self.assertEqual(json.loads(found["data"][file.name]), json.loads(file.read_text()))
            self.assertEqual(found["metadata"]["labels"]["grafana_dashboard"], "1")
        self.assertFalse([name for name in Rendered("all-off").of_kind("ConfigMap") if "dashboard" in name])

    def test_traces_go_where_they_are_asked_for(self):
        self.assertEqual(Rendered("ha").config("presence")["tracing"], {"endpoint": "http://collector.monitoring:4318/v1/traces", "sample_ratio": 0.1})
        self.assertNotIn("tracing", Rendered("minimal").config("presence"))


class Rest(unittest.TestCase):
    def test_helm_test_checks_every_service_with_its_own_files(self):
        rendered = Rendered("ha")
        for service in SERVICES:
            pod = rendered.get("Pod", f"{service}-configuration-test")
            self.assertEqual(pod["metadata"]["annotations"]["helm.sh/hook"], "test")
            self.assertEqual(pod["spec"]["containers"][0]["args"], ["--config", f"/etc/crosspoint/{service}.yaml", "--check-config"])
            real = mounts(rendered.pod("Deployment", service))
            # All but the disk, which another node may hold.
            self.assertEqual(mounts(pod), {path: volume for path, volume in real.items() if "persistentVolumeClaim" not in volume})

    def test_helm_test_makes_a_call_when_it_has_a_token(self):
        call = Rendered("ha").get("Pod", "call-test")["spec"]["containers"][0]
        self.assertIn("demo-crosspoint-edge.telephony.svc.cluster.local:443", call["args"])
        self.assertEqual(call["args"][-2:], ["search", "a"])
        direct = Rendered("external-redis").get("Pod", "call-test")["spec"]["containers"][0]
        self.assertIn("demo-crosspoint-gateway.telephony.svc.cluster.local:9090", direct["args"])
        self.assertNotIn("call-test", Rendered("minimal").of_kind("Pod"))

    def test_services_that_are_off_leave_nothing_behind(self):
        rendered = Rendered("all-off")
        self.assertEqual(set(rendered.of_kind("Deployment")), {"directory", "gateway", "presence"})
        for found in rendered.all:
            self.assertNotRegex(found["metadata"]["name"], "voicemail|contact|meeting-sync|edge|valkey")
        self.assertNotIn("voicemail", rendered.config("gateway"))

    def test_a_services_own_keys_win(self):
        config = Rendered("ha").config("voicemail")
        self.assertEqual(config["limits"], {"audio_bytes": 20971520})
        rendered = Rendered("minimal", {"presence": {"config": {"server": {"drain_timeout": "7s"}}}})
        self.assertEqual(rendered.config("presence")["server"]["drain_timeout"], "7s")
        self.assertEqual(rendered.config("presence")["server"]["port"], 9090)

    def test_files_of_tenants_are_found_where_their_secret_is(self):
        tenant = Rendered("ha").config("directory")["tenants"]["acme"]
        folder = "/run/secrets/crosspoint/tenants/acme"
        self.assertEqual(tenant["ews"]["client_key_file"], f"{folder}/client.key")
        self.assertEqual(tenant["ldap"]["ca_file"], f"{folder}/ldap-ca.crt")
        self.assertEqual(tenant["secrets"]["lab"]["password_file"], f"{folder}/lab-password")
        whole = Rendered("minimal", {"tenants": {"default": {"ews": {"password_file": "/elsewhere/password"}}}})
        self.assertEqual(whole.config("contact")["tenants"]["default"]["ews"]["password_file"], "/elsewhere/password")

    def test_extra_objects_are_templates(self):
        self.assertEqual(Rendered("ha").get("ConfigMap", "extra")["data"], {"release": "demo"})
        text = Rendered("minimal", {"extraObjects": ["apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}-text'}"]})
        self.assertIn("demo-text", text.of_kind("ConfigMap"))

    def test_names_can_be_chosen(self):
        code, text = template("minimal", {"fullnameOverride": "cp"})
        self.assertEqual(code, 0)
        names = {found["metadata"]["name"] for found in yaml.safe_load_all(text) if found}
        self.assertTrue(all(name.startswith("cp-") for name in names), names)

    def test_notes_say_how_to_reach_it_and_what_is_missing(self):
        def notes(example):
            code, out, err = helm("install", "demo", CHART, "--dry-run=client", "-n", "telephony", "--values", example_file(example))
            self.assertEqual(code, 0, err)
            return out.split("NOTES:")[1]
        self.assertIn("port-forward deployment/demo-crosspoint-edge", notes("minimal"))
        self.assertIn("valkey-password  (password, valkey.conf)", notes("minimal"))
        self.assertIn("reach it by crosspoint.example.org", notes("ha"))
        self.assertIn("exposed without the edge", notes("external-redis"))
        self.assertIn("service demo-crosspoint-gateway-direct", notes("external-redis"))
        self.assertIn("no network policies", notes("all-off"))


if __name__ == "__main__":
    unittest.main()
