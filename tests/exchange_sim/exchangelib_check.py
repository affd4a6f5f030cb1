#!/usr/bin/python3
"""Drives the simulator with exchangelib, a client written by others, and fails on the first surprise.

Usage: exchangelib_check.py EWS-URL USER PASSWORD MAILBOX OTHER-MAILBOX

USER may impersonate MAILBOX. Prints one line for each step.
"""

import datetime
import sys
import threading
import uuid

from exchangelib import (BASIC, IMPERSONATION, Account, Attendee, CalendarItem, Configuration, Credentials,
                         EWSDateTime, EWSTimeZone, ExtendedProperty, Mailbox)
from exchangelib.errors import ErrorIrresolvableConflict, ErrorItemNotFound, ErrorNameResolutionNoResults
from exchangelib.items import SEND_TO_ALL_AND_SAVE_COPY, SEND_TO_NONE
from exchangelib.properties import CreatedEvent, DeletedEvent, ModifiedEvent
from exchangelib.recurrence import Recurrence, WeeklyPattern

from exchangelib_mail import check_mail


class OurId(ExtendedProperty):
    property_set_id = "7a2f8f0c-5d54-4a5e-9b0e-3c0f0f2f7a11"
    property_name = "OurId"
    property_type = "String"


CalendarItem.register("our_id", OurId)


def step(text):
    print("ok:", text, flush=True)


def check(condition, text):
    if not condition:
        print("FAILED:", text, flush=True)
        sys.exit(1)
    step(text)


def main():
    url, user, password, mailbox, other = sys.argv[1:]
    config = Configuration(service_endpoint=url, credentials=Credentials(user, password), auth_type=BASIC,
                           max_connections=4)
    zone = EWSTimeZone("Europe/Berlin")

    def open_account(address):
        return Account(primary_smtp_address=address, config=config, autodiscover=False, access_type=IMPERSONATION,
                       default_timezone=zone)

    account = open_account(mailbox)
    calendar = account.calendar
    check(calendar.total_count > 0, "the calendar folder has items")
    directory(account)
    listing(account)
    single(account, other, open_account)
    series(account)
    synchronise(account)
    streaming(account)
    check_mail(account, open_account(other), check)


def directory(account):
    found = account.protocol.resolve_names(["Miller"], return_full_contact_data=True)
    check(len(found) >= 2, f"Miller resolves to {len(found)} people")
    contact = found[0][1]
    check(contact.surname == "Miller" and contact.phone_numbers[0].phone_number, "with surname and phone numbers")
    nobody = account.protocol.resolve_names(["nobody-of-that-name"])
    check(len(nobody) == 1 and isinstance(nobody[0], ErrorNameResolutionNoResults), "an unknown name resolves to nobody")


def window(account, days_back=7, days_on=14):
    now = EWSDateTime.now(account.default_timezone)
    return now - datetime.timedelta(days=days_back), now + datetime.timedelta(days=days_on)


def listing(account):
    start, end = window(account)
    items = list(account.calendar.view(start=start, end=end))
    check(len(items) > 10, f"the calendar view shows {len(items)} items")
    types = {item.type for item in items}
    check({"Single", "Occurrence"} <= types, f"of types {sorted(types)}")
    check(all(a.start <= b.start for a, b in zip(items, items[1:])), "in order")
    check(len({item.id for item in items}) == len(items), "each with an id of its own")


def single(account, other, open_account):
    now = EWSDateTime.now(account.default_timezone).replace(microsecond=0)
    our_id = str(uuid.uuid4())
    item = CalendarItem(account=account, folder=account.calendar, subject="Plans & <goals>", body="Bring coffee",
                        location="Room 1", start=now + datetime.timedelta(hours=1), our_id=our_id,
                        end=now + datetime.timedelta(hours=2), required_attendees=[Attendee(mailbox=Mailbox(
                            email_address=other), response_type="Unknown")])
    item.save(send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)
    read = account.calendar.get(id=item.id, changekey=item.changekey)
    check(read.subject == "Plans & <goals>" and read.location == "Room 1", "a new meeting can be read")
    check(read.start == item.start and read.end == item.end, "with its times")
    check(read.our_id == our_id, "with its extended property")
    check(read.organizer.email_address == account.primary_smtp_address, "with its organizer")
    check(read.required_attendees[0].mailbox.email_address == other, "with its attendee")
    found = list(account.calendar.filter(our_id=our_id))
    check(len(found) == 1 and found[0].id == item.id, "it is found by its extended property")
    guest = open_account(other)
    copies = [copy for copy in guest.calendar.view(start=item.start, end=item.end) if copy.uid == read.uid]
    check(len(copies) == 1 and not copies[0].is_cancelled, "the attendee has a copy")

    stale = account.calendar.get(id=item.id)
    read.subject = "Changed"
    read.start = read.start + datetime.timedelta(minutes=15)
    read.save(update_fields=["subject", "start"], send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)
    again = account.calendar.get(id=item.id)
    check(again.subject == "Changed" and again.changekey != stale.changekey, "a change gives a new change key")
    stale.subject = "Too late"
    try:
        stale.save(update_fields=["subject"], conflict_resolution="NeverOverwrite",
                   send_meeting_invitations=SEND_TO_NONE)
        check(False, "a stale change key must conflict")
    except ErrorIrresolvableConflict:
        step("a stale change key conflicts")
    again.delete(send_meeting_cancellations=SEND_TO_ALL_AND_SAVE_COPY)
    check(isinstance(list(account.fetch(ids=[(item.id, None)]))[0], ErrorItemNotFound), "a deleted item is gone")
    copy = guest.calendar.get(id=copies[0].id)
    check(copy.is_cancelled and copy.subject.startswith("Canceled"), "the attendee's copy is cancelled")


def series(account):
    zone = account.default_timezone
    first = datetime.date.today() + datetime.timedelta(days=1)
    start = EWSDateTime(first.year, first.month, first.day, 10, 0, tzinfo=zone)
    master = CalendarItem(account=account, folder=account.calendar, subject="Series", start=start,
                          end=start + datetime.timedelta(hours=1),
                          recurrence=Recurrence(pattern=WeeklyPattern(interval=1, weekdays=[first.isoweekday()]),
                                                start=first, number=6))
    master.save(send_meeting_invitations=SEND_TO_NONE)
    master.refresh()
    check(master.type == "RecurringMaster", "a series has a master")
    check(master.first_occurrence.start == start, "its first occurrence is where it starts")

    def view():
        return [item for item in account.calendar.view(start=start, end=start + datetime.timedelta(days=60))
                if item.subject.startswith("Series")]

    check(len(view()) == 6, "the view shows six occurrences")
    check(all(item.start.astimezone(zone).hour == 10 for item in view()), "all at ten o'clock local time")
    second = master.occurrence(index=2)
    second.refresh()
    second.subject = "Series moved"
    second.start = second.start + datetime.timedelta(hours=2)
    second.end = second.end + datetime.timedelta(hours=2)
    second.save(update_fields=["subject", "start", "end"], send_meeting_invitations=SEND_TO_NONE)
    third = master.occurrence(index=3)
    third.refresh()
    third.delete(send_meeting_cancellations=SEND_TO_NONE)
    shown = view()
    check(len(shown) == 5, "a deleted occurrence is not shown")
    moved = [item for item in shown if item.subject == "Series moved"]
    check(len(moved) == 1 and moved[0].type == "Exception" and moved[0].start.astimezone(zone).hour == 12,
          "a moved occurrence is an exception")
    master.refresh()
    check(len(master.modified_occurrences) == 1 and len(master.deleted_occurrences) == 1,
          "the master lists both")
    master.delete(send_meeting_cancellations=SEND_TO_NONE)
    check(view() == [], "a deleted series is gone")


def synchronise(account):
    calendar = account.calendar
    first = list(calendar.sync_items(max_changes_returned=3))
    check(first and all(kind == "create" for kind, _ in first), f"the first sync creates {len(first)} items")
    state = calendar.item_sync_state
    start, _ = window(account)
    item = CalendarItem(account=account, folder=calendar, subject="Synced", start=start,
                        end=start + datetime.timedelta(hours=1))
    item.save(send_meeting_invitations=SEND_TO_NONE)
    changes = list(calendar.sync_items(sync_state=state))
    check([kind for kind, _ in changes] == ["create"] and changes[0][1].id == item.id, "a new item is synced")
    state = calendar.item_sync_state
    item.subject = "Synced twice"
    item.save(update_fields=["subject"], send_meeting_invitations=SEND_TO_NONE)
    changes = list(calendar.sync_items(sync_state=state))
    check([kind for kind, _ in changes] == ["update"], "a change is synced")
    state = calendar.item_sync_state
    item.delete(send_meeting_cancellations=SEND_TO_NONE)
    changes = list(calendar.sync_items(sync_state=state))
    check([kind for kind, _ in changes] == ["delete"], "a deletion is synced")


def streaming(account):
    calendar = account.calendar
    start, _ = window(account)
    with calendar.streaming_subscription() as subscription:
        def act():
            item = CalendarItem(account=account, folder=calendar, subject="Streamed", start=start,
                                end=start + datetime.timedelta(hours=1))
            item.save(send_meeting_invitations=SEND_TO_NONE)
            item.subject = "Streamed twice"
            item.save(update_fields=["subject"], send_meeting_invitations=SEND_TO_NONE)
            item.delete(send_meeting_cancellations=SEND_TO_NONE)

        timer = threading.Timer(0.5, act)
        timer.start()
        seen = set()
        for notification in calendar.get_streaming_events(subscription, connection_timeout=1):
            seen |= {type(event) for event in notification.events}
            if {CreatedEvent, ModifiedEvent, DeletedEvent} <= seen:
                break
        timer.join()
    check({CreatedEvent, ModifiedEvent, DeletedEvent} <= seen, "streaming tells of creation, change and deletion")


if __name__ == "__main__":
    main()
