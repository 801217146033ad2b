"""Whose servers an address is at, and which domains belong together."""

from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

_PROVIDERS = {
    "google": "gmail.com googlemail.com google.com",
    "microsoft": "outlook.com hotmail.com live.com msn.com passport.com windowslive.com microsoft.com",
    "yahoo": "yahoo.com ymail.com rocketmail.com aol.com aim.com myyahoo.com",
    "apple": "icloud.com me.com mac.com apple.com",
    "gmx": "gmx.net gmx.de gmx.com gmx.at gmx.ch web.de mail.com",
    "proton": "proton.me protonmail.com pm.me protonmail.ch",
    "zoho": "zoho.com zohomail.com zohomail.eu",
    "fastmail": "fastmail.com fastmail.fm",
    "yandex": "yandex.ru yandex.com ya.ru",
    "mailru": "mail.ru bk.ru inbox.ru list.ru internet.ru",
    "tencent": "qq.com foxmail.com",
    "netease": "163.com 126.com yeah.net",
    "naver": "naver.com",
    "comcast": "comcast.net xfinity.com",
    "att": "att.net sbcglobal.net bellsouth.net",
    "orange": "orange.fr wanadoo.fr",
    "free": "free.fr",
    "laposte": "laposte.net",
    "telekom": "t-online.de magenta.de",
    "libero": "libero.it virgilio.it",
    "seznam": "seznam.cz email.cz",
    "wp": "wp.pl o2.pl",
    "onet": "onet.pl onet.eu op.pl",
}
# One brand under many countries: hotmail.co.uk, yahoo.co.jp.
_BRANDS = {"hotmail": "microsoft", "outlook": "microsoft", "live": "microsoft", "yahoo": "yahoo", "gmx": "gmx"}
# Somebody there is nobody's colleague.
_ALSO_FREE = (
    "hey.com tutanota.com tuta.io tutamail.com mailbox.org posteo.de posteo.net freenet.de arcor.de hushmail.com"
    " inbox.com rediffmail.com sina.com sohu.com 139.com daum.net hanmail.net verizon.net cox.net charter.net"
    " earthlink.net juno.com sfr.fr neuf.fr bluewin.ch btinternet.com sky.com talktalk.net ntlworld.com virginmedia.com"
    " bigpond.com optusnet.com.au shaw.ca rogers.com sympatico.ca telus.net terra.com.br uol.com.br bol.com.br"
    " tiscali.it alice.it tin.it centrum.cz interia.pl abv.bg ukr.net rambler.ru duck.com ig.com.br"
)
_OWN = frozenset({"google.com", "microsoft.com", "apple.com"})
FREE_MAIL = frozenset(
    domain for domains in (*_PROVIDERS.values(), _ALSO_FREE) for domain in domains.split() if domain not in _OWN
)
"""Domains at which anybody gets an address; those of a brand in other countries too, see ``is_free_mail``."""


@lru_cache(maxsize=65_536)
def recipient_provider(address: str) -> str:
    """Who takes mail for an address, as far as its domain tells: google, microsoft …, else its registrable domain.

    A company's own domain may be hosted by one of them all the same: to know, one would have to ask the DNS.
    """
    domain = registrable(address.rpartition("@")[2])
    return _by_domain().get(domain) or _BRANDS.get(domain.partition(".")[0], domain)


@lru_cache(maxsize=65_536)
def registrable(domain: str) -> str:
    """The part of a domain that somebody bought: acme.co.uk of mail.eu.acme.co.uk. What is none stays as it is."""
    plain = domain.strip().rstrip(".").lower()
    return _suffixes().privatesuffix(plain) or plain


def is_free_mail(domain: str) -> bool:
    """Whether two people with this domain need have nothing to do with each other."""
    own = registrable(domain)
    return own in FREE_MAIL or (own not in _OWN and own.partition(".")[0] in _BRANDS)


@cache
def _by_domain() -> dict[str, str]:
    return {domain: name for name, domains in _PROVIDERS.items() for domain in domains.split()}


@cache
def _suffixes() -> "PublicSuffixList":
    # Reading the list takes 40 ms, which most commands need not wait for.
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()
