#!/usr/bin/env python3
"""What an installation brings along: an authority, a certificate for each service, and an issuer of tokens.

credentials.py make DIR NAMESPACE RELEASE        NAME/{tls.crt,tls.key,ca.crt} per service, and authority and issuer in the
                                                 files of tests/support/credentials.h, so that crosspoint-story takes them over
credentials.py token DIR --tenant T --user U --roles user,tenant_admin [--ttl SECONDS]
"""
import argparse
import base64
import datetime
import json
import pathlib
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SERVICES = ["directory", "presence", "meeting-sync", "voicemail", "contact", "gateway", "edge"]
ISSUER = "https://login.test"
AUDIENCE = "crosspoint"


def pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def url64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def builder(subject, issuer, key):
    now = datetime.datetime.utcnow()
    return (x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer)).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=7)))


def write_certificate(folder, service, hosts, ca_key, ca_pem):
    key = ec.generate_private_key(ec.SECP256R1())
    alternatives = [x509.DNSName(host) for host in hosts]
    alternatives.append(x509.UniformResourceIdentifier("spiffe://crosspoint/service/" + service))
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    certificate = (builder(service, "crosspoint-ca", key)
                   .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
                   .add_extension(usage, critical=False).sign(ca_key, hashes.SHA256()))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tls.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "tls.key").write_bytes(pem(key))
    (folder / "ca.crt").write_bytes(ca_pem)


def make(args):
    args.dir.mkdir(parents=True, exist_ok=True)
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca = (builder("crosspoint-ca", "crosspoint-ca", ca_key)
          .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(ca_key, hashes.SHA256()))
    ca_pem = ca.public_bytes(serialization.Encoding.PEM)
    (args.dir / "ca.pem").write_bytes(ca_pem)
    (args.dir / "ca-key.pem").write_bytes(pem(ca_key))
    for service, namespace in [(service, args.namespace) for service in SERVICES] + [("exchange", "exchange")]:
        hosts = {service, "localhost"}
        for host in (service, f"{args.release}-{service}"):
            hosts |= {f"{host}.{namespace}.svc", f"{host}.{namespace}.svc.cluster.local"}
        write_certificate(args.dir / service, service, sorted(hosts), ca_key, ca_pem)

    rsa_key = rsa.generate_private_key(65537, 2048)
    ec_key = ec.generate_private_key(ec.SECP256R1())
    (args.dir / "issuer-rsa-key.pem").write_bytes(pem(rsa_key))
    (args.dir / "issuer-ec-key.pem").write_bytes(pem(ec_key))
    number, point = rsa_key.public_key().public_numbers(), ec_key.public_key().public_numbers()
    n, e = (url64(value.to_bytes((value.bit_length() + 7) // 8, "big")) for value in (number.n, number.e))
    x, y = (url64(value.to_bytes(32, "big")) for value in (point.x, point.y))
    (args.dir / "jwks.json").write_text(json.dumps({"keys": [
        {"kty": "RSA", "kid": "rs-" + n[:8], "alg": "RS256", "use": "sig", "n": n, "e": e},
        {"kty": "EC", "kid": "es-" + x[:8], "alg": "ES256", "use": "sig", "crv": "P-256", "x": x, "y": y}]}))


def mint(folder, tenant, user, roles, ttl=3600):
    key = serialization.load_pem_private_key((pathlib.Path(folder) / "issuer-ec-key.pem").read_bytes(), None)
    key_id = "es-" + url64(key.public_key().public_numbers().x.to_bytes(32, "big"))[:8]
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": user, "iat": now, "nbf": now - 1, "exp": now + ttl, "roles": roles}
    if tenant:
        claims["tenant"] = tenant
    header = {"alg": "ES256", "typ": "JWT", "kid": key_id}
    text = url64(json.dumps(header).encode()) + "." + url64(json.dumps(claims).encode())
    r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    return text + "." + url64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    maker = commands.add_parser("make")
    maker.add_argument("dir", type=pathlib.Path)
    maker.add_argument("namespace")
    maker.add_argument("release")
    maker.set_defaults(run=make)
    minter = commands.add_parser("token")
    minter.add_argument("dir", type=pathlib.Path)
    minter.add_argument("--tenant", default="default")
    minter.add_argument("--user", required=True)
    minter.add_argument("--roles", default="user")
    minter.add_argument("--ttl", type=int, default=3600)
    minter.set_defaults(run=lambda args: print(mint(args.dir, args.tenant, args.user, args.roles.split(","), args.ttl)))
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
