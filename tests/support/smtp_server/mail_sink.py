#!/usr/bin/env python3
"""Takes mails on a loopback port and writes down how Python's parser understands each, one JSON file a mail."""
import argparse
import asyncio
import base64
import email
import email.policy
import json
import os
import ssl

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Sink:
    def __init__(self, directory):
        self.directory = directory
        self.count = sum(name.endswith(".json") for name in os.listdir(directory))

    def refusal(self, step):
        """The answer that is ordered for RCPT or DATA, if any."""
        try:
            with open(os.path.join(self.directory, "answer")) as file:
                at, answer = file.read().strip().split(" ", 1)
                return answer if at == step else None
        except FileNotFoundError:
            return None

    async def handle_RCPT(self, server, session, envelope, address, options):
        refusal = self.refusal("RCPT")
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        refusal = self.refusal("DATA")
        if refusal:
            return refusal
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        text = mail.get_body(preferencelist=("plain",))
        parsed = {
            "envelope_from": envelope.mail_from,
            "envelope_to": envelope.rcpt_tos,
            "tls": session.ssl is not None,
            "authenticated": bool(session.authenticated),
            "headers": {name.lower(): str(value) for name, value in mail.items()},
            "defects": [repr(defect) for defect in mail.defects],
            "text": text.get_content() if text else "",
            "files": [
                {
                    "name": part.get_filename(),
                    "type": part.get_content_type(),
                    "base64": base64.b64encode(part.get_content()).decode(),
                }
                for part in mail.iter_attachments()
            ],
        }
        self.count += 1
        name = os.path.join(self.directory, "%06d" % self.count)
        with open(name + ".part", "w") as file:
            json.dump(parsed, file)
        os.rename(name + ".part", name + ".json")
        return "250 OK"


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--user")
    parser.add_argument("--password")
    options = parser.parse_args()
    context = None
    if options.cert:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.cert, options.key)
    sink = Sink(options.dir)

    def authenticate(server, session, envelope, mechanism, data):
        good = isinstance(data, LoginPassword) and data.login.decode() == options.user and data.password.decode() == options.password
        return AuthResult(success=good, handled=False)

    def serve():
        return SMTP(
            sink,
            hostname="relay.test",
            data_size_limit=64 << 20,
            tls_context=context,
            require_starttls=context is not None,
            authenticator=authenticate if options.user else None,
            auth_required=bool(options.user),
            auth_require_tls=context is not None,
        )

    server = await asyncio.get_running_loop().create_server(serve, "127.0.0.1", options.port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
