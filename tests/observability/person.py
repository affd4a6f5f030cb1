"""The story's person as a client program, with code generated from the protos."""
import base64
import json
import os
import pathlib
import sys
import time

import grpc

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests/e2e/python'))
import common  # noqa: E402


def client_code():
    """A context in which `crosspoint.*` can be imported."""
    proto = ROOT / 'proto'
    return common.generate(proto, sorted(path.relative_to(proto) for path in proto.rglob('*.proto')))


class Person:
    """Her token, her channel to the gateway."""

    def __init__(self, story):
        import yaml
        with open(os.path.join(story.stack, 'ctl.yaml'), encoding='utf-8') as f:
            config = yaml.safe_load(f)
        self.token = pathlib.Path(config['token_file']).read_text(encoding='utf-8').strip()
        claims = json.loads(base64.urlsafe_b64decode(self.token.split('.')[1] + '=='))
        self.name = f'tenants/default/users/{claims["sub"].split("/")[-1]}'
        credentials = grpc.ssl_channel_credentials(pathlib.Path(config['ca_file']).read_bytes())
        self.channel = grpc.secure_channel(config['server'], credentials,
                                           (('grpc.ssl_target_name_override', config['server_name']),))

    def metadata(self, traceparent=None):
        own = (('authorization', 'Bearer ' + self.token),)
        return own + ((('traceparent', traceparent),) if traceparent else ())


def move_a_meeting(person, state, traceparent=None):
    """The meeting with a conference begins now and chooses `state`; it is written to the mailbox too."""
    from crosspoint.meeting_sync.v1 import meeting_service_pb2, meeting_service_pb2_grpc
    meetings = meeting_service_pb2_grpc.MeetingServiceStub(person.channel)
    listed = meetings.ListMeetings(meeting_service_pb2.ListMeetingsRequest(parent=person.name),
                                   metadata=person.metadata(), timeout=20).meetings
    meeting = next(one for one in listed if one.conference.ByteSize())
    request = meeting_service_pb2.UpdateMeetingRequest(meeting={'name': meeting.name})
    request.meeting.start_time.FromSeconds(int(time.time()) - 60)
    request.meeting.end_time.FromSeconds(int(time.time()) + 1740)
    request.meeting.availability_state = state
    request.update_mask.paths.extend(['start_time', 'end_time', 'availability_state'])
    meetings.UpdateMeeting(request, metadata=person.metadata(traceparent), timeout=20)
