#!/usr/bin/env python3
"""Tests of the chart that need no cluster; scripts/chart-test.sh runs them."""

import copy
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import jsonschema
import kubernetes_validate
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "chart"
HERE = ROOT / "tests/chart"
CRDS = pathlib.Path(os.environ["SNOWMELT_CRDS"])
CASES = sorted(file.name.removesuffix("-values.yaml") for file in (CHART / "ci").glob("*-values.yaml"))
WORKLOADS = ("Deployment", "StatefulSet")
SERVERS = ("1.25", "1.31", "1.34", "1.37")


def run(*command, chart=CHART):
    return subprocess.run([str(c) for c in command], cwd=chart, text=True, capture_output=True, check=False)


def values_of(case):
    return yaml.safe_load((CHART / f"ci/{case}-values.yaml").read_text(encoding="utf-8"))


def template(values, chart=CHART):
    """The text that helm makes of values, or what it complains of."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump(values, file)
        file.flush()
        done = run("helm", "template", "rel", chart, "-n", "events", "-f", file.name)
    if done.returncode:
        raise AssertionError(done.stderr)
    assert "warning" not in done.stderr.lower(), done.stderr
    return done.stdout


@functools.cache
def golden_input(case):
    return template(values_of(case))


def objects(text):
    return [thing for thing in yaml.safe_load_all(text) if thing]


def rendered(case):
    return objects(golden_input(case))


def merged(base, change):
    out = copy.deepcopy(base)
    for key, value in change.items():
        out[key] = merged(out[key], value) if isinstance(value, dict) and isinstance(out.get(key), dict) else value
    return out


def workload(things):
    (found,) = [thing for thing in things if thing["kind"] in WORKLOADS]
    return found


def notes(values):
    """NOTES.txt, which helm shows only after an installation: rendered as a template instead."""
    with tempfile.TemporaryDirectory() as folder:
        copied = pathlib.Path(folder) / "chart"
        shutil.copytree(CHART, copied)
        (copied / "templates/shown.yaml").write_text(
            'kind: Notes\nmetadata: { name: notes }\ntext: |\n  {{- include "snowmelt.notes" . | nindent 2 }}\n', encoding="utf-8")
        (shown,) = [thing for thing in objects(template(values, copied)) if thing["kind"] == "Notes"]
        return shown["text"]


def pods(things):
    for thing in things:
        if thing["kind"] in WORKLOADS:
            yield thing["spec"]["template"]
        elif thing["kind"] == "Pod":
            yield thing


def restricted(pod):
    """What the profile "restricted" of the pod security standards finds wrong."""
    spec = pod["spec"]
    wrong = []
    whole = spec.get("securityContext", {})
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(field):
            wrong.append(field)
    allowed = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
    for volume in spec.get("volumes", []):
        if not set(volume) - {"name"} <= allowed:
            wrong.append(f"volume {volume['name']}")
    for container in spec.get("initContainers", []) + spec["containers"]:
        own = container.get("securityContext", {})
        name = container["name"]
        if own.get("allowPrivilegeEscalation") is not False or own.get("privileged"):
            wrong.append(f"{name}: privileges")
        if "ALL" not in own.get("capabilities", {}).get("drop", []):
            wrong.append(f"{name}: capabilities")
        if not own.get("runAsNonRoot", whole.get("runAsNonRoot")) or own.get("runAsUser", whole.get("runAsUser")) == 0:
            wrong.append(f"{name}: root")
        if own.get("seccompProfile", whole.get("seccompProfile", {})).get("type") not in ("RuntimeDefault", "Localhost"):
            wrong.append(f"{name}: seccomp")
        if any("hostPort" in port for port in container.get("ports", [])):
            wrong.append(f"{name}: host port")
    return wrong


def closed(schema):
    """The schema of a custom resource, which also refuses fields that a server would drop without a word."""
    if isinstance(schema, dict):
        out = {key: closed(value) for key, value in schema.items()}
        if "properties" in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
            out.setdefault("additionalProperties", False)
        if schema.get("x-kubernetes-int-or-string"):
            out.pop("type", None)
        return out
    return [closed(item) for item in schema] if isinstance(schema, list) else schema


@functools.cache
def custom():
    found = {}
    for file in CRDS.glob("*.yaml"):
        spec = yaml.safe_load(file.read_text(encoding="utf-8"))["spec"]
        for version in spec["versions"]:
            schema = closed(version["schema"]["openAPIV3Schema"])
            schema["properties"]["metadata"] = {"type": "object"}
            found[f"{spec['group']}/{version['name']}", spec["names"]["kind"]] = schema
    return found


def metric_names():
    """Names of all metrics, with those that a histogram shows."""
    text = (ROOT / "src/telemetry/names.rs").read_text(encoding="utf-8")
    found = set()
    for kind, name in re.findall(r'= Kind::(\w+)(?:\(\w+\))?,\s*"(\w+)"', text):
        found |= {f"{name}_{part}" for part in ("bucket", "sum", "count")} if kind == "Histogram" else {name}
    assert len(found) > 30, found
    return found


class Rendering(unittest.TestCase):
    maxDiff = None

    def test_lint_is_content(self):
        for extra in ([], *[["-f", f"ci/{case}-values.yaml"] for case in CASES]):
            done = run("helm", "lint", ".", *extra)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertNotIn("WARNING", done.stdout)

    def test_golden_files(self):
        for case in CASES:
            # the dashboard has a test of its own
            text = re.sub(r"(?m)^  snowmelt.json: \|\n(?: {4}.*\n)+", "  snowmelt.json: (files/dashboard.json)\n", golden_input(case))
            text += "---\n# NOTES\n" + "".join(f"# {line}".rstrip() + "\n" for line in notes(values_of(case)).splitlines())
            file = HERE / f"golden/{case}.yaml"
            if os.environ.get("UPDATE"):
                file.write_text(text, encoding="utf-8")
            with self.subTest(case):
                self.assertEqual(file.read_text(encoding="utf-8"), text, "UPDATE=1 scripts/chart-test.sh writes it anew")

    def test_servers_take_the_objects(self):
        checked = 0
        for case in CASES:
            for thing in rendered(case):
                kind = thing["apiVersion"], thing["kind"]
                with self.subTest(case=case, kind=kind):
                    if kind in custom():
                        jsonschema.Draft7Validator(custom()[kind]).validate(thing)
                    else:
                        for server in SERVERS:
                            kubernetes_validate.validate(thing, server, strict=True)
                    checked += 1
        self.assertGreater(checked, 35)

    def test_the_checks_themselves_find_faults(self):
        deployment = copy.deepcopy(workload(rendered("kafka")))
        deployment["spec"]["replicas"] = "two"
        with self.assertRaises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(deployment, SERVERS[-1], strict=True)
        (monitor,) = [thing for thing in rendered("kinesis") if thing["kind"] == "PodMonitor"]
        monitor = copy.deepcopy(monitor)
        monitor["spec"]["podMetricsEndpoints"][0]["intervall"] = "30s"
        with self.assertRaises(jsonschema.ValidationError):
            jsonschema.Draft7Validator(custom()[monitor["apiVersion"], "PodMonitor"]).validate(monitor)
        pod = copy.deepcopy(deployment["spec"]["template"])
        del pod["spec"]["containers"][0]["securityContext"]["capabilities"]
        self.assertEqual(restricted(pod), ["snowmelt: capabilities"])

    def test_pods_are_restricted_and_read_only(self):
        for case in CASES:
            for pod in pods(rendered(case)):
                self.assertEqual(restricted(pod), [], case)
                self.assertFalse(pod["spec"]["automountServiceAccountToken"])
                self.assertIsInstance(pod["spec"]["securityContext"]["runAsUser"], int)
                for container in pod["spec"]["containers"] + pod["spec"].get("initContainers", []):
                    self.assertTrue(container["securityContext"]["readOnlyRootFilesystem"])

    def test_the_arguments_are_those_of_the_reference(self):
        for case in CASES:
            container = workload(rendered(case))["spec"]["template"]["spec"]["containers"][0]
            self.assertNotIn("command", container)
            self.assertEqual(container["args"][:6], [
                "--config", "/snowplow/config/config.hocon",
                "--iglu-config", "/snowplow/config/resolver.json",
                "--enrichments", "/snowplow/enrichments"])

    def test_what_is_mounted_is_there(self):
        for case in CASES:
            things = rendered(case)
            made = {thing["metadata"]["name"] for thing in things if thing["kind"] == "ConfigMap"}
            own = {"rel-snowmelt", "rel-enrich"}
            main = workload(things)
            pod = main["spec"]["template"]["spec"]
            volumes = {volume["name"] for volume in pod.get("volumes", [])}
            volumes |= {claim["metadata"]["name"] for claim in main["spec"].get("volumeClaimTemplates", [])}
            for container in pod["containers"] + pod.get("initContainers", []):
                self.assertLessEqual({mount["name"] for mount in container["volumeMounts"]}, volumes, case)
            for volume in pod["volumes"]:
                for source in volume.get("projected", {}).get("sources", []):
                    name = source.get("configMap", {}).get("name", "")
                    if any(name.startswith(prefix) for prefix in own):
                        self.assertIn(name, made, case)
            writable = {mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"] if not mount.get("readOnly")}
            self.assertEqual(writable, {"/tmp", "/snowplow/assets"}, case)
            self.assertEqual(pod["containers"][0]["workingDir"], "/snowplow/assets")

    def test_selectors_find_the_pods_and_only_them(self):
        for case in CASES:
            things = rendered(case)
            main = workload(things)
            labels = main["spec"]["template"]["metadata"]["labels"]
            for thing in things:
                spec = thing.get("spec", {})
                selector = {"Service": lambda s: s["selector"], "NetworkPolicy": lambda s: s["podSelector"]["matchLabels"]}.get(
                    thing["kind"], lambda s: (s.get("selector") or {}).get("matchLabels"))(spec)
                if selector:
                    self.assertLessEqual(selector.items(), labels.items(), thing["kind"])
                if thing["kind"] == "Pod":
                    chosen = main["spec"]["selector"]["matchLabels"]
                    self.assertFalse(chosen.items() <= thing["metadata"]["labels"].items(), "the test pod must not be served")
                target = spec.get("scaleTargetRef")
                if target:
                    self.assertEqual((target["kind"], target["name"]), (main["kind"], main["metadata"]["name"]))
                    self.assertNotIn("replicas", main["spec"], "the autoscaler decides")

    def test_each_change_of_a_file_changes_its_checksum_only(self):
        base = values_of("kinesis")
        checksums = lambda values: {
            key: value for key, value in workload(objects(template(values)))["spec"]["template"]["metadata"]["annotations"].items()
            if key.startswith("checksum/")}
        before = checksums(base)
        self.assertEqual(set(before), {"checksum/config", "checksum/resolver", "checksum/enrichments"})
        for name, change in {
            "config": {"config": {"hocon": base["config"]["hocon"] + "# more\n"}},
            "resolver": {"resolver": {"json": {"schema": "x"}}},
            "enrichments": {"enrichments": {"files": {"x.json": {}}}},
            None: {"replicas": 7, "podLabels": {"a": "b"}},
        }.items():
            after = checksums(merged(base, change))
            self.assertEqual({key for key in before if before[key] != after[key]}, {f"checksum/{name}"} if name else set())

    def test_the_workload_follows_the_stream(self):
        for text, kind in [
            ("input { streamName = a }", "StatefulSet"),
            ("# input { streamName = a }\ninput {\n topicName = b }\noutput.good.streamName = c", "Deployment"),
            ("{\"input\": {\"dir\": \"/x\"}}", "Deployment"),
        ]:
            values = merged(values_of("kafka"), {"config": {"hocon": text}})
            self.assertEqual(workload(objects(template(values)))["kind"], kind, text)
        values = merged(values_of("kinesis"), {"workload": {"kind": "Deployment"}, "assets": {"pvc": {"enabled": False}}})
        self.assertEqual(workload(objects(template(values)))["kind"], "Deployment")

    def test_settings_reach_the_program_as_they_were_written(self):
        settings = {"a": 10000000, "b": 1.5, "c": True, "d": "007", 'e."x.y"': "a b=c"}
        args = workload(objects(template(merged(values_of("kafka"), {"config": {"set": settings}}))))["spec"]["template"]["spec"]["containers"][0]["args"]
        given = [value for flag, value in zip(args, args[1:]) if flag == "--set"]
        self.assertEqual(given, ["a=10000000", "b=1.5", "c=true", "d=007", 'e."x.y"=a b=c'])

    def test_nonsense_is_refused_with_a_reason(self):
        table = [
            ("kafka", {"image": {"repository": ""}}, "image.repository is empty"),
            ("kafka", {"config": {"hocon": ""}}, "give one of config.hocon"),
            ("kafka", {"config": {"existingSecret": "x"}}, "give one of config.hocon"),
            ("kafka", {"config": {"hocon": "input {}"}}, "asset is empty"),
            ("kafka", {"autoscaling": {"hpa": {"enabled": True}, "keda": {"enabled": True}}}, "cannot both be enabled"),
            ("kafka", {"autoscaling": {"keda": {"enabled": True}}}, "has no trigger"),
            ("kafka", {"assets": {"pvc": {"enabled": True}}}, "ReadWriteMany"),
            ("kafka", {"metrics": {"service": {"enabled": False}, "serviceMonitor": {"enabled": True}}}, "metrics.podMonitor"),
            ("kafka", {"resolver": {"existingSecret": "a", "existingConfigMap": "b"}}, "not both"),
            ("keda", {"enrichments": {"files": {"a.json": {}}}}, "leave the other settings"),
            ("keda", {"enrichments": {"init": {"s3": ""}}}, "needs one of"),
            ("kafka", {"statsd": {"enabled": True, "hostFromNode": False}}, "statsd.host"),
            # by the schema
            ("kafka", {"replica": 2}, "replica"),
            ("kafka", {"replicas": "two"}, "replicas"),
            ("kafka", {"asset": "kafak"}, "asset"),
            ("kafka", {"image": {"digest": "sha256:12"}}, "digest"),
            ("kafka", {"image": {"tag": 1.2}}, "tag"),
            ("kafka", {"enrichments": {"files": {"a.yaml": {}}}}, "a.yaml"),
            ("kafka", {"admin": {"port": 0}}, "port"),
            ("kafka", {"metrics": {"prometheusRule": {"badRatio": 5}}}, "badRatio"),
            ("kafka", {"pdb": {"maxUnavailable": "half"}}, "maxUnavailable"),
        ]
        for case, change, reason in table:
            with self.subTest(change=change):
                with self.assertRaises(AssertionError) as refused:
                    template(merged(values_of(case), change))
                self.assertIn(reason, str(refused.exception))

    def test_secrets_stay_out_of_configmaps_and_are_warned_of(self):
        for case in CASES:
            for thing in rendered(case):
                self.assertNotEqual(thing["kind"], "Secret")
            self.assertNotIn("WARNING", notes(values_of(case)))
        for text in ['apikey = "abc"', 'x = "user password=\\"hunter2\\";"', "password: hunter2"]:
            values = merged(values_of("kafka"), {"config": {"hocon": values_of("kafka")["config"]["hocon"] + text}})
            self.assertIn("WARNING", notes(values), text)

    def test_the_notes_hold_a_policy_for_the_lease_table_of_the_file(self):
        for create in (True, False):
            text = notes(merged(values_of("kinesis"), {"dynamodb": {"createTable": create}}))
            policy = json.loads(text[text.index("{\n"):text.index("\n}\n") + 2])
            table = policy["Statement"][-1]
            self.assertEqual(table["Resource"], ["arn:aws:dynamodb:eu-central-1:ACCOUNT:table/enrich-prod"])
            self.assertEqual("dynamodb:CreateTable" in table["Action"], create)
            self.assertNotIn("*", json.dumps(policy).replace("consumer/*", ""))

    def test_versions_and_copies_agree(self):
        done = run(sys.executable, "-B", ROOT / "scripts/make-chart-readme.py", "--check")
        self.assertEqual(done.returncode, 0, done.stderr)
        chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
        cargo = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
        self.assertEqual(chart["appVersion"], re.search(r'^version = "(.*)"', cargo, re.M).group(1))
        self.assertEqual((CHART / "files/resolver.json").read_text(encoding="utf-8"),
                         (ROOT / "iglu-resolver/resolver.json").read_text(encoding="utf-8"))


class Monitoring(unittest.TestCase):
    def rules(self, folder, case="full"):
        (rule,) = [thing for thing in rendered(case) if thing["kind"] == "PrometheusRule"]
        file = pathlib.Path(folder) / "rules.yaml"
        file.write_text(yaml.safe_dump({"groups": rule["spec"]["groups"]}), encoding="utf-8")
        return file, rule["spec"]["groups"][0]["rules"]

    def test_alerts_fire_and_stay_quiet_as_they_should(self):
        with tempfile.TemporaryDirectory() as folder:
            file, rules = self.rules(folder, "kinesis")
            done = run("promtool", "check", "rules", file)
            self.assertEqual(done.returncode, 0, done.stderr)
            cases = HERE / "alerts.yaml"
            shutil.copy(cases, folder)
            done = run("promtool", "test", "rules", pathlib.Path(folder) / "alerts.yaml")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            tested = yaml.safe_load(cases.read_text(encoding="utf-8"))["tests"]
            told = [alert for test in tested for alert in test["alert_rule_test"]]
            for rule in rules:
                mine = [alert for alert in told if alert["alertname"] == rule["alert"]]
                self.assertTrue(any(alert["exp_alerts"] for alert in mine), f"{rule['alert']} is never seen firing")
                self.assertTrue(any(not alert["exp_alerts"] for alert in mine), f"{rule['alert']} is never seen quiet")

    def scaling_queries(self):
        """What KEDA asks Prometheus, for both kinds of lag and with a query of one's own."""
        keda = lambda asset, query="": {"asset": asset, "autoscaling": {"keda": {"prometheus": {"serverAddress": "http://p", "query": query}}}}
        things = [objects(template(merged(values_of("keda"), change))) for change in
                  (keda("kinesis"), keda("kafka"), keda("kafka", 'max(x{namespace="{{ .Release.Namespace }}"})'))]
        queries = [thing["spec"]["triggers"][0]["metadata"]["query"] for case in things for thing in case if thing["kind"] == "ScaledObject"]
        self.assertEqual(queries[2], 'max(x{namespace="events"})')
        return queries

    def test_every_alert_is_explained(self):
        page = (ROOT / "docs/operate.md").read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            for rule in self.rules(folder)[1]:
                self.assertIn(f"### {rule['alert']}\n", page)
                self.assertEqual(set(rule["labels"]), {"severity", "team"})

    def test_the_dashboard_is_current_and_its_queries_parse(self):
        done = run(ROOT / "scripts/make-dashboard.py", "--check")
        self.assertEqual(done.returncode, 0, done.stderr)
        dashboard = json.loads((CHART / "files/dashboard.json").read_text(encoding="utf-8"))
        queries = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])] + self.scaling_queries()
        self.assertGreater(len(queries), 30)
        rules = [{"record": f"query:{n}", "expr": query.replace("$__rate_interval", "5m")} for n, query in enumerate(queries)]
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            yaml.safe_dump({"groups": [{"name": "all", "rules": rules}]}, file)
            file.flush()
            done = run("promtool", "check", "rules", file.name)
        self.assertIn(f"{len(queries)} rules found", done.stdout)
        self.assertNotIn("FAILED", done.stdout + done.stderr)

    def test_only_metrics_that_there_are(self):
        texts = [(CHART / "files/dashboard.json").read_text(encoding="utf-8"), *self.scaling_queries()]
        texts += [golden_input(case) for case in CASES]
        used = {name for text in texts for name in re.findall(r"\b(?:snowmelt|process)_\w+(?=[{ ])", text)}
        self.assertGreater(len(used), 25)
        self.assertEqual(used - metric_names(), set())


if __name__ == "__main__":
    unittest.main()
