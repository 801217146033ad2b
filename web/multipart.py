"""The parts of a multipart body as bytes: a mail in another character set must not be read as UTF-8."""

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, MultipartDecoder, NeedData

from rex_celery.errors import Problem, RefusedError

# SendGrid sends some twenty fields and one part for each attachment.
MOST_PARTS = 200


def fields(content_type: str, body: bytes) -> dict[str, bytes]:
    """The parts that are no files, by name; of several with one name the first.

    Raises:
        RefusedError: it is not multipart/form-data, or broken.

    """
    kind, options = parse_options_header(content_type)
    boundary = options.get("boundary", "")
    if kind != "multipart/form-data" or not boundary:
        raise _unreadable(f"is {kind or 'without a type'}", "multipart/form-data with its boundary")
    try:
        return _read(MultipartDecoder(boundary.encode(), max_parts=MOST_PARTS), body)
    except (ValueError, RequestEntityTooLarge) as error:
        raise _unreadable("is cut off or broken", f"at most {MOST_PARTS} whole parts") from error


def _read(decoder: MultipartDecoder, body: bytes) -> dict[str, bytes]:
    found: dict[str, list[bytes]] = {}
    part: list[bytes] = []
    decoder.receive_data(body)
    decoder.receive_data(None)
    while not isinstance(event := decoder.next_event(), Epilogue | NeedData):
        if isinstance(event, Data):
            part.append(event.data)
            continue
        part = []
        if isinstance(event, Field):
            found.setdefault(event.name or "", part)
    return {name: b"".join(parts) for name, parts in found.items()}


def _unreadable(what: str, expected: str) -> RefusedError:
    problem = Problem("header.Content-Type", what, expected)
    return RefusedError(f"The body {what}.", status=400, code="bad_form", problems=(problem,))
