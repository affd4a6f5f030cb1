#!/usr/bin/python3
"""Asks the simulator with exchangelib, a client written by others, about folders, people, time and what changed.

Usage: exchangelib_server_check.py EWS-URL USER PASSWORD MAILBOX OTHER-MAILBOX OWNER-PASSWORD

USER may impersonate MAILBOX, whose owner logs in with OWNER-PASSWORD. Prints one line for each step and fails on the first surprise.
"""

import datetime
import sys

from exchangelib import (BASIC, IMPERSONATION, Account, CalendarItem, Configuration, Credentials, EWSDateTime,
                         EWSTimeZone, Folder, OofSettings)
from exchangelib.errors import ErrorMailRecipientNotFound, ErrorNameResolutionNoResults
from exchangelib.folders import Directory
from exchangelib.properties import AlternateId, CreatedEvent, DLMailbox, StatusEvent


def check(condition, text):
    if not condition:
        print("FAILED:", text, flush=True)
        sys.exit(1)
    print("ok:", text, flush=True)


def folders(account):
    root = account.msg_folder_root
    changes = list(root.sync_hierarchy())
    check(all(kind == "create" for kind, _ in changes) and len(changes) > 8, "a first sync of the hierarchy creates")

    made = Folder(parent=root, name="Projects")
    made.save()
    inner = Folder(parent=made, name="Alpha")
    inner.save()
    account.root.clear_cache()
    check((account.msg_folder_root / "Projects" / "Alpha").id == inner.id, "created folders are found by their path")
    check([(kind, f.name) for kind, f in root.sync_hierarchy()] == [("create", "Projects"), ("create", "Alpha")],
          "new folders are synced")

    inner.name = "Beta"
    inner.save()
    check([(kind, f.name) for kind, f in root.sync_hierarchy()] == [("update", "Beta")], "another name is synced")
    inner_id = inner.id
    inner.delete()
    check([(kind, f.id) for kind, f in root.sync_hierarchy()] == [("delete", inner_id)], "a deletion is synced")
    made.delete()
    account.root.clear_cache()
    check("Projects" not in [f.name for f in account.msg_folder_root.children], "a deleted folder is not found")


def people(account, other):
    directory = account.root.get_default_folder(Directory)
    query = directory.people().only("display_name", "email_address")
    query.page_size = 1000  # exchangelib reads one page of people, whatever there is
    everybody = list(query)
    check(len(everybody) == 200, "the address list has two hundred people")
    found = [p for p in everybody if p.email_address.email_address == other]
    check(len(found) == 1 and found[0].display_name, "one of them is the other")
    some = list(directory.people().filter("miller").only("display_name"))
    check(len(some) == 40 and all("Miller" in p.display_name for p in some), "a query finds the Millers")

    members = list(account.protocol.expand_dl(DLMailbox(email_address="all-staff@corp.example", mailbox_type="PublicDL")))
    check(len(members) > 3 and all(m.mailbox_type == "PublicDL" for m in members), "a list of lists expands")
    team = list(account.protocol.expand_dl(members[0].email_address))
    check(len(team) > 3 and all(m.mailbox_type == "Mailbox" for m in team), "a team expands to people")
    try:
        list(account.protocol.expand_dl("nobody-team@corp.example"))
        check(False, "an unknown list is an error")
    except ErrorNameResolutionNoResults:
        check(True, "an unknown list is an error")
    rooms = list(account.protocol.get_rooms(list(account.protocol.get_roomlists())[0].email_address))
    check([r.name for r in rooms] == ["Room Spree", "Room Isar", "Room Elbe"], "rooms are listed")


def availability(account, owner, other, zone):
    start = EWSDateTime(2027, 3, 1, 9, 0, tzinfo=zone)
    day = datetime.timedelta(days=1)
    hour = datetime.timedelta(hours=1)
    item = CalendarItem(folder=account.calendar, subject="Busy", start=start, end=start + hour, location="Here",
                        legacy_free_busy_status="OOF")
    item.save()
    midnight = EWSDateTime(2027, 3, 1, 0, 0, tzinfo=zone)
    views = list(owner.protocol.get_free_busy_info(  # exchangelib asks for availability without impersonation
        accounts=[(account.primary_smtp_address, "Required", False), (other, "Optional", False),
                  ("nobody@corp.example", "Optional", False)],
        start=midnight, end=midnight + day, merged_free_busy_interval=60))
    mine, theirs, nobody = views
    event = [e for e in mine.calendar_events if e.details.subject == "Busy"][0]
    check(event.busy_type == "OOF" and event.details.location == "Here", "one's own calendar shows details")
    check((event.start.hour, event.end.hour) == (9, 10), "times are those of the zone asked for")
    check(len(mine.merged) == 24 and mine.merged[9] == "3", "the digits show the absence at its hour")
    check(mine.working_hours[0].start == datetime.time(8) and mine.working_hours[0].end == datetime.time(17),
          "working hours are told")
    check(theirs.view_type == "FreeBusyMerged" and all(e.details is None for e in theirs.calendar_events or []),
          "another's calendar shows only when")
    check(isinstance(nobody, ErrorMailRecipientNotFound), "an unknown mailbox has an error of its own")
    item.delete()


def time_zones(account, zone):
    zones = list(account.protocol.get_timezones())
    check(len(zones) > 100 and "W. Europe Standard Time" in [z.id for z in zones], "the server's time zones are listed")
    full = list(account.protocol.get_timezones(timezones=[zone], return_full_timezone_data=True))[0]
    standard, daylight, period = full.get_std_and_dst(for_year=2026)
    check(period.bias_in_minutes == -60 and daylight.bias == -60, "W. Europe is an hour ahead, two in summer")
    check((daylight.iso_month, daylight.occurrence, standard.iso_month, standard.occurrence) == (3, 5, 10, 5),
          "its clocks change on the last Sundays of March and October")


def out_of_office(account, zone):
    check(account.oof_settings.state == OofSettings.DISABLED, "nobody is out of office to begin with")
    start = EWSDateTime.now(tz=zone).replace(microsecond=0) + datetime.timedelta(days=1)
    wanted = OofSettings(state=OofSettings.SCHEDULED, external_audience="Known", internal_reply="Gone fishing",
                         external_reply="We are away", start=start, end=start + datetime.timedelta(days=7))
    account.oof_settings = wanted
    read = account.oof_settings
    check((read.state, read.external_audience, read.internal_reply, read.external_reply) ==
          ("Scheduled", "Known", "Gone fishing", "We are away"), "automatic replies are as they were set")
    check((read.start, read.end) == (wanted.start, wanted.end), "and so is their time")
    account.oof_settings = OofSettings(state=OofSettings.DISABLED, internal_reply="x", external_reply="x")
    check(account.oof_settings.state == OofSettings.DISABLED, "automatic replies can be switched off")


def pull(account, zone):
    with account.calendar.pull_subscription(timeout=10) as (subscription, watermark):
        nothing = list(account.calendar.get_events(subscription, watermark))
        check(isinstance(nothing[0].events[0], StatusEvent), "a pull without news is a status event")
        start = EWSDateTime(2027, 4, 1, 9, 0, tzinfo=zone)
        item = CalendarItem(folder=account.calendar, subject="Pulled", start=start,
                            end=start + datetime.timedelta(hours=1))
        item.save()
        events = [e for n in account.calendar.get_events(subscription, watermark) for e in n.events]
        created = [e for e in events if isinstance(e, CreatedEvent) and e.item_id]
        check(len(created) == 1 and created[0].item_id.id == item.id, "a pull tells of a creation")
        again = [e for n in account.calendar.get_events(subscription, watermark) for e in n.events]
        check(len(again) == len(events), "the same watermark brings the same events")
        later = list(account.calendar.get_events(subscription, events[-1].watermark))
        check(isinstance(later[0].events[0], StatusEvent), "after the last watermark nothing is new")
        item.delete()


def identifiers(account):
    source = AlternateId(id=account.calendar.id, format="EwsId", mailbox=account.primary_smtp_address)
    for form in ("HexEntryId", "StoreId", "OwaId", "EntryId"):
        there = list(account.protocol.convert_ids([source], destination_format=form))[0]
        back = list(account.protocol.convert_ids(
            [AlternateId(id=there.id, format=form, mailbox=account.primary_smtp_address)],
            destination_format="EwsId"))[0]
        check(back.id == account.calendar.id, f"an id survives the way to {form} and back")


def main():
    url, user, password, mailbox, other, owner_password = sys.argv[1:]
    config = Configuration(service_endpoint=url, credentials=Credentials(user, password), auth_type=BASIC)
    zone = EWSTimeZone("Europe/Berlin")
    account = Account(primary_smtp_address=mailbox, config=config, autodiscover=False, access_type=IMPERSONATION,
                      default_timezone=zone)
    owner_config = Configuration(service_endpoint=url, credentials=Credentials(mailbox, owner_password),
                                 auth_type=BASIC)
    owner = Account(primary_smtp_address=mailbox, config=owner_config, autodiscover=False, default_timezone=zone)
    folders(account)
    people(account, other)
    availability(account, owner, other, zone)
    time_zones(account, zone)
    out_of_office(account, zone)
    pull(account, zone)
    identifiers(account)


if __name__ == "__main__":
    main()
