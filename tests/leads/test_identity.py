import pytest
from hypothesis import given
from hypothesis import strategies as st

from rex_celery.leads import identity
from rex_celery.leads.identity import InvalidValueError, Name


@pytest.mark.parametrize(
    "written",
    [
        "ada@example.com",
        "  Ada@Example.COM ",
        "mailto:ada@example.com?subject=Hello",
        "Ada Lovelace <ADA@example.com>",
        "<ada@example.com>",
        "ada@example.com; ada.private@example.net",
        "ａｄａ@example.com",
        "'ada@example.com'",
    ],
)
def test_an_address_has_one_spelling_however_it_was_written(written: str) -> None:
    assert identity.email(written) == "ada@example.com"


@pytest.mark.parametrize(
    "written",
    ["", "ada", "ada@", "@example.com", "ada@@example.com", "ada@example", "ada lovelace@example.com",
     "ada..l@example.com", ".ada@example.com", "ada@-example.com", "ada@example.com.", "ada@nobody.invalid",
     "ada@printer.local", "a" * 65 + "@example.com", "ada@" + "a" * 64 + ".com"],
)  # fmt: skip
def test_what_can_never_receive_a_message_is_no_address(written: str) -> None:
    with pytest.raises(InvalidValueError):
        identity.email(written)


def test_an_international_address_keeps_its_letters() -> None:
    assert identity.email("Jürgen@Bücher.example.com") == "jürgen@bücher.example.com"


ATOMS = st.text("abcXYZ019._%+-'", min_size=1, max_size=20)


@given(
    ATOMS, st.text("abcXYZ019.-", min_size=1, max_size=20), st.sampled_from(["com", "net", "test", "local", "c", "io"])
)
def test_normalising_an_address_twice_changes_nothing(local: str, domain: str, top: str) -> None:
    try:
        once = identity.email(f"{local}@{domain}.{top}")
    except InvalidValueError:
        return
    assert identity.email(once) == once


@given(ATOMS, st.text("abc019.-", min_size=1, max_size=20), st.sampled_from(["com", "net", "test", "local", "c", "io"]))
def test_the_quick_look_accepts_only_what_the_full_check_accepts(local: str, domain: str, top: str) -> None:
    address = f"{local}@{domain}.{top}".lower()
    found = identity._PLAIN.match(address)
    if found and found[1] not in identity.RESERVED and "--" not in address:
        assert identity._checked(address) == address


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Ada Lovelace", Name("Ada", "Lovelace")),
        ("Dr. Ada M. Lovelace, PhD", Name("Ada M.", "Lovelace")),
        ("Lovelace, Ada", Name("Ada", "Lovelace")),
        ("Mr. Jimmy Wong", Name("Jimmy", "Wong")),
        ("Hector King DDS", Name("Hector", "King")),
        ("Martin Luther King Jr.", Name("Martin Luther", "King")),
        ("LUDWIG VAN BEETHOVEN", Name("Ludwig", "van Beethoven")),
        ("o'neill mcdonald", Name("O'Neill", "McDonald")),
        ("Anna Do", Name("Anna", "Do")),
        ("Mary-Jane DeWitt", Name("Mary-Jane", "DeWitt")),
        ("Madonna", Name("Madonna", None)),
        ("Mr.", Name(None, None)),
        ("", Name(None, None)),
    ],
)
def test_a_name_is_split_without_its_titles(written: str, name: Name) -> None:
    assert identity.full_name(written) == name


def test_mixed_case_is_as_its_owner_writes_it() -> None:
    assert identity.name_part("bell hooks") == "Bell Hooks"
    assert identity.name_part("danah McKay") == "danah McKay"


@given(st.text(max_size=60))
def test_no_text_breaks_the_name(written: str) -> None:
    first, last = identity.full_name(written)
    assert all(part is None or part == part.strip() != "" for part in (first, last))


@given(st.from_regex(r"\A[A-Z][a-z]{2,8} [A-Z][a-z]{2,8}\Z"))
def test_splitting_a_usual_name_again_gives_the_same_name(written: str) -> None:
    once = identity.full_name(written)
    if once.first and once.last:
        assert identity.full_name(f"{once.first} {once.last}") == once
