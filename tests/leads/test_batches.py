from rex_celery.leads import batches, columns
from rex_celery.leads.batches import Batch
from rex_celery.leads.normalising import Normaliser
from rex_celery.leads.rows import Rejection, Row

LAYOUT = columns.layout(["Email", "Phone", "Notes"], [], None)


def _batches(*rows: tuple[str, str, str] | Rejection, size: int = 10) -> list[Batch]:
    read = [row if isinstance(row, Rejection) else Row(line, list(row), 30) for line, row in enumerate(rows, 2)]
    return list(batches.batches(read, Normaliser(LAYOUT, []), size))


def test_the_same_person_stands_in_a_batch_once() -> None:
    [batch] = _batches(("a@example.com", "", "x"), ("b@example.com", "", "y"), ("A@example.com", "", "z"))
    assert (batch.rows, batch.rejected, batch.by_phone) == (3, 0, False)
    assert batch.leads.count("\n") == 2
    assert "z" in batch.leads
    assert "x" not in batch.leads.replace("example", "")


def test_rows_not_taken_are_counted_and_written_with_their_reasons() -> None:
    [batch] = _batches(Rejection(2, None, "x", "broken"), ("nobody", "", ""), ("a@example.com", "", ""))
    assert (batch.rows, batch.rejected) == (3, 2)
    assert batch.rejections.splitlines()[0].split("\x1f") == ["2", "", "x", "broken"]


def test_people_known_by_telephone_only_are_announced() -> None:
    [batch] = _batches(("", "+12025550143", ""))
    assert batch.by_phone


def test_all_rows_come_in_batches_of_the_size_asked_for() -> None:
    found = _batches(*((f"person{number}@example.com", "", "") for number in range(25)), size=10)
    assert [batch.rows for batch in found] == [10, 10, 5]
