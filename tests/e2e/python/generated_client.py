#!/usr/bin/env python3
"""A client of the gateway generated from proto/ alone: unary calls, a server stream, a stream both ways, errors."""
import pathlib
import queue
import sys

import grpc

import common

ROOT = pathlib.Path(__file__).resolve().parents[3] / "proto"


def watch_presence(stub, presence, args):
    """Watches the user, changes the state, and waits until the stream tells it."""
    requests = queue.Queue()
    requests.put(presence.WatchPresenceRequest(add_users=[args.user]))
    stream = stub.WatchPresence(iter(requests.get, None), metadata=common.metadata(args), timeout=20)
    states = []
    for answer in stream:
        states += [one.availability.state for one in answer.presences]
        if answer.synced and len(states) == 1:
            stub.SetAvailability(presence.SetAvailabilityRequest(user=args.user, state="vacation"),
                                 metadata=common.metadata(args), timeout=10)
        if states[-1:] == ["vacation"]:
            break
    requests.put(None)
    stream.cancel()
    common.expect(states[0] == "available" and states[-1] == "vacation", "a change arrives on a stream: %s" % states)


def refused(stub, presence, args, error_info):
    """What a wrong state is answered with, decoded without any library of ours."""
    try:
        stub.SetAvailability(presence.SetAvailabilityRequest(user=args.user, state="on-the-moon"),
                             metadata=common.metadata(args), timeout=10)
    except grpc.RpcError as error:
        details = dict(error.trailing_metadata())["grpc-status-details-bin"]
        status = error_info.ErrorStatus.FromString(details)
        info = error_info.ErrorInfo.FromString(status.details[0].value)
        common.expect(error.code() == grpc.StatusCode.INVALID_ARGUMENT and info.metadata["field"] == "state",
                      "a refusal names the field: %s %s" % (info.reason, dict(info.metadata)))
        common.expect(status.details[0].type_url.endswith("google.rpc.ErrorInfo"), "under its standard type")
        return
    sys.exit("FAILED: a state that nobody knows was taken")


def main():
    args = common.arguments()
    files = sorted(path.relative_to(ROOT) for path in ROOT.rglob("*.proto"))
    folder = common.generate(ROOT, files)
    common.expect(len(files) >= 14, "%d contracts compile" % len(files))
    from crosspoint.common.v1 import error_info_pb2
    from crosspoint.directory.v1 import connector_service_pb2, connector_service_pb2_grpc
    from crosspoint.directory.v1 import directory_service_pb2, directory_service_pb2_grpc
    from crosspoint.presence.v1 import presence_service_pb2, presence_service_pb2_grpc

    with common.channel(args) as channel:
        tenant = "/".join(args.user.split("/")[:2])
        users = directory_service_pb2_grpc.DirectoryServiceStub(channel)
        user = users.GetUser(directory_service_pb2.GetUserRequest(name=args.user), metadata=common.metadata(args), timeout=10)
        common.expect(user.name == args.user and user.extension, "a unary call answers: " + user.display_name)
        people = users.SearchPeople(directory_service_pb2.SearchPeopleRequest(parent=tenant, query=user.display_name),
                                    metadata=common.metadata(args), timeout=10)
        common.expect(any(person.user == args.user for person in people.people), "search finds the person")
        connector = connector_service_pb2_grpc.ConnectorServiceStub(channel)
        stream = connector.WatchClientConfig(connector_service_pb2.WatchClientConfigRequest(parent=tenant),
                                             metadata=common.metadata(args), timeout=10)
        config = next(stream)
        stream.cancel()
        common.expect(config.resume_token != "", "a server's stream begins: exchange %s" % config.exchange_enabled)
        presence = presence_service_pb2_grpc.PresenceServiceStub(channel)
        watch_presence(presence, presence_service_pb2, args)
        refused(presence, presence_service_pb2, args, error_info_pb2)
        try:
            users.GetUser(directory_service_pb2.GetUserRequest(name=args.user), timeout=10)
            sys.exit("FAILED: a call without token was taken")
        except grpc.RpcError as error:
            common.expect(error.code() == grpc.StatusCode.UNAUTHENTICATED, "a call without token is refused")
    folder.cleanup()


if __name__ == "__main__":
    main()
