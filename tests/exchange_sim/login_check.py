#!/usr/bin/python3
"""Logs in to the simulator by NTLM with exchangelib and requests-ntlm, which know nothing of us.

Usage: login_check.py EWS-URL USER PASSWORD MAILBOX

USER may impersonate MAILBOX. Prints one line for each step.
"""

import sys

from exchangelib import IMPERSONATION, NTLM, Account, Configuration, Credentials
from exchangelib.errors import UnauthorizedError
from exchangelib.version import EXCHANGE_2016, Version


def account(url, user, password, mailbox):
    config = Configuration(service_endpoint=url, credentials=Credentials(user, password), auth_type=NTLM,
                           version=Version(build=EXCHANGE_2016), max_connections=1)
    return Account(primary_smtp_address=mailbox, config=config, autodiscover=False, access_type=IMPERSONATION)


def main():
    url, user, password, mailbox = sys.argv[1:5]
    for _ in range(3):  # the later ones on a connection that is logged in
        account(url, user, password, mailbox).calendar.refresh()
    print("ok: three calls by NTLM", flush=True)
    try:
        account(url, user, password + "x", mailbox).calendar.refresh()
    except UnauthorizedError:
        print("ok: a wrong password is refused", flush=True)
        return 0
    print("FAILED: a wrong password was taken", flush=True)
    return 1


sys.exit(main())
