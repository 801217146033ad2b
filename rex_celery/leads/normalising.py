"""One row of a list as a person: every value in its one spelling, or the reason why the row cannot be taken."""

import json
from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import TypeVar

from rex_celery.leads import identity, phones, places, timezones, values
from rex_celery.leads.columns import Layout
from rex_celery.leads.headers import Field
from rex_celery.leads.identity import InvalidValueError
from rex_celery.leads.rows import LeadRow, Rejection, Row, shown
from rex_celery.leads.timezones import Zone

# A name or company longer than this is a misplaced quotation mark; notes may be as long as a letter.
LONGEST_TEXT = 500
LONGEST_NOTES = 20_000
# What CRMs write for nothing.
_BLANK = frozenset(("", "-", "--", "—", "n/a", "N/A", "#N/A", "null", "NULL", "None", "nan", "(blank)", "(No value)"))

Value = TypeVar("Value")
_json = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


# Fields that are taken as they stand, in their order in LeadRow.
_PLAIN = (
    Field.COMPANY,
    Field.TITLE,
    Field.CITY,
    Field.SOURCE,
    Field.STATUS,
    Field.CRM_ID,
    Field.LAST_ACTIVITY,
    Field.DEAL_STAGE,
    Field.NOTES,
    Field.LINKEDIN_URL,
)
Cells = list[str | None]


class Normaliser:
    """Turns the rows of one list into leads. It knows the list's layout and the order of day and month in it."""

    def __init__(self, layout: Layout, sample: Sequence[Sequence[str]]) -> None:
        self._layout = layout
        # A field without a column reads the empty cell that is put behind each row.
        self._place = {field: layout.places.get(field, len(layout.header)) for field in Field}
        self._plain = itemgetter(*(self._place[field] for field in _PLAIN))
        self._created = self._days(Field.CRM_CREATED_ON, sample)
        self._active = self._days(Field.LAST_ACTIVITY_ON, sample)

    def lead(self, row: Row) -> LeadRow | Rejection:
        """The person of this row, or why it is not taken."""
        cells: Cells = [None if cell in _BLANK else cell for cell in map(str.strip, row.cells)]
        cells.append(None)
        if row.length > LONGEST_TEXT and (rejection := self._too_long(row.line, cells)):
            return rejection
        address = cells[self._place[Field.EMAIL]]
        try:
            email = identity.email(address) if address else None
        except InvalidValueError as error:
            return self._reject(row.line, Field.EMAIL, address or "", str(error))
        unread: dict[str, str] = {}
        extra = {name: cell for name, place in self._layout.extras if (cell := cells[place])}
        country, region = self._country(cells)
        phone = self._phone(cells, country, extra, unread)
        if email or phone:
            return self._assembled(row.line, cells, (email, phone, country, region), (extra, unread))
        return self._nobody(row.line, cells)

    def _assembled(
        self,
        line: int,
        cells: Cells,
        who: tuple[str | None, str | None, str | None, str | None],
        notes: tuple[dict[str, str], dict[str, str]],
    ) -> LeadRow:
        email, phone, country, region = who
        extra, unread = notes
        place = self._place
        zone = self._zone(cells, country, region, phone)
        created = _read(self._created, cells[place[Field.CRM_CREATED_ON]], Field.CRM_CREATED_ON, unread)
        active = _read(self._active, cells[place[Field.LAST_ACTIVITY_ON]], Field.LAST_ACTIVITY_ON, unread)
        count = _read(values.whole, cells[place[Field.ACTIVITIES]], Field.ACTIVITIES, unread)
        value = _read(values.amount, cells[place[Field.DEAL_VALUE]], Field.DEAL_VALUE, unread)
        known = extra | {"unread": unread} if unread else extra
        return LeadRow(
            line,
            email,
            phone,
            *self._name(cells),
            region,
            country,
            *zone,
            created,
            active,
            count,
            value,
            _json(known) if known else None,
            *self._plain(cells),
        )

    def _days(self, field: Field, sample: Sequence[Sequence[str]]) -> Callable[[str], date | None]:
        """A reader for the dates of one column; the same few thousand days return all the time."""
        place = self._layout.places.get(field)
        order = values.day_order(cells[place] for cells in sample) if place is not None else None

        @lru_cache(maxsize=50_000)
        def read(text: str) -> date:
            return values.day(text, order)

        return read

    def _country(self, cells: Cells) -> tuple[str | None, str | None]:
        region = cells[self._place[Field.REGION]]
        text = cells[self._place[Field.COUNTRY]]
        if text:
            return places.country_code(text) or text, region
        return places.country_of_state(region) if region else None, region

    def _phone(self, cells: Cells, country: str | None, extra: dict[str, str], unread: dict[str, str]) -> str | None:
        text = cells[self._place[Field.PHONE]]
        if not text:
            return None
        try:
            found = phones.phone(text, country)
        except InvalidValueError as error:
            unread[Field.PHONE] = f"{shown(text)}: {error}"
            return None
        if found.extension:
            extra["phone_extension"] = found.extension
        return found.number

    def _name(self, cells: Cells) -> tuple[str | None, str | None]:
        first = identity.name_part(text) if (text := cells[self._place[Field.FIRST_NAME]]) else None
        last = identity.name_part(text) if (text := cells[self._place[Field.LAST_NAME]]) else None
        if not (first or last) and (text := cells[self._place[Field.FULL_NAME]]):
            whole = identity.full_name(text)
            return whole.first, whole.last
        return first, last

    def _zone(self, cells: Cells, country: str | None, region: str | None, phone: str | None) -> Zone:
        if (text := cells[self._place[Field.TIMEZONE]]) and (zone := timezones.stated(text)).name:
            return zone
        return timezones.resolve(country, region, phone)

    def _too_long(self, line: int, cells: Cells) -> Rejection | None:
        notes = self._place[Field.NOTES]
        for place, cell in enumerate(cells):
            longest = LONGEST_NOTES if place == notes else LONGEST_TEXT
            if cell and len(cell) > longest:
                reason = f"longer than {longest} characters"
                return Rejection(line, self._layout.header[place], shown(cell), reason)
        return None

    def _nobody(self, line: int, cells: Cells) -> Rejection:
        if text := cells[self._place[Field.PHONE]]:
            return self._reject(line, Field.PHONE, text, "not a valid telephone number, and there is no e-mail address")
        return self._reject(line, Field.EMAIL, "", "there is no e-mail address and no telephone number")

    def _reject(self, line: int, field: Field, value: str, reason: str) -> Rejection:
        place = self._layout.places.get(field, self._layout.places.get(Field.PHONE))
        return Rejection(line, self._layout.header[place] if place is not None else None, shown(value), reason)


def _read(parse: Callable[[str], Value], text: str | None, field: Field, unread: dict[str, str]) -> Value | None:
    """A value that cannot be read is left out and noted; the person is not lost for it."""
    if text is None:
        return None
    try:
        return parse(text)
    except InvalidValueError as error:
        unread[field] = f"{shown(text)}: {error}"
        return None
