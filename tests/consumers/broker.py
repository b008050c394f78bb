"""A Kafka broker of our own on loopback, for tests."""

import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Broker:
    """Starts with the block, ends with it."""

    def __enter__(self):
        libs = subprocess.run([ROOT / "scripts/setup-kafka.sh"], check=True, capture_output=True, text=True).stdout.strip()
        self.folder = pathlib.Path(tempfile.mkdtemp())
        port, controller = free_ports(2)
        self.address = f"127.0.0.1:{port}"
        properties = self.folder / "server.properties"
        properties.write_text(
            f"""process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://{self.address},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://{self.address}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs={self.folder}/logs
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
""",
            encoding="utf-8",
        )
        java = ["java", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", f"{libs}/*"]
        subprocess.run([*java, "kafka.tools.StorageTool", "format", "-t", "AAAAAAAAAAAAAAAAAAAAAA", "-c", properties],
                       check=True, capture_output=True)
        self.log = (self.folder / "broker.log").open("w")
        self.process = subprocess.Popen([*java, "kafka.Kafka", properties], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self._wait()
        return self

    def _wait(self):
        from confluent_kafka import KafkaException
        from confluent_kafka.admin import AdminClient

        self.admin = AdminClient({"bootstrap.servers": self.address, "log_level": 0})
        end = time.monotonic() + 90
        while True:
            try:
                self.admin.list_topics(timeout=2)
                return
            except KafkaException as error:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise AssertionError((self.folder / "broker.log").read_text()[-3000:]) from error

    def topic(self, name, partitions):
        from confluent_kafka.admin import NewTopic

        for made in self.admin.create_topics([NewTopic(name, partitions, 1)]).values():
            made.result(30)

    def produce(self, topic, values):
        from confluent_kafka import Producer

        producer = Producer({"bootstrap.servers": self.address, "linger.ms": 5})
        for number, value in enumerate(values):
            producer.produce(topic, value, partition=number % 3)
            if number % 500 == 0:
                producer.poll(0)
        assert producer.flush(60) == 0

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
