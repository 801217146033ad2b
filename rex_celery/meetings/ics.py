"""A meeting as a calendar file (RFC 5545, RFC 5546): one UID for all its life, and a SEQUENCE that rises."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from icalendar import Calendar, Event, vCalAddress, vText

from rex_celery.meetings.schedule import CANCELLED, Meeting

# Tells our own events from others in a calendar that holds both.
_PREFIX = "rex-"


class Method(StrEnum):
    """What the reader shall do: just keep it, answer the invitation, or take it off."""

    PUBLISH = "PUBLISH"
    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


def uid(meeting_id: UUID) -> str:
    """What every calendar calls this meeting."""
    return f"{_PREFIX}{meeting_id}"


def is_ours(name: str) -> bool:
    """Whether an event with this UID is one that we wrote."""
    return name.startswith(_PREFIX)


def write(meeting: Meeting, method: Method | None, link: str = "") -> bytes:
    """The file; times are in UTC, which every calendar shows in its owner's zone.

    ``method`` None is for storing it in a calendar (RFC 4791 forbids one there); a cancelled meeting is a CANCEL
    whatever was asked. ``link`` is where it can be moved or cancelled.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//REX//Meetings//EN")
    calendar.add("version", "2.0")
    if method:
        calendar.add("method", Method.CANCEL if meeting.state == CANCELLED else method)
    calendar.add_component(_event(meeting, link))
    written: bytes = calendar.to_ical()
    return written


def _event(meeting: Meeting, link: str) -> Event:
    event = Event()
    event.add("uid", uid(meeting.id))
    event.add("sequence", meeting.sequence)
    # When this version was made: with SEQUENCE it tells which of two files is the later one.
    event.add("dtstamp", _whole(meeting.updated_at))
    event.add("dtstart", meeting.starts_at)
    event.add("dtend", meeting.ends_at)
    event.add("summary", f"{meeting.title}: {meeting.invitee_name}, {meeting.host_name}")
    event.add("status", "CANCELLED" if meeting.state == CANCELLED else "CONFIRMED")
    if meeting.location:
        event.add("location", meeting.location)
    if link:
        event.add("description", f"Move or cancel: {link}")
    event.add("organizer", _person(meeting.host_email, meeting.host_name))
    attendee = _person(meeting.invitee_email, meeting.invitee_name)
    attendee.params["ROLE"], attendee.params["PARTSTAT"] = vText("REQ-PARTICIPANT"), vText("ACCEPTED")
    event.add("attendee", attendee)
    return event


def _person(address: str, name: str) -> vCalAddress:
    found = vCalAddress(f"mailto:{address}")
    # Parameters cannot hold quotation marks or line breaks, however they are written.
    found.params["CN"] = vText(" ".join(name.replace('"', "'").split()))
    return found


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
