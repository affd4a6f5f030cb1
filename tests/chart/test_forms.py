"""Form: the chart lints, its output is what Kubernetes takes and what was reviewed, its values are described."""

import concurrent.futures
import copy
import json
import os
import re
import subprocess
import unittest

import kubernetes_validate
import jsonschema
import yaml

from chart import CHART, EXAMPLES, HERE, TOOLS, Rendered, example_file, helm, template

# The oldest that Chart.yaml allows, and a recent one.
KUBERNETES = ["1.30", "1.35"]
# Whose types are not Kubernetes' own; their schemas come with Go.
OF_OTHERS = {"gateway.networking.k8s.io", "cert-manager.io"}


class Lint(unittest.TestCase):
    def test_chart_and_every_example_lint_strictly(self):
        code, out, err = helm("lint", "--strict", CHART)
        self.assertEqual(code, 0, out + err)
        for example in EXAMPLES:
            code, out, err = helm("lint", "--strict", CHART, "--values", example_file(example))
            self.assertEqual(code, 0, f"{example}: {out}{err}")

    def test_there_are_the_four_examples(self):
        self.assertEqual(EXAMPLES, ["all-off", "external-redis", "ha", "minimal"])


class Schemas(unittest.TestCase):
    def foreign_schemas(self):
        found = {}
        for file in sorted((TOOLS / "crds").glob("*.yaml")):
            for crd in yaml.safe_load_all(file.read_text()):
                if not crd or crd["kind"] != "CustomResourceDefinition":
                    continue
                for version in crd["spec"]["versions"]:
                    key = (f"{crd['spec']['group']}/{version['name']}", crd["spec"]["names"]["kind"])
                    found[key] = version["schema"]["openAPIV3Schema"]
        return found

    def test_every_object_is_what_kubernetes_takes(self):
        foreign = self.foreign_schemas()
        unchecked = set()
        checked = 0
        for example in EXAMPLES:
            for found in Rendered(example).all:
                kind = (found["apiVersion"], found["kind"])
                name = f"{example}: {found['kind']} {found['metadata']['name']}"
                if kind[0] == "monitoring.coreos.com/v1":
                    continue
                if kind in foreign:
                    schema = foreign[kind]
                    jsonschema.Draft202012Validator(schema).validate(found)
                    unknown = set(found["spec"]) - set(schema["properties"]["spec"]["properties"])
                    self.assertFalse(unknown, name)
                    checked += 1
                elif kind[0].split("/")[0] in OF_OTHERS:
                    unchecked.add(kind)
                else:
                    for version in KUBERNETES:
                        with self.subTest(name=name, kubernetes=version):
                            kubernetes_validate.validate(found, version, strict=True)
                    checked += 1
        for kind in sorted(unchecked):
            print(f"SKIPPED: no schema of {kind[0]} {kind[1]} is at hand; its form is not checked")
        if foreign:
            self.assertEqual(unchecked, set())
        self.assertGreater(checked, 150)

    def operator_says(self, objects):
        script = (HERE / "operator_types.mjs").read_text()
        done = subprocess.run(["node", "--input-type=module", "--eval", script], input=json.dumps(objects), capture_output=True, text=True,
                              cwd=TOOLS / "node")
        self.assertEqual(done.stderr, "")
        return done.stdout

    def test_the_prometheus_operator_takes_what_is_for_it(self):
        objects = [found for found in Rendered("ha").all if found["apiVersion"] == "monitoring.coreos.com/v1"]
        self.assertEqual({found["kind"] for found in objects}, {"ServiceMonitor", "PrometheusRule"})
        self.assertEqual(self.operator_says(objects), "")
        wrong = copy.deepcopy(next(found for found in objects if found["kind"] == "ServiceMonitor"))
        wrong["spec"]["endpoints"][0]["interval"] = "often"
        self.assertIn("interval must match", self.operator_says([wrong]))

    def test_names_and_labels_fit(self):
        for example in EXAMPLES:
            for found in Rendered(example).all:
                self.assertRegex(found["metadata"]["name"], r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")
                for value in found["metadata"].get("labels", {}).values():
                    self.assertRegex(value, r"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$")

    def test_no_two_objects_have_one_name(self):
        for example in EXAMPLES:
            names = [(found["kind"], found["metadata"]["name"]) for found in Rendered(example).all]
            self.assertEqual(len(names), len(set(names)), example)


class Golden(unittest.TestCase):
    maxDiff = 4000

    def test_output_is_what_was_reviewed(self):
        for example in EXAMPLES:
            with self.subTest(example=example):
                # Dashboards and alerts are reviewed where they are, and would drown the rest.
                text = self.without_monitoring(example)
                file = HERE / "golden" / f"{example}.yaml"
                if os.environ.get("CROSSPOINT_UPDATE_GOLDEN") == "1":
                    file.write_text(text)
                self.assertEqual(text, file.read_text() if file.exists() else "", "CROSSPOINT_UPDATE_GOLDEN=1 writes it anew")

    def without_monitoring(self, example):
        code, text = template(example)
        self.assertEqual(code, 0, text)
        documents = [part for part in text.split("---\n") if part.strip()]
        return "---\n".join(part for part in documents if not re.search(r"templates/monitoring/(dashboards|prometheusrule)", part))


class Values(unittest.TestCase):
    def setUp(self):
        self.lines = (CHART / "values.yaml").read_text().splitlines()
        self.schema = json.loads((CHART / "values.schema.json").read_text())

    def keys(self):
        """(path, comment) of every key of values.yaml that stands on a line of its own."""
        path, comment = [], ""
        for line in self.lines:
            if match := re.match(r"^\s*# (-- )?(.*)", line):
                comment = match[2] if match[1] else comment and f"{comment} {match[2]}"
                continue
            if match := re.match(r"^(\s*)([A-Za-z]+):", line):
                path = path[: len(match[1]) // 2] + [match[2]]
                yield path, comment
            comment = ""

    def described(self, path):
        node = self.schema
        for key in path:
            node = self.resolved(node)
            self.assertIn(key, node.get("properties", {}), ".".join(path))
            node = node["properties"][key]
        return self.resolved(node)

    def resolved(self, node):
        while "$ref" in node:
            found = self.schema
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            node = found
        return node

    def test_every_value_has_a_comment_and_a_schema_entry(self):
        count = 0
        for path, comment in self.keys():
            name = ".".join(path)
            if path[-1] in ("requests", "limits"):
                continue
            self.assertTrue(comment, f"{name} has no comment")
            self.assertTrue(self.described(path).get("description"), f"{name} has no description in the schema")
            count += 1
        self.assertGreater(count, 150)

    def test_objects_of_the_schema_name_all_their_keys(self):
        open_ended = []

        def look(node, path):
            if isinstance(node, dict):
                if node.get("type") == "object" and "properties" in node and node.get("additionalProperties") is not False:
                    open_ended.append(path)
                for key, value in node.items():
                    look(value, f"{path}/{key}")

        look(self.schema, "")
        self.assertEqual(open_ended, [])

    def test_what_the_schema_does_not_know_is_refused(self):
        for values, named in [
            ({"edg": {}}, "edg"),
            ({"presence": {"replica": 3}}, "replica"),
            ({"presence": {"replicas": "three"}}, "replicas"),
            ({"valkey": {"persistence": {"sice": "1Gi"}}}, "sice"),
            ({"defaults": {"drain": {"delay": 1}}}, "delay"),
            ({"tenants": {"default": {"ews": {"uri": "https://x"}}}}, "uri"),
            ({"tenants": {"Not_An_Id": {}}}, "Not_An_Id"),
            ({"redis": {"durability": "perhaps"}}, "durability"),
            ({"directory": {"image": {"digest": "latest"}}}, "digest"),
            ({"networkPolicy": {"exchange": {"cidrs": ["exchange.example.org"]}}}, "cidrs"),
        ]:
            code, text = template("minimal", values)
            self.assertNotEqual(code, 0, values)
            self.assertIn(named, text)


class Policies(unittest.TestCase):
    """checkov finds nothing that policy-skips.yaml does not explain, and everything explained there is still found."""

    def test_every_failure_is_explained(self):
        skips = yaml.safe_load((HERE / "policy-skips.yaml").read_text())
        used = set()
        unexplained = []
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            failures = dict(zip(EXAMPLES, pool.map(self.failures, EXAMPLES)))
        for example in EXAMPLES:
            for failure in failures[example]:
                fits = [i for i, skip in enumerate(skips) if self.excuses(skip, example, failure)]
                used.update(fits)
                if not fits:
                    unexplained.append((example, *failure))
        self.assertEqual(unexplained, [])
        self.assertEqual([skip for i, skip in enumerate(skips) if i not in used], [], "explained, but found nowhere")
        self.assertTrue(all(len(skip["why"]) > 20 for skip in skips))

    @staticmethod
    def excuses(skip, example, failure):
        return (skip["check"] == failure[0] and re.search(skip["resources"], failure[1])
                and example in skip.get("examples", EXAMPLES))

    def failures(self, example):
        folder = TOOLS / "rendered"
        folder.mkdir(exist_ok=True)
        file = folder / f"{example}.yaml"
        file.write_text(template(example)[1])
        done = subprocess.run(
            [TOOLS / "python/bin/checkov", "--framework", "kubernetes", "--skip-download", "--compact", "--quiet", "-o", "json", "-f", file],
            capture_output=True, text=True)
        report = json.loads(done.stdout)
        self.assertGreater(report["summary"]["passed"], 100, done.stderr)
        self.assertEqual(report["summary"]["parsing_errors"], 0)
        return [(check["check_id"], check["resource"]) for check in report["results"]["failed_checks"]]


if __name__ == "__main__":
    unittest.main()
