import pytest

from rex_celery.leads.headers import Field, meaning


@pytest.mark.parametrize("name", ["Email", "e-mail", "EMAIL_ADDRESS", "Person - Email", "Work  Email"])
def test_a_field_is_known_by_its_many_names(name: str) -> None:
    assert meaning(name)[0] is Field.EMAIL


def test_the_better_name_has_the_lower_rank() -> None:
    assert meaning("Phone")[1] < meaning("Mobile")[1]


def test_whose_name_or_title_it_is_counts() -> None:
    assert meaning("Organization - Name")[0] is Field.COMPANY
    assert meaning("Person - Name")[0] is Field.FULL_NAME
    assert meaning("Deal - Title")[0] is None
    assert meaning("Favourite Colour")[0] is None
