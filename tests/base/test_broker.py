"""The broker that is a folder: many processes send while others take, and nobody meets half a message."""

import subprocess
import sys
from pathlib import Path

from kombu import Connection

from base import broker

EACH, SENDERS = 300, 3
SEND = """
import sys
from kombu import Connection, Exchange, Queue
from base import broker
broker.install()
options = dict.fromkeys(("data_folder_in", "data_folder_out"), sys.argv[1]) | {"control_folder": sys.argv[2]}
with Connection("filesystem://localhost", transport_options=options) as connection:
    producer = connection.Producer()
    for number in range(int(sys.argv[3])):
        message = {"number": number, "text": "x" * 20_000}
        producer.publish(message, "jobs", exchange="jobs", declare=[Queue("jobs", Exchange("jobs"), "jobs")])
"""


def connection(folder: Path) -> Connection:
    broker.install()
    options = {"data_folder_in": str(folder), "data_folder_out": str(folder), "control_folder": folder / "control"}
    return Connection("filesystem://localhost", transport_options=options)


def test_every_message_arrives_whole_while_others_are_sent(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SEND, str(tmp_path), str(tmp_path / "control"), str(EACH)]
    senders = [subprocess.Popen(command) for _ in range(SENDERS)]
    taken: list[int] = []
    with connection(tmp_path) as connected:
        assert type(connected.transport) is broker.Transport
        queue = connected.SimpleQueue("jobs", no_ack=False)
        while len(taken) < EACH * SENDERS:
            message = queue.get(timeout=60)
            assert len(message.payload["text"]) == 20_000
            taken.append(message.payload["number"])
            message.ack()
        queue.close()
    assert [sender.wait(180) for sender in senders] == [0] * SENDERS
    assert sorted(taken) == sorted(list(range(EACH)) * SENDERS)


def test_a_list_of_queues_that_was_never_written_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "control").mkdir()
    (tmp_path / "control" / "new.exchange").touch()
    with connection(tmp_path) as connected:
        queue = connected.SimpleQueue("new")
        queue.put({"a": 1})
        assert queue.get(timeout=60).payload == {"a": 1}
        queue.close()
