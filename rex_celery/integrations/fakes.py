"""Stand-ins for providers, for tests and for development without keys; what was sent can be read."""

from collections import deque
from collections.abc import Callable

from rex_celery.integrations.base import Delivery, OutboundEmail, Receipt, always


class FakeEmailSender:
    """Accepts everything and keeps it in ``sent``, or does next what stands first in ``answers``.

    An answer is a receipt to give back or an error to raise. A message with an unknown result is kept too: the
    provider may have taken it.
    """

    def __init__(self, *answers: Receipt | Exception) -> None:
        self.sent: list[OutboundEmail] = []
        self.answers = deque(answers)

    def send(self, message: OutboundEmail, may_leave: Callable[[], bool] = always) -> Receipt:
        if not may_leave():
            return Receipt(Delivery.WITHDRAWN, "fake")
        answer = self.answers.popleft() if self.answers else Receipt(Delivery.ACCEPTED, "fake", message.message_id)
        if isinstance(answer, Exception):
            raise answer
        self.sent.append(message)
        return answer
