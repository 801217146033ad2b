"""What REX raises on purpose: refusals are the caller's turn, provider errors are the world's."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input: where it is, what is wrong, what would be right."""

    where: str
    what: str
    expected: str = ""


class RefusedError(Exception):
    """REX will not do this as asked; asking again the same way gives the same answer.

    ``status`` is the HTTP status, ``code`` the machine-readable name, ``action`` the one thing that would help.
    """

    status = 422
    code = "refused"

    def __init__(
        self, detail: str, *, code: str = "", action: str = "", problems: tuple[Problem, ...] = (), status: int = 0
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.action = action
        self.problems = problems
        self.code = code or type(self).code
        self.status = status or type(self).status


class InvalidError(RefusedError):
    """The input has the wrong shape or value."""

    code = "invalid"


class NotFoundError(RefusedError):
    """There is no such thing for this tenant."""

    status = 404
    code = "not_found"


class ConflictError(RefusedError):
    """The thing exists, but its state does not allow this."""

    status = 409
    code = "conflict"


class UnauthenticatedError(RefusedError):
    """REX does not know who is asking."""

    status = 401
    code = "unauthenticated"


class ForbiddenError(RefusedError):
    """The caller is known and may not do this."""

    status = 403
    code = "forbidden"


class UnavailableError(RefusedError):
    """A service that REX stands on does not answer; nothing was written."""

    status = 503
    code = "unavailable"


class ProviderUnavailableError(Exception):
    """A provider or the way to it is down; the same call may succeed later. Nothing was accepted."""

    def __init__(self, detail: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after


class ProviderRejectedError(Exception):
    """A provider said no for good; ``code`` is its own code, such as ``550 5.1.1``."""

    def __init__(self, detail: str, *, code: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code
