"""Stand-ins for providers, for tests and for development without keys; what was sent can be read."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from rex_celery.integrations import one_by_one
from rex_celery.integrations.base import Delivery, Outbound, OutboundEmail, Receipt, Submit, always


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


class FakeSender:
    """A way to send that accepts everything and keeps it in ``sent``, in the order in which it came.

    What ``answers`` holds for a message's id is done instead: a receipt to give back, or an error to raise before it is
    sent. A message with an unknown result is kept too. ``submit`` is asked about each message by itself.
    """

    def __init__(
        self,
        answers: Mapping[UUID, Receipt | Exception] | None = None,
        *,
        most: int = 100,
        reports_delivery: bool = True,
    ) -> None:
        self.sent: list[Outbound] = []
        self.answers = dict(answers or {})
        self.most = most
        self.reports_delivery = reports_delivery

    def send(self, messages: Sequence[Outbound], submit: Submit) -> list[Receipt]:
        """Keep what may leave."""
        return one_by_one.send_each(messages, "fake", lambda message: self._take(message, submit))

    def _take(self, message: Outbound, submit: Submit) -> Receipt:
        if message.id not in submit([message.id]):
            return Receipt(Delivery.WITHDRAWN, "fake")
        answer = self.answers.get(message.id) or Receipt(Delivery.ACCEPTED, "fake", str(message.id))
        if isinstance(answer, Exception):
            raise answer
        if answer.delivery in {Delivery.ACCEPTED, Delivery.UNKNOWN}:
            self.sent.append(message)
        return answer
