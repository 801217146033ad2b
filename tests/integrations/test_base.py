"""What is asked of providers."""

from uuid import UUID

from rex_celery.integrations.base import Mailbox, message_id_of


def test_the_message_id_is_the_same_on_every_try() -> None:
    sender = Mailbox("maria@north.example")
    assert {message_id_of(UUID(int=1), sender) for _ in range(3)} == {
        "<00000000-0000-0000-0000-000000000001@north.example>"
    }
