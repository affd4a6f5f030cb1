#!/usr/bin/env python3
"""A client that knows no contract: it asks the gateway by reflection what there is, and calls it with what it was told."""
import pathlib

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

import common

HERE = pathlib.Path(__file__).resolve().parent
METHOD = ("crosspoint.presence.v1.PresenceService", "GetPresence")


class Reflection:
    def __init__(self, channel, args):
        self.folder = common.generate(HERE, [pathlib.Path("reflection.proto")])
        import reflection_pb2
        import reflection_pb2_grpc
        self.messages = reflection_pb2
        self.stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        self.args = args

    def ask(self, **question):
        request = self.messages.ServerReflectionRequest(**question)
        return next(self.stub.ServerReflectionInfo(iter([request]), metadata=common.metadata(self.args), timeout=10))

    def services(self):
        return [service.name for service in self.ask(list_services="*").list_services_response.service]

    def pool_of(self, symbol):
        """A pool with the file of `symbol` and all it needs."""
        pool = descriptor_pool.DescriptorPool()
        known = {}
        answers = list(self.ask(file_containing_symbol=symbol).file_descriptor_response.file_descriptor_proto)
        while answers:
            file = descriptor_pb2.FileDescriptorProto.FromString(answers.pop())
            if file.name in known:
                continue
            known[file.name] = file
            for dependency in file.dependency:
                answers += self.ask(file_by_filename=dependency).file_descriptor_response.file_descriptor_proto
        added = set()

        def add(name):
            if name in added:
                return
            added.add(name)
            for dependency in known[name].dependency:
                add(dependency)
            pool.Add(known[name])

        for name in known:
            add(name)
        return pool


def main():
    args = common.arguments()
    with common.channel(args) as channel:
        reflection = Reflection(channel, args)
        services = reflection.services()
        common.expect(METHOD[0] in services, "%d services are listed" % len(services))
        common.expect("crosspoint.meeting_sync.v1.MailboxFeedService" not in services, "none that is for services alone")
        for service in services:
            if service.startswith("crosspoint."):
                pool = reflection.pool_of(service)
                common.expect(len(pool.FindServiceByName(service).methods) > 0, service + " is described")
        service = reflection.pool_of(METHOD[0]).FindServiceByName(METHOD[0])
        method = service.FindMethodByName(METHOD[1])
        factory = message_factory.MessageFactory(service.file.pool)
        request = json_format.ParseDict({"user": args.user}, factory.GetPrototype(method.input_type)())
        answer = channel.unary_unary("/%s/%s" % METHOD, request_serializer=lambda message: message.SerializeToString(),
                                     response_deserializer=factory.GetPrototype(method.output_type).FromString)(
                                         request, metadata=common.metadata(args), timeout=10)
        common.expect(json_format.MessageToDict(answer)["user"] == args.user, "a method is called by its description alone")


if __name__ == "__main__":
    main()
