"""Words in addresses say whom and what they are for, to us alone."""

from uuid import uuid4

import pytest
from itsdangerous import Signer

from rex_celery.errors import NotFoundError
from rex_celery.meetings import tokens
from rex_celery.meetings.tokens import Invitation, Person

SECRET = "a secret"


@pytest.mark.parametrize("lead", [uuid4(), None])
@pytest.mark.parametrize("mission", [uuid4(), None])
def test_an_invitation_reads_back(lead: object, mission: object) -> None:
    given = Invitation(uuid4(), uuid4(), lead, mission)  # type: ignore[arg-type]
    assert tokens.read_invitation(tokens.invitation(SECRET, given), SECRET) == given


def test_a_person_and_a_meeting_read_back() -> None:
    person, meeting = Person(uuid4(), uuid4()), (uuid4(), uuid4())
    assert tokens.read_person(tokens.person(SECRET, person), SECRET) == person
    assert tokens.read_meeting(tokens.meeting(SECRET, *meeting), SECRET) == meeting


def test_a_word_for_one_thing_opens_no_other() -> None:
    word = tokens.meeting(SECRET, uuid4(), uuid4())
    for read in (tokens.read_invitation, tokens.read_person):
        with pytest.raises(NotFoundError):
            read(word, SECRET)


@pytest.mark.parametrize(
    "spoil", [lambda word: word[:-1], lambda word: "A" + word[1:], lambda word: "é", lambda word: ""]
)
def test_a_spoilt_word_opens_nothing(spoil: object) -> None:
    word = tokens.invitation(SECRET, Invitation(uuid4(), uuid4()))
    with pytest.raises(NotFoundError):
        tokens.read_invitation(spoil(word), SECRET)  # type: ignore[operator]


def test_another_secret_opens_nothing() -> None:
    with pytest.raises(NotFoundError):
        tokens.read_meeting(tokens.meeting("another", uuid4(), uuid4()), SECRET)
    with pytest.raises(ValueError, match="empty secret"):
        tokens.meeting("", uuid4(), uuid4())
    with pytest.raises(NotFoundError):
        tokens.read_meeting(Signer(SECRET).sign(b"AA").decode(), SECRET)
