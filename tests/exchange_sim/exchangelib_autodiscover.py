#!/usr/bin/python3
"""Lets exchangelib find a mailbox of the simulator by itself, by both protocols of Autodiscover.

usage: exchangelib_autodiscover.py PORT CA_FILE USER PASSWORD ADDRESS MOVED_ADDRESS

MOVED_ADDRESS is made to redirect to ADDRESS. Loopback has no names and no port 443: the host tried first is replaced by localhost
and PORT, and the name is not looked up by DNS beforehand. Everything else is exchangelib as it is: it checks the
certificate, finds out how to log in, sends its own requests and reads the answers.
"""
import os
import sys

port, ca_file, user, password, address, moved = sys.argv[1:]
os.environ["REQUESTS_CA_BUNDLE"] = ca_file

import requests  # noqa: E402
from exchangelib import Account, Configuration, Credentials, IMPERSONATION  # noqa: E402
from exchangelib.autodiscover.discovery.pox import PoxAutodiscovery  # noqa: E402
from exchangelib.autodiscover.discovery.soap import SoapAutodiscovery  # noqa: E402
from exchangelib.autodiscover.cache import autodiscover_cache  # noqa: E402
from exchangelib.errors import ErrorNonExistentMailbox  # noqa: E402


def at_localhost(protocol):
    class AtLocalhost(protocol):
        def _ensure_valid_hostname(self, url):
            pass

        def _step_1(self, hostname):
            return super()._step_1(hostname=f"localhost:{port}")

    return AtLocalhost


ordered = requests.post(
    f"https://localhost:{port}/sim/autodiscover", json={"email": moved, "redirect_address": address}, timeout=10
)
assert ordered.status_code == 200, ordered.text
credentials = Credentials(user, password)
for protocol in (SoapAutodiscovery, PoxAutodiscovery):
    for asked in (address, moved):
        autodiscover_cache.clear()
        response, found = at_localhost(protocol)(email=asked, credentials=credentials).discover()
        assert found.service_endpoint == f"https://127.0.0.1:{port}/EWS/Exchange.asmx", found.service_endpoint
        assert response.autodiscover_smtp_address == address, response.autodiscover_smtp_address
    autodiscover_cache.clear()
    try:
        at_localhost(protocol)(email="nobody@corp.example", credentials=credentials).discover()
        raise AssertionError("nobody was found")
    except ErrorNonExistentMailbox:
        pass
    print(f"{protocol.__name__}: found, followed and refused")

# What was found is good for work.
account = Account(
    primary_smtp_address=address,
    config=Configuration(service_endpoint=found.service_endpoint, credentials=credentials, auth_type="basic"),
    autodiscover=False,
    access_type=IMPERSONATION,
)
assert account.calendar.total_count > 0
print("the calendar at the address found was read")
