"""Which column of a list is which field of a lead: guessed from its header, shown, and overridden by the person."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rex_celery.errors import InvalidError, Problem
from rex_celery.leads import values
from rex_celery.leads.headers import Field, meaning

_IGNORED = frozenset({"", "ignore", "-"})


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each field stands in a row, and under which names the columns without a field are kept."""

    header: tuple[str, ...]
    places: Mapping[Field, int]
    extras: tuple[tuple[str, int], ...]

    def columns(self) -> dict[str, str]:
        """Column to field, as a person sees and corrects it; the field of a column kept as it is, is empty."""
        taken = {place: str(field) for field, place in self.places.items()}
        return {name: taken.get(place, "") for place, name in enumerate(self.header)}


def layout(header: Sequence[str], sample: Sequence[Sequence[str]], mapping: Mapping[str, str] | None) -> Layout:
    """Which column is what. ``mapping`` (column to field) settles the columns it names; the rest is guessed.

    Raises:
        InvalidError: there is no column to know a person by, or the mapping names what does not exist; says what was
            found and what would be right.

    """
    names = _distinct(header)
    places = _chosen(names, mapping or {})
    settled = {names.index(name) for name in mapping or {}}
    guessed = _guessed(names, sample)
    places = {field: place for field, place in guessed.items() if place not in settled} | places
    _refuse_strangers(names, places)
    ignored = {names.index(name) for name, field in (mapping or {}).items() if field.strip().lower() in _IGNORED}
    kept = set(range(len(names))) - set(places.values()) - ignored
    return Layout(tuple(names), places, tuple((names[place], place) for place in sorted(kept)))


def _distinct(header: Sequence[str]) -> list[str]:
    """Names as shown; the second of two equal ones is told apart by its number, and an empty one gets its position."""
    seen: Counter[str] = Counter()
    names = []
    for position, raw in enumerate(header, 1):
        name = " ".join(raw.split()) or f"Column {position}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


def _chosen(names: Sequence[str], mapping: Mapping[str, str]) -> dict[Field, int]:
    problems = []
    chosen: dict[Field, int] = {}
    for column, wanted in mapping.items():
        key = wanted.strip().lower()
        if column not in names:
            problems.append(Problem(f"mapping: {column}", "The list has no such column.", _one_of(names)))
        elif key not in _IGNORED and key not in set(Field):
            problems.append(Problem(f"mapping: {column}", f"There is no field {wanted!r}.", _one_of(Field)))
        elif key not in _IGNORED and Field(key) in chosen:
            problems.append(
                Problem(f"mapping: {column}", f"Another column is {key} already.", "One column for each field")
            )
        elif key not in _IGNORED:
            chosen[Field(key)] = names.index(column)
    if problems:
        raise InvalidError("The column mapping does not fit this list.", code="csv_mapping", problems=tuple(problems))
    return chosen


def _guessed(names: Sequence[str], sample: Sequence[Sequence[str]]) -> dict[Field, int]:
    best: dict[Field, tuple[int, int]] = {}
    for place, name in enumerate(names):
        field, rank = meaning(name)
        if field is Field.LAST_ACTIVITY and _holds_days(place, sample):
            # Salesforce calls the date of the last activity "Last Activity".
            field, rank = Field.LAST_ACTIVITY_ON, rank + 100
        if field:
            best[field] = min(best.get(field, (rank, place)), (rank, place))
    return {field: place for field, (_, place) in best.items()}


def _holds_days(place: int, sample: Sequence[Sequence[str]]) -> bool:
    cells = [row[place].strip() for row in sample if len(row) > place and row[place].strip()]
    return bool(cells) and all(_is_day(cell) for cell in cells[:20])


def _is_day(cell: str) -> bool:
    try:
        values.day(cell, values.DayOrder.DAY_FIRST)
    except ValueError:
        return False
    return True


def _refuse_strangers(names: Sequence[str], places: Mapping[Field, int]) -> None:
    if Field.EMAIL in places or Field.PHONE in places:
        return
    what = f"The columns are: {', '.join(names[:40])}."
    if any("@" in name for name in names):
        what += " The first line seems to be a person; it must name the columns."
    raise InvalidError(
        "The list has no column with an e-mail address or a telephone number, so nobody in it can be told apart.",
        code="csv_columns",
        problems=(Problem("line 1", what, "A column named Email or Phone (or a mapping that says which one it is)"),),
        action='Name the column Email, or send a mapping such as {"Kontakt": "email"}.',
    )


def _one_of(names: Iterable[str]) -> str:
    return "One of: " + ", ".join(list(names)[:40])
