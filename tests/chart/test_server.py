#!/usr/bin/env python3
"""The chart in a real kube-apiserver; scripts/chart-test-server.sh runs this."""

import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "chart"
CRDS = pathlib.Path(os.environ["SNOWMELT_CRDS"])
CASES = sorted(file.name.removesuffix("-values.yaml") for file in (CHART / "ci").glob("*-values.yaml"))
TOKEN = "t0ken-of-a-test"


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Server:
    """etcd and a kube-apiserver, which end with the block."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.processes = []
        client, peer, port = free_ports(3)
        etcd = f"http://127.0.0.1:{client}"
        self.start("etcd", "--data-dir", self.folder / "etcd", "--listen-client-urls", etcd, "--advertise-client-urls", etcd,
                   "--listen-peer-urls", f"http://127.0.0.1:{peer}", "--unsafe-no-fsync")
        subprocess.run(["openssl", "genrsa", "-out", self.folder / "sa.key", "2048"], check=True, capture_output=True)
        (self.folder / "tokens.csv").write_text(f"{TOKEN},tester,1,system:masters\n", encoding="utf-8")
        key = self.folder / "sa.key"
        self.start("kube-apiserver", "--etcd-servers", etcd, "--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1",
                   "--secure-port", port, "--cert-dir", self.folder / "certs", "--token-auth-file", self.folder / "tokens.csv",
                   "--service-account-issuer", "https://kubernetes.default.svc", "--service-account-key-file", key,
                   "--service-account-signing-key-file", key, "--service-cluster-ip-range", "10.0.0.0/24",
                   "--disable-admission-plugins", "ServiceAccount", "--endpoint-reconciler-type", "none")
        self.address = f"https://127.0.0.1:{port}"
        self.kubeconfig = self.folder / "kubeconfig"
        certificate = self.folder / "certs/apiserver.crt"
        self.kubeconfig.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": self.address, "certificate-authority": str(certificate)}}],
            "users": [{"name": "test", "user": {"token": TOKEN}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        }), encoding="utf-8")
        end = time.monotonic() + 120
        while True:
            try:
                self.tls = ssl.create_default_context(cafile=str(certificate))
                if self.call("GET", "/readyz", raw=True) == (200, "ok"):
                    return self
            except (OSError, ssl.SSLError):
                pass
            assert time.monotonic() < end and all(process.poll() is None for process in self.processes), self.logs()
            time.sleep(0.2)

    def start(self, name, *arguments):
        log = (self.folder / f"{name}.log").open("w")
        self.processes.append(subprocess.Popen([name, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=log, stderr=log))
        log.close()

    def logs(self):
        return "\n".join(file.read_text(errors="replace")[-2000:] for file in self.folder.glob("*.log"))

    def call(self, method, path, body=None, raw=False, kind="application/json"):
        """Status and answer of a request."""
        request = urllib.request.Request(self.address + path, method=method, data=None if body is None else json.dumps(body).encode(),
                                         headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": kind})
        try:
            with urllib.request.urlopen(request, context=self.tls, timeout=30) as answer:
                status, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode()
        return status, text if raw else json.loads(text)

    def helm(self, *arguments):
        return subprocess.run(["helm", *map(str, arguments), "--kubeconfig", str(self.kubeconfig), "--namespace", "events"],
                              cwd=CHART, capture_output=True, text=True, check=False)

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Cluster(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server())
        labels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
        cls.made("POST", "/api/v1/namespaces", {"metadata": {"name": "events", "labels": labels}})
        cls.made("POST", "/apis/scheduling.k8s.io/v1/priorityclasses", {"metadata": {"name": "high"}, "value": 1000})
        groups = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        for file in sorted(CRDS.glob("*.yaml")):
            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
            cls.made("POST", groups, yaml.load(file.read_text(encoding="utf-8"), loader))
        end = time.monotonic() + 60
        while True:
            found = cls.server.call("GET", groups)[1]["items"]
            established = [any(c["type"] == "Established" and c["status"] == "True" for c in (crd.get("status") or {}).get("conditions") or ()) for crd in found]
            if all(established):
                break
            assert time.monotonic() < end, found
            time.sleep(0.2)

    @classmethod
    def made(cls, method, path, body):
        status, answer = cls.server.call(method, path, body)
        assert status in (200, 201), answer
        return answer

    def installed(self, case, *more):
        release = f"rel-{case}"
        done = self.server.helm("install", release, CHART, "-f", f"ci/{case}-values.yaml", *more)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.addCleanup(self.server.helm, "uninstall", release)
        self.assertIn("STATUS: deployed", done.stdout)
        # the server would warn of pods that the namespace refuses, and of fields that it does not know
        self.assertNotRegex(done.stderr, r"(?m)^W\d{4} ")
        return release, done.stdout

    def workload(self, release):
        kinds = ("deployments", "statefulsets")
        found = [item for kind in kinds for item in self.server.call("GET", f"/apis/apps/v1/namespaces/events/{kind}")[1]["items"]
                 if item["metadata"]["labels"]["app.kubernetes.io/instance"] == release]
        self.assertEqual(len(found), 1)
        return found[0]

    def pod_of(self, workload):
        template = workload["spec"]["template"]
        pod = {"metadata": {"name": "like-" + workload["metadata"]["name"], "labels": template["metadata"]["labels"]}, "spec": template["spec"]}
        for claim in workload["spec"].get("volumeClaimTemplates", []):
            name = claim["metadata"]["name"]
            pod["spec"]["volumes"].append({"name": name, "persistentVolumeClaim": {"claimName": name}})
        return pod

    def test_each_case_is_installed_and_its_pods_are_admitted_as_restricted(self):
        seen = set()
        for case in CASES:
            with self.subTest(case):
                release, notes = self.installed(case)
                self.assertIn("helm test " + release, notes)
                pod = self.pod_of(self.workload(release))
                status, answer = self.server.call("POST", "/api/v1/namespaces/events/pods?dryRun=All", pod)
                self.assertEqual(status, 201, answer)
                seen.add(case)
        self.assertEqual(seen, set(CASES))

    def test_the_namespace_does_refuse_what_is_not_restricted(self):
        release, _ = self.installed("kafka")
        pod = self.pod_of(self.workload(release))
        del pod["spec"]["containers"][0]["securityContext"]["capabilities"]
        status, answer = self.server.call("POST", "/api/v1/namespaces/events/pods?dryRun=All", pod)
        self.assertEqual(status, 403)
        self.assertIn("restricted", answer["message"])

    def test_custom_resources_are_stored(self):
        self.installed("full")
        self.installed("keda")
        for path, kinds in {
            "monitoring.coreos.com/v1": ("podmonitors", "servicemonitors", "prometheusrules"),
            "keda.sh/v1alpha1": ("scaledobjects",),
        }.items():
            for kind in kinds:
                items = self.server.call("GET", f"/apis/{path}/namespaces/events/{kind}")[1]["items"]
                self.assertEqual(len(items), 1, kind)

    def test_upgrade_rolls_by_checksum_and_rollback_goes_back(self):
        release, _ = self.installed("kinesis")
        of = lambda: self.workload(release)["spec"]["template"]["metadata"]["annotations"]
        before = of()
        upgrade = lambda *more: self.server.helm("upgrade", release, CHART, "-f", "ci/kinesis-values.yaml", *more)
        self.assertEqual(upgrade("--set", "replicas=5").returncode, 0)
        self.assertEqual(of(), before, "more pods are no reason to roll")
        self.assertEqual(self.workload(release)["spec"]["replicas"], 5)
        self.assertEqual(upgrade("--set", "enrichments.files.x\\.json=text").returncode, 0)
        changed = {name for name, value in of().items() if value != before[name]}
        self.assertEqual(changed, {"checksum/enrichments"})
        done = self.server.helm("rollback", release, "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(of(), before)
        self.assertEqual(self.workload(release)["spec"]["replicas"], 3)

    def test_what_the_server_refuses_leaves_what_was(self):
        release, _ = self.installed("kafka")
        before = self.workload(release)["spec"]
        done = self.server.helm("upgrade", release, CHART, "-f", "ci/kafka-values.yaml", "--set", "resources.limits.memory=lots")
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(self.workload(release)["spec"], before)

    def test_uninstalling_leaves_nothing(self):
        release, _ = self.installed("full")
        self.assertEqual(self.server.helm("uninstall", release).returncode, 0)
        for path in ("/api/v1/namespaces/events/configmaps", "/api/v1/namespaces/events/services", "/api/v1/namespaces/events/serviceaccounts",
                     "/apis/apps/v1/namespaces/events/deployments", "/apis/policy/v1/namespaces/events/poddisruptionbudgets",
                     "/apis/networking.k8s.io/v1/namespaces/events/networkpolicies", "/apis/autoscaling/v2/namespaces/events/horizontalpodautoscalers"):
            items = self.server.call("GET", path)[1]["items"]
            left = [item["metadata"]["name"] for item in items if release in json.dumps(item["metadata"].get("labels", {}))]
            self.assertEqual(left, [], path)

    def test_the_test_pod_of_helm_is_admitted_and_its_end_decides(self):
        release, _ = self.installed("kafka")
        name = f"{release}-snowmelt-test-ready"
        for phase, code in (("Succeeded", 0), ("Failed", 1)):
            # there is no kubelet: the end of the pod is told in its place
            def play(phase=phase):
                end = time.monotonic() + 30
                while time.monotonic() < end:
                    status, _ = self.server.call("PATCH", f"/api/v1/namespaces/events/pods/{name}/status", {"status": {"phase": phase}},
                                                 kind="application/merge-patch+json")
                    if status == 200:
                        return
                    time.sleep(0.2)

            player = threading.Thread(target=play)
            player.start()
            done = self.server.helm("test", release, "--timeout", "60s")
            player.join()
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
