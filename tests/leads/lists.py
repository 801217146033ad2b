"""Lists of people as files, for the tests of the import."""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from uuid import UUID

from rex_celery.leads.importing import ImportResult, import_csv

SAMPLE = Path(__file__).with_name("crm_export.csv")


def a_list(*people: Mapping[str, object], encoding: str = "utf-8", delimiter: str = ",") -> io.BytesIO:
    """A CSV file with these people; its columns are all keys that occur."""
    header = list(dict.fromkeys(key for person in people for key in person))
    text = io.StringIO()
    writer = csv.DictWriter(text, header, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(people)
    return io.BytesIO(text.getvalue().encode(encoding))


def lines(*rows: str | bytes) -> io.BytesIO:
    """A file with exactly these lines."""
    return io.BytesIO(b"".join(_bytes(row) + b"\n" for row in rows))


def take_in(
    stream: io.BufferedIOBase | io.BytesIO, tenant: UUID, mapping: Mapping[str, str] | None = None
) -> ImportResult:
    return import_csv(stream, tenant_id=tenant, filename="people.csv", mapping=mapping, actor="test")


def people(count: int, first: int = 0) -> Iterable[dict[str, object]]:
    for number in range(first, first + count):
        yield {"Email": f"person{number}@example.com", "Full Name": f"Person Number{number}"}


def _bytes(row: str | bytes) -> bytes:
    return row if isinstance(row, bytes) else row.encode()
