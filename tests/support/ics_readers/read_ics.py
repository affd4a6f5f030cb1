#!/usr/bin/python3
"""Reads an iCalendar file from stdin with two parsers written by others, icalendar and vobject, and prints as JSON what
it says. Fails when either refuses the file or the two disagree.

Usage: read_ics.py < FILE
"""

import datetime
import json
import sys

import icalendar
import vobject

UTC = datetime.timezone.utc
MOST_OCCURRENCES = 30


def moment(value):
    """A time as both parsers must give it: a day, or an instant in UTC."""
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            return value.strftime("floating %Y-%m-%dT%H:%M:%S")
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.strftime("%Y-%m-%d")


def address(value):
    return str(value)[len("mailto:"):] if str(value).lower().startswith("mailto:") else str(value)


def several(value):
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def lines_of(data):
    assert data.endswith(b"\r\n") and b"\n" not in data.replace(b"\r\n", b""), "a line does not end in CRLF"
    for line in data.split(b"\r\n"):
        assert len(line) <= 75, "a line of %d octets" % len(line)


def by_icalendar(data):
    calendar = icalendar.Calendar.from_ical(data)
    events = []
    for event in calendar.walk("VEVENT"):
        assert not event.errors, event.errors
        text = lambda name: str(event[name]) if name in event else ""
        time = lambda name: moment(event[name].dt) if name in event else ""
        people = [{"email": address(a), "name": str(a.params.get("CN", "")), "role": str(a.params.get("ROLE", "")),
                   "partstat": str(a.params.get("PARTSTAT", "")), "cutype": str(a.params.get("CUTYPE", ""))}
                  for a in several(event.get("ATTENDEE"))]
        organizer = event.get("ORGANIZER")
        rule = event.get("RRULE")
        events.append({
            "uid": text("UID"), "sequence": int(event["SEQUENCE"]), "summary": text("SUMMARY"),
            "location": text("LOCATION"), "description": text("DESCRIPTION"), "url": text("URL"),
            "status": text("STATUS"), "class": text("CLASS"), "transp": text("TRANSP"),
            "start": time("DTSTART"), "end": time("DTEND"), "stamp": time("DTSTAMP"),
            "recurrence_id": time("RECURRENCE-ID"), "last_modified": time("LAST-MODIFIED"),
            "organizer": address(organizer) if organizer is not None else "",
            "organizer_name": str(organizer.params.get("CN", "")) if organizer is not None else "",
            "attendees": people,
            "rule": rule.to_ical().decode() if rule is not None else "",
            "exdates": sorted(moment(t.dt) for e in several(event.get("EXDATE")) for t in e.dts),
            "conferences": [{"uri": str(c), "feature": str(c.params.get("FEATURE", "")),
                             "label": str(c.params.get("LABEL", "")), "value": str(c.params.get("VALUE", ""))}
                            for c in several(event.get("CONFERENCE"))],
            "busy_status": text("X-MICROSOFT-CDO-BUSYSTATUS"),
        })
    assert str(calendar["VERSION"]) == "2.0" and calendar["PRODID"]
    return {"method": str(calendar.get("METHOD", "")), "events": events,
            "zones": [str(z["TZID"]) for z in calendar.walk("VTIMEZONE")]}


def by_vobject(data):
    calendars = list(vobject.readComponents(data.decode("utf-8")))
    assert len(calendars) == 1, "%d calendars" % len(calendars)
    calendar = calendars[0]
    calendar.validate(raiseException=True)
    events = []
    for event in getattr(calendar, "vevent_list", []):
        value = lambda name: getattr(event, name).value if hasattr(event, name) else ""
        time = lambda name: moment(getattr(event, name).value) if hasattr(event, name) else ""
        occurrences = []
        if hasattr(event, "rrule"):
            for occurrence in event.rruleset:
                day = not isinstance(event.dtstart.value, datetime.datetime)
                occurrences.append(moment(occurrence.date() if day else occurrence))
                if len(occurrences) == MOST_OCCURRENCES:
                    break
        events.append({
            "uid": value("uid"), "summary": value("summary"), "location": value("location"),
            "description": value("description"), "status": value("status"), "start": time("dtstart"),
            "end": time("dtend"), "recurrence_id": time("recurrence_id"), "organizer": address(value("organizer")),
            "attendee_addresses": [address(a.value) for a in getattr(event, "attendee_list", [])],
            "occurrences": occurrences,
        })
    return events


def main():
    data = sys.stdin.buffer.read()
    lines_of(data)
    read = by_icalendar(data)
    others = by_vobject(data)
    assert len(read["events"]) == len(others), "icalendar %d events, vobject %d" % (len(read["events"]), len(others))
    for one, other in zip(read["events"], others):
        for name, said in other.items():
            if name == "occurrences":
                one["occurrences"] = said
            elif name == "attendee_addresses":
                assert said == [a["email"] for a in one["attendees"]], (said, one["attendees"])
            else:
                assert one[name] == said, "%s: icalendar %r, vobject %r" % (name, one[name], said)
    json.dump(read, sys.stdout)


if __name__ == "__main__":
    main()
