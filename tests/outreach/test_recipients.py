import pytest

from rex_celery.outreach.recipients import FREE_MAIL, is_free_mail, recipient_provider, registrable


@pytest.mark.parametrize(
    ("address", "provider"),
    [
        ("grace@gmail.com", "google"),
        ("Grace@GoogleMail.com", "google"),
        ("grace@hotmail.co.uk", "microsoft"),
        ("grace@outlook.fr", "microsoft"),
        ("grace@yahoo.co.jp", "yahoo"),
        ("grace@icloud.com", "apple"),
        ("grace@web.de", "gmx"),
        ("grace@mail.example.com", "example.com"),
        ("grace@sales.acme.co.uk", "acme.co.uk"),
        ("grace@livewell.com", "livewell.com"),
        ("grace@localhost", "localhost"),
        ("", ""),
    ],
)
def test_an_address_tells_whose_servers_take_it(address: str, provider: str) -> None:
    assert recipient_provider(address) == provider


@pytest.mark.parametrize(
    ("domain", "owner"),
    [
        ("mail.eu.acme.co.uk", "acme.co.uk"),
        ("ACME.example.com.", "example.com"),
        ("acme.github.io", "acme.github.io"),
        ("co.uk", "co.uk"),
        ("münchen.example.com", "example.com"),
        ("", ""),
    ],
)
def test_p30_a_subdomain_belongs_to_the_domain_that_was_bought(domain: str, owner: str) -> None:
    assert registrable(domain) == owner


@pytest.mark.parametrize("domain", ["gmail.com", "GMX.net", "yahoo.com.br", "live.nl", "btinternet.com", "mail.gmx.de"])
def test_people_with_free_mail_are_no_colleagues(domain: str) -> None:
    assert is_free_mail(domain)


@pytest.mark.parametrize(
    "domain", ["acme.example.com", "google.com", "microsoft.com", "apple.com", "gmail.example.com"]
)
def test_people_of_a_company_are(domain: str) -> None:
    assert not is_free_mail(domain)


def test_every_free_domain_is_one_that_was_bought() -> None:
    assert {domain for domain in FREE_MAIL if registrable(domain) != domain} == set()
