#!/usr/bin/env python3
"""Collects the spans of the running system over OTLP and shows two traces whole. Run by tests/tracing.sh.

The first is of one call: a client moves a meeting; gateway, meeting-sync and its outbox; the mailbox at Exchange; presence,
the bus to both its replicas. The second begins in the mailbox: an invitation sent from Outlook. Fails when a step is
missing or a step's parent was never told, so that the trace falls apart."""
import argparse
import http.server
import os
import queue
import re
import sys
import tempfile
import threading
import time

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

from person import Person, client_code, move_a_meeting
from story import Story

SERVICES = ['directory', 'presence', 'meeting_sync', 'voicemail', 'contact', 'gateway']
LIMIT_SECONDS = 60
INTERNAL, SERVER, CLIENT, CONSUMER = 1, 2, 3, 5  # SpanKind of OTLP


class Collector(http.server.ThreadingHTTPServer):
    """Takes OTLP over HTTP as any collector does."""

    def __init__(self):
        self.lock = threading.Lock()
        self.traces = {}  # trace id -> span id -> (service, instance, span); guarded by lock
        super().__init__(('127.0.0.1', 0), Receiver)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self):
        return f'http://127.0.0.1:{self.server_address[1]}/v1/traces'

    def take(self, request):
        with self.lock:
            for resource in request.resource_spans:
                facts = {a.key: a.value.string_value for a in resource.resource.attributes}
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        self.traces.setdefault(span.trace_id, {})[span.span_id] = (
                            facts['service.name'], facts['service.instance.id'], span)

    def trace(self, trace_id):
        with self.lock:
            return dict(self.traces.get(trace_id, {}))

    def all(self):
        with self.lock:
            return [dict(spans) for spans in self.traces.values()]


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        self.server.take(trace_service_pb2.ExportTraceServiceRequest.FromString(body))
        answer = trace_service_pb2.ExportTraceServiceResponse().SerializeToString()
        self.send_response(200)
        self.send_header('Content-Type', 'application/x-protobuf')
        self.send_header('Content-Length', str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class Step:
    """A step that a trace must have, on `replicas` different processes."""

    def __init__(self, service, name, kind, replicas=1):
        self.service, self.name, self.kind, self.replicas = service, name, kind, replicas

    def found(self, spans):
        return len({instance for service, instance, span in spans.values()
                    if service == 'crosspoint-' + self.service and span.kind == self.kind and
                    re.fullmatch(self.name, span.name)}) >= self.replicas

    def __str__(self):
        return f'{self.service}: {self.name}' + (f' at {self.replicas} replicas' if self.replicas > 1 else '')


# What follows from a meeting once meeting-sync knows it.
TO_EVERY_REPLICA = [
    Step('meeting_sync', 'outbox meeting_sync.claim.put', CONSUMER),
    Step('presence', 'crosspoint.presence.v1.PresenceService/PutClaim', SERVER),
    Step('presence', 'bus presence', CONSUMER, replicas=2)]
OF_A_CALL = [
    Step('gateway', 'crosspoint.meeting_sync.v1.MeetingService/UpdateMeeting', SERVER),
    Step('meeting_sync', 'crosspoint.meeting_sync.v1.MeetingService/UpdateMeeting', SERVER),
    Step('meeting_sync', 'outbox meeting_sync.meeting.push', CONSUMER),
    Step('meeting_sync', 'EWS UpdateItem', CLIENT), Step('meeting_sync', 'mailbox task', INTERNAL), *TO_EVERY_REPLICA]
FROM_THE_MAILBOX = [
    Step('meeting_sync', 'EWS SyncFolderItems', CLIENT), Step('meeting_sync', 'EWS GetItem', CLIENT),
    *TO_EVERY_REPLICA]


def missing(spans, steps):
    return [str(step) for step in steps if not step.found(spans)]


def orphans(spans, root):
    """Steps whose parent was never told. `root` is the client's own step, which it keeps to itself."""
    return [span.name for _, _, span in spans.values()
            if span.parent_span_id and span.parent_span_id not in spans and span.parent_span_id != root]


def show(spans, title):
    print(f'\n{title}\n')
    start = min(span.start_time_unix_nano for _, _, span in spans.values())
    below = {}
    for one in spans.values():
        parent = one[2].parent_span_id
        below.setdefault(parent if parent in spans else b'', []).append(one)

    def tell(parent, depth):
        for service, instance, span in sorted(below.get(parent, []), key=lambda one: one[2].start_time_unix_nano):
            begin = (span.start_time_unix_nano - start) / 1e6
            took = (span.end_time_unix_nano - span.start_time_unix_nano) / 1e6
            name = '  ' * depth + span.name.replace('crosspoint.', '')
            print(f'  {begin:8.1f} ms {took:8.2f} ms  {service[11:]:<13} {instance[-6:]}  {name}')
            tell(span.span_id, depth + 1)

    tell(b'', 0)


def wait_for(what, look):
    end = time.monotonic() + LIMIT_SECONDS
    while True:
        found = look()
        if found or time.monotonic() > end:
            return found
        time.sleep(0.2)


class Watch:
    """What a watcher of the person's lamp is told."""

    def __init__(self, person):
        from crosspoint.presence.v1 import presence_service_pb2, presence_service_pb2_grpc
        self.states = []
        requests = queue.Queue()
        requests.put(presence_service_pb2.WatchPresenceRequest(add_users=[person.name]))
        self.stream = presence_service_pb2_grpc.PresenceServiceStub(person.channel).WatchPresence(
            iter(requests.get, None), metadata=person.metadata())
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        try:
            for answer in self.stream:
                self.states += [one.availability.state for one in answer.presences]
        except grpc.RpcError:
            pass  # cancelled at the end


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--bin', required=True, help='where the compiled programs are')
    binaries = arguments.parse_args().bin
    collector = Collector()
    environment = {f'CROSSPOINT_{service.upper()}_TRACING_ENDPOINT': collector.url() for service in SERVICES}
    faults = []
    with tempfile.TemporaryDirectory(prefix='crosspoint-tracing-') as folder, client_code():
        story = Story(binaries, folder, environment)
        try:
            person = Person(story)
            watch = Watch(person)
            wait_for('first state', lambda: watch.states)
            trace_id, root = os.urandom(16), os.urandom(8)
            move_a_meeting(person, 'do-not-disturb', f'00-{trace_id.hex()}-{root.hex()}-01')
            if not wait_for('lamp', lambda: watch.states[-1:] == ['do-not-disturb']):
                faults.append(f'the watcher was never told: {watch.states}')
            watch.stream.cancel()
            wait_for('spans', lambda: not missing(collector.trace(trace_id), OF_A_CALL) and
                     not orphans(collector.trace(trace_id), root))
            call = collector.trace(trace_id)
            faults += [f'call: no step {step}' for step in missing(call, OF_A_CALL)]
            faults += [f'call: the parent of {name} is missing' for name in orphans(call, root)]
            show(call, f'One call, trace {trace_id.hex()}, {len(call)} steps:')

            def from_the_mailbox():
                return next((spans for spans in collector.all() if not missing(spans, FROM_THE_MAILBOX) and
                             len(spans) < 100 and not orphans(spans, b'')), None)
            mailbox = wait_for('mailbox', from_the_mailbox)
            if mailbox is None:
                faults.append('mailbox: no whole trace from a mailbox to the bus')
            else:
                show(mailbox, f'From the mailbox, {len(mailbox)} steps:')
            # What runs all the time is told in batches, each process's for itself.
            wait_for('the rest', lambda: not any(orphans(spans, root) for spans in collector.all()))
            print(f'\n{len(collector.all())} traces collected')
            faults += [f'the parent of {name} is missing' for spans in collector.all() for name in orphans(spans, root)]
        finally:
            story.stop()
    for fault in faults:
        print('FAILED: ' + fault)
    sys.exit(1 if faults else 0)


main()
