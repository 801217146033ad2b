"""Which e-mail addresses a message may go to: well formed, a person's, and made to last."""

import re

from email_validator import EmailNotValidError, validate_email

# Functions, not persons: many readers, nobody who asked, and a good part of all complaints.
_ROLES = """
    abuse accounting accounts admin administrator billing careers compliance contact donotreply do-not-reply
    enquiries enquiry feedback finance hello help helpdesk hostmaster hr info inquiries invoices it jobs legal
    mail mailer-daemon marketing media newsletter no-reply noc noreply office orders postmaster press privacy
    reception recruiting root sales security service services shop spam support team usenet webmaster"""

# The large providers of throw-away addresses; their addresses are dead within the hour.
_DISPOSABLE = """
    10minutemail.com burnermail.io discard.email dispostable.com emailondeck.com fakeinbox.com getnada.com grr.la
    guerrillamail.biz guerrillamail.com guerrillamail.de guerrillamail.info guerrillamail.net guerrillamail.org
    inboxkitten.com mailcatch.com maildrop.cc mailinator.com mailnesia.com mintemail.com moakt.com mohmal.com
    mytemp.email sharklasers.com spamgourmet.com temp-mail.org tempail.com tempinbox.com tempmail.com
    throwawaymail.com trashmail.com yopmail.com"""

ROLES = frozenset(_ROLES.split())
DISPOSABLE_DOMAINS = frozenset(_DISPOSABLE.split())

# What nearly every address looks like; only the others need the full validator, which takes twenty times as long.
_PLAIN = re.compile(r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63})")
_LONGEST = 254
_LONGEST_LOCAL = 64
# Top-level names that can never receive mail (RFC 2606, 6761); the documentation domains example.com, .net and .org
# are well formed and stay allowed, which is what makes a demo on sample data possible.
_NO_MAIL = frozenset({"test", "invalid", "local", "localhost", "onion", "arpa"})


def refusal(email: str) -> str | None:
    """Why nothing may go to this address, as a code of ``rex_celery.reasons``, or None. No DNS is asked."""
    address = email.lower()
    if not _well_formed(address):
        return "invalid_email"
    local, _, domain = address.rpartition("@")
    if local.partition("+")[0] in ROLES:
        return "role_address"
    if _disposable(domain):
        return "disposable_domain"
    return None


def _well_formed(address: str) -> bool:
    plain = _PLAIN.fullmatch(address)
    if plain and len(address) <= _LONGEST and address.index("@") <= _LONGEST_LOCAL and "--" not in plain[1]:
        return plain[1].rpartition(".")[2] not in _NO_MAIL
    try:
        validate_email(address, check_deliverability=False, strict=True)
    except EmailNotValidError:
        return False
    return True


def _disposable(domain: str) -> bool:
    while domain:
        if domain in DISPOSABLE_DOMAINS:
            return True
        domain = domain.partition(".")[2]
    return False
