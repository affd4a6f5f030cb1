#!/usr/bin/env python3
"""Callers of an installation who never try twice: idempotent calls to every service through the gateway, some changes of
state under request ids, and a watch of presence that comes back with its token.

load.py --server HOST:PORT --server-name NAME --credentials DIR prepare     makes the users it needs
load.py … run --seconds N                  calls until N seconds are over or SIGTERM comes, then prints one line of JSON
"""
import argparse
import collections
import json
import pathlib
import queue
import random
import signal
import ssl
import sys
import tempfile
import threading
import time
import urllib.request
import uuid

import grpc
from grpc_tools import protoc

import credentials

HERE = pathlib.Path(__file__).resolve().parent
PROTO = HERE.parents[1] / "proto"
TENANT = "tenants/default"
DEADLINE_S = 10
USERS = 20


def stubs():
    """Compiles the contracts into a folder that lives as long as what is returned."""
    folder = tempfile.TemporaryDirectory()
    known = pathlib.Path(protoc.__file__).parent / "_proto"
    files = [str(path.relative_to(PROTO)) for path in PROTO.rglob("*.proto")]
    command = ["protoc", f"-I{PROTO}", f"-I{known}", f"--python_out={folder.name}", f"--grpc_python_out={folder.name}"]
    if protoc.main(command + files) != 0:
        sys.exit("protoc failed")
    sys.path.insert(0, folder.name)
    return folder


class Load:
    def __init__(self, args):
        self.args = args
        self.lock = threading.Lock()
        self.latencies = collections.defaultdict(list)
        self.failures = []
        self.over = threading.Event()
        self.watch = collections.Counter()
        self.set_states = 0
        self.made_contacts = 0
        ca = (args.credentials / "ca.pem").read_bytes()
        options = (("grpc.ssl_target_name_override", args.server_name), ("grpc.max_reconnect_backoff_ms", 1000))
        self.channel = grpc.secure_channel(args.server, grpc.ssl_channel_credentials(ca), options)

    def bearer(self, user, roles=("user",), tenant="default"):
        token = credentials.mint(self.args.credentials, tenant, user, list(roles))
        return (("authorization", "Bearer " + token),)

    def once(self, name, call):
        """One call, tried once."""
        start = time.monotonic()
        try:
            call()
        except grpc.RpcError as error:
            with self.lock:
                self.failures.append({"call": name, "at": round(time.time(), 3), "code": error.code().name,
                                      "after_s": round(time.monotonic() - start, 3), "details": error.details()[:300]})
        with self.lock:
            self.latencies[name].append(time.monotonic() - start)

    def caller(self, name, make, every_s):
        while not self.over.is_set():
            self.once(name, make)
            self.over.wait(every_s * random.uniform(0.5, 1.5))

    def watcher(self, stub, presence, users, metadata):
        """One watch after the other; each begins where the last one ended."""
        token = ""
        while not self.over.is_set():
            requests = queue.Queue()
            requests.put(presence.WatchPresenceRequest(add_users=users, resume_token=token))
            stream = stub.WatchPresence(iter(requests.get, None), metadata=metadata)
            stopper = threading.Thread(target=lambda s=stream: (self.over.wait(), s.cancel()), daemon=True)
            stopper.start()
            self.watch["opened"] += 1
            try:
                for answer in stream:
                    self.watch["told"] += len(answer.presences)
                    token = answer.resume_token or token
            except grpc.RpcError as error:
                if not self.over.is_set():
                    self.watch["ended_" + error.code().name.lower()] += 1
            requests.put(None)
            self.over.wait(0.2)


def make_mailboxes(args, emails):
    context = ssl.create_default_context(cafile=args.credentials / "ca.pem")
    for email in emails:
        body = json.dumps({"email": email, "display_name": email.split("@")[0], "given_name": "Load", "surname": "Caller"})
        request = urllib.request.Request(args.exchange + "/sim/mailboxes", body.encode(), {"Content-Type": "application/json"})
        urllib.request.urlopen(request, context=context, timeout=30).close()


def prepare(load):
    from crosspoint.directory.v1 import directory_service_pb2 as directory
    from crosspoint.directory.v1 import directory_service_pb2_grpc as services
    request = directory.BatchCreateUsersRequest(parent=TENANT)
    for number in range(USERS):
        user = request.requests.add().user
        user.display_name = f"Load {number}"
        user.email = f"load{number}@corp.example"
        user.extension = str(8000 + number)
    make_mailboxes(load.args, [one.user.email for one in request.requests])
    response = services.DirectoryServiceStub(load.channel).BatchCreateUsers(
        request, metadata=load.bearer("admin", ["tenant_admin"]), timeout=30, wait_for_ready=True)
    names = [result.user.name for result in response.results]
    for result in response.results:
        if not result.user.name:
            sys.exit(f"no user: {result.error.message}")
    load.args.users.write_text(json.dumps(names))
    print(f"{len(names)} users")


def callers(load, names):
    from crosspoint.contact.v1 import contact_service_pb2 as contact
    from crosspoint.contact.v1 import contact_service_pb2_grpc as contact_services
    from crosspoint.directory.v1 import directory_service_pb2 as directory
    from crosspoint.directory.v1 import directory_service_pb2_grpc as directory_services
    from crosspoint.gateway.v1 import gateway_service_pb2 as gateway
    from crosspoint.gateway.v1 import gateway_service_pb2_grpc as gateway_services
    from crosspoint.meeting_sync.v1 import meeting_service_pb2 as meetings
    from crosspoint.meeting_sync.v1 import meeting_service_pb2_grpc as meeting_services
    from crosspoint.presence.v1 import presence_service_pb2 as presence
    from crosspoint.presence.v1 import presence_service_pb2_grpc as presence_services
    from crosspoint.voicemail.v1 import voicemail_service_pb2 as voicemail
    from crosspoint.voicemail.v1 import voicemail_service_pb2_grpc as voicemail_services

    tokens = {name: load.bearer(name.rsplit("/", 1)[1]) for name in names}
    directories = directory_services.DirectoryServiceStub(load.channel)
    presences = presence_services.PresenceServiceStub(load.channel)
    meeting = meeting_services.MeetingServiceStub(load.channel)
    contacts = contact_services.ContactServiceStub(load.channel)
    voicemails = voicemail_services.VoicemailServiceStub(load.channel)
    gateways = gateway_services.GatewayServiceStub(load.channel)

    def as_somebody(method, make):
        def call():
            name = random.choice(names)
            method(make(name), metadata=tokens[name], timeout=DEADLINE_S)
        return call

    def set_state():
        name = random.choice(names)
        presences.SetAvailability(
            presence.SetAvailabilityRequest(user=name, state=random.choice(["vacation", "available"]),
                                            request_id=str(uuid.uuid4())), metadata=tokens[name], timeout=DEADLINE_S)
        load.set_states += 1

    def make_contact():
        name = random.choice(names)
        number = str(random.randrange(10**6, 10**7))
        contacts.CreateContact(
            contact.CreateContactRequest(parent=name, contact=contact.Contact(display_name="Caller " + number),
                                         request_id=str(uuid.uuid4())), metadata=tokens[name], timeout=DEADLINE_S)
        load.made_contacts += 1

    calls = {
        "GetUser": as_somebody(directories.GetUser, lambda name: directory.GetUserRequest(name=name)),
        "GetPresence": as_somebody(presences.GetPresence, lambda name: presence.GetPresenceRequest(user=name)),
        "SetAvailability": set_state,
        "ListMeetings": as_somebody(meeting.ListMeetings, lambda name: meetings.ListMeetingsRequest(parent=name)),
        "ListContacts": as_somebody(contacts.ListContacts, lambda name: contact.ListContactsRequest(parent=name)),
        "CreateContact": make_contact,
        "ListMessages": as_somebody(voicemails.ListMessages, lambda name: voicemail.ListMessagesRequest(parent=name)),
        "ListSessions": as_somebody(gateways.ListSessions, lambda name: gateway.ListSessionsRequest(parent=TENANT)),
    }
    slow = {"SetAvailability": 4, "CreateContact": 8}
    threads = [threading.Thread(target=load.caller, args=(name, call, load.args.every * slow.get(name, 1)))
               for name, call in calls.items()]
    threads.append(threading.Thread(target=load.watcher, args=(presences, presence, names, tokens[names[0]])))
    return threads


def run(load):
    names = json.loads(load.args.users.read_text())
    threads = callers(load, names)
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: load.over.set())
    for thread in threads:
        thread.start()
    if load.args.ready_file:
        load.args.ready_file.touch()
    load.over.wait(load.args.seconds)
    load.over.set()
    for thread in threads:
        thread.join()
    every = sorted(value for values in load.latencies.values() for value in values)
    print(json.dumps({
        "calls": len(every),
        "failed": len(load.failures),
        "p50_ms": round(every[len(every) // 2] * 1000, 1) if every else None,
        "p99_ms": round(every[len(every) * 99 // 100] * 1000, 1) if every else None,
        "max_ms": round(every[-1] * 1000, 1) if every else None,
        "states_set": load.set_states,
        "contacts_made": load.made_contacts,
        "watch": dict(load.watch),
        "failures": load.failures[:20],
    }))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    parser.add_argument("--server-name", required=True)
    parser.add_argument("--credentials", required=True, type=pathlib.Path)
    parser.add_argument("--users", type=pathlib.Path, help="where the names of the users are kept")
    commands = parser.add_subparsers(required=True)
    preparer = commands.add_parser("prepare")
    preparer.add_argument("--exchange", required=True, help="URL of the Exchange simulator, where their mailboxes are made")
    preparer.set_defaults(run=prepare)
    runner = commands.add_parser("run")
    runner.add_argument("--seconds", type=float, default=60)
    runner.add_argument("--every", type=float, default=0.1, help="seconds between the calls of one kind")
    runner.add_argument("--ready-file", type=pathlib.Path)
    runner.set_defaults(run=run)
    args = parser.parse_args()
    args.users = args.users or args.credentials / "users.json"
    folder = stubs()
    args.run(Load(args))
    folder.cleanup()


if __name__ == "__main__":
    main()
