#!/usr/bin/python3
"""Pages a second that exchangelib, a client written by others, reads: SYNC-FILE FIND-FILE. Prints both figures."""

import sys
import time

from exchangelib import BASIC, IMPERSONATION, Account, Build, Configuration, Credentials, Version
from exchangelib.services import FindItem, SyncFolderItems
from exchangelib.util import DummyResponse


def synced(account, xml):
    return list(SyncFolderItems(account=account).parse(xml))


def found(account, xml):
    # parse() does not know pages: the same steps as a paged call takes.
    service = FindItem(account=account)
    service.shape = "Default"
    _, body = service._get_soap_parts(response=DummyResponse(content=xml))
    items = []
    for message in service._get_soap_messages(body=body):
        folder, _ = service._get_page(message)
        container = folder.find(service.element_container_name)
        items += service._elems_to_objs(service._get_elements_in_container(container=container))
    return items


def pages_per_second(read, account, path):
    with open(path, "rb") as file:
        xml = file.read()
    best = 0.0
    for _ in range(3):
        begin = time.perf_counter()
        items = read(account, xml)
        best = max(best, 1 / (time.perf_counter() - begin))
        for item in items:
            if isinstance(item, Exception):
                raise item
        if len(items) < 500:
            sys.exit(f"exchangelib found {len(items)} items only")
    return best


def main():
    version = Version(build=Build(15, 1, 2507, 6))
    config = Configuration(service_endpoint="http://127.0.0.1:1/EWS/Exchange.asmx", auth_type=BASIC, version=version,
                           credentials=Credentials("svc", "not used"))
    account = Account(primary_smtp_address="large@corp.example", config=config, autodiscover=False,
                      access_type=IMPERSONATION, default_timezone=None)
    print(pages_per_second(synced, account, sys.argv[1]), pages_per_second(found, account, sys.argv[2]))


main()
