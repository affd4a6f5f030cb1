#!/usr/bin/env python3
"""Reads every #include line and refuses those that point against the direction of the layers.

The rules are the table of STYLE's "who may include whom": apt puts all third-party headers into one place, so the
linker alone cannot keep them apart.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVICES = ("directory", "presence", "meeting_sync", "voicemail", "contact", "gateway", "ctl")
INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]')

# What a third-party header may be included by: its one wrapper.
WRAPPED = {
    r"^hiredis/": ("common/redis/",),
    r"^zmq(\.|_)": ("common/zmq/",),
    r"^curl/": ("common/http/", "connectors/smtp/"),
    r"^httplib\.h": ("common/httpd/",),
    r"^libical/": ("common/calendar/",),
    r"^unicode/": ("common/calendar/", "common/text/"),
    r"^phonenumbers/": ("common/phone/",),
    r"^spdlog/": ("common/log/",),
    r"^prometheus/": ("common/metrics/",),
    r"^opentelemetry/": ("common/tracing/",),
    r"^yaml-cpp/": ("common/config/",),
    r"^cjose/": ("common/grpcx/",),
    r"^(krb5|gssapi)(/|\.)": ("common/kerberos/",),
    r"^ldap\.h": ("connectors/ldap/",),
}
PURE = ("common/brake/", "common/clock/time_point.h", "common/ids/", "common/status/", "common/calendar/", "common/phone/", "common/text/")
APP = ("common/status/", "common/clock/", "common/ids/", "common/log/", "common/tasks/")


def allowed(path, header):
    """None when `path` (below services/) may include `header`, else why not."""
    top, _, rest = path.partition("/")
    layer = rest.split("/")[0] if "/" in rest else ""
    is_test = path.endswith("_test.cc")
    for pattern, homes in WRAPPED.items():
        if re.search(pattern, header) and not is_test and not path.startswith(homes):
            return f"only {homes[0]} may include it"
    if header.startswith("tests/"):
        return None if is_test else "production code may not include tests"
    ours = header.split("/")[0] in SERVICES + ("common", "connectors", "clients", "crosspoint") and "/" in header
    if top == "common" and ours and header.split("/")[0] in SERVICES + ("connectors", "clients"):
        return "common may not know services, their clients or connectors"
    if top == "common" and header.startswith("crosspoint/testing/"):
        return None if is_test else "production code may not include tests"
    if top == "common" and header.startswith("crosspoint/") and not header.startswith(("crosspoint/common/", "crosspoint/admin/")):
        return "common may use only the protos of crosspoint/common and crosspoint/admin"
    if top == "connectors" and ours and not header.startswith(("common/", "connectors/")):
        return "connectors may use common alone"
    if top == "clients" and ours and not header.startswith(("common/", "clients/", "crosspoint/")):
        return "clients may use common and generated stubs"
    if top not in SERVICES:
        return None
    if ours and header.split("/")[0] in SERVICES and header.split("/")[0] != top:
        return "services meet only through proto/"
    own = (f"{top}/domain/", f"{top}/app/")
    if layer == "domain":
        if ours and not header.startswith((own[0],) + PURE):
            return "domain may use the standard library, common/{ids,status}, TimePoint and the pure wrappers"
        if header.startswith(("google/protobuf", "grpcpp")):
            return "domain knows no protobuf"
    if layer == "app" and ours and not header.startswith(own + APP + PURE):
        return "app may use its domain and common/{status,clock,ids,log,tasks}"
    if layer == "adapters" and ours and not header.startswith(own + (f"{top}/adapters/", "common/", "connectors/", "clients/", "crosspoint/")):
        return "adapters may use app, domain, common, connectors, clients and generated stubs"
    if layer == "api" and ours and not header.startswith(own + (f"{top}/api/", "common/", "crosspoint/")):
        return "api may use app, domain, proto and common"
    return None


def main():
    files = subprocess.run(["git", "ls-files", "services"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    sources = [f for f in files if f.endswith((".cc", ".h"))]
    problems = []
    includes = 0
    for file in sources:
        for number, line in enumerate((ROOT / file).read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            includes += 1
            why = allowed(file.removeprefix("services/"), match.group(1))
            if why:
                problems.append(f"{file}:{number}: {match.group(1)}: {why}")
    print("\n".join(problems) if problems else f"{includes} includes in {len(sources)} files point the right way")
    if not sources:
        problems.append("no sources found")
    # The checker itself must be able to say no.
    for path, header in (("presence/domain/claim.h", "google/protobuf/message.h"), ("presence/app/x.cc", "common/redis/client.h"),
                         ("common/app/app.cc", "presence/domain/claim.h"), ("directory/adapters/a.cc", "presence/domain/claim.h"),
                         ("connectors/ews/client.h", "directory/app/ports.h"), ("presence/adapters/a.cc", "hiredis/hiredis.h")):
        if allowed(path, header) is None:
            problems.append(f"self-check: {path} including {header} went unnoticed")
            print(problems[-1])
    return 1 if problems else 0


sys.exit(main())
