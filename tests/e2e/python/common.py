"""What both clients need: arguments, the channel, and stubs made by protoc into a temporary folder."""
import argparse
import pathlib
import sys
import tempfile

import grpc
from grpc_tools import protoc

WELL_KNOWN = pathlib.Path(protoc.__file__).parent / "_proto"


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    parser.add_argument("--server-name", required=True)
    parser.add_argument("--ca", required=True, type=pathlib.Path)
    parser.add_argument("--token", required=True)
    parser.add_argument("--user", required=True)
    parser.add_argument("--envoy", help="the program; for the client in a browser")
    return parser.parse_args()


def channel(args):
    credentials = grpc.ssl_channel_credentials(args.ca.read_bytes())
    return grpc.secure_channel(args.server, credentials, (("grpc.ssl_target_name_override", args.server_name),))


def metadata(args):
    return (("authorization", "Bearer " + args.token),)


def generate(root, files):
    """Compiles protos and puts what comes out on the path; the folder lives as long as what is returned."""
    folder = tempfile.TemporaryDirectory()
    command = ["protoc", f"-I{root}", f"-I{WELL_KNOWN}", f"--python_out={folder.name}", f"--grpc_python_out={folder.name}"]
    if protoc.main(command + [str(file) for file in files]) != 0:
        sys.exit("protoc failed")
    sys.path.insert(0, folder.name)
    return folder


def expect(true, what):
    if not true:
        sys.exit("FAILED: " + what)
    print("ok: " + what)
