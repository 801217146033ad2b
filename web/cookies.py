"""The session cookie, as Flask signs it, with the signer made once instead of twice a request."""

from functools import cache

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer


class SessionCookies(SecureCookieSessionInterface):
    """Flask's own way of keeping a session."""

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """The signer for this app's secret."""
        return _signer(self, app)


@cache
def _signer(cookies: SessionCookies, app: Flask) -> URLSafeTimedSerializer | None:
    return super(SessionCookies, cookies).get_signing_serializer(app)
