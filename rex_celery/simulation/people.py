"""People made up for a simulation: American states and their time zones, each person somewhere."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

# About as many of a hundred people as live there.
_PLACES = (
    ("New York", "New York", "America/New_York", 30),
    ("Chicago", "Illinois", "America/Chicago", 25),
    ("Denver", "Colorado", "America/Denver", 8),
    ("Los Angeles", "California", "America/Los_Angeles", 27),
    ("Phoenix", "Arizona", "America/Phoenix", 5),
    ("Honolulu", "Hawaii", "Pacific/Honolulu", 5),
)
_FIRST = ("Grace", "Alan", "Edsger", "Barbara", "Donald", "Frances", "Ken", "Radia", "Niklaus", "Adele")
_COMPANIES = ("Northwind", "Fabrikam", "Contoso", "Litware", "Proseware")
_CONTACTS = ("Demo", "Call", "Meeting", "Email")
_STAGES = ("Proposal Sent", "Negotiation", "Closed Lost", "Quote Sent")
# A company has a few people, so that a reply of one concerns the others.
PEOPLE_A_COMPANY = 4
ON_LINKEDIN = 0.5


def made_up(count: int, seed: int, today: date) -> Iterator[dict[str, Any]]:
    """This many people, the same for the same seed."""
    random = Random(seed)  # noqa: S311  people, not secrets
    weights = [place[3] for place in _PLACES]
    for number in range(count):
        city, region, zone, _ = random.choices(_PLACES, weights)[0]
        company = number // PEOPLE_A_COMPANY
        yield {
            "id": str(UUID(int=random.getrandbits(128), version=4)),
            "email": f"person{number}@company{company}.example",
            "phone": None,
            "first_name": random.choice(_FIRST),
            "last_name": f"Number{number}",
            "company": f"{_COMPANIES[company % len(_COMPANIES)]} {company}",
            "city": city,
            "region": region,
            "country": "US",
            "timezone": zone,
            "timezone_source": "region",
            "linkedin_url": f"https://www.linkedin.com/in/person{number}" if random.random() < ON_LINKEDIN else None,
            "last_activity": random.choice(_CONTACTS),
            "last_activity_on": (today - timedelta(days=random.randint(20, 300))).isoformat(),
            "activities": random.randint(2, 9),
            "deal_stage": random.choice(_STAGES),
            "deal_value": random.randint(1, 20) * 1000,
            "extra": {},
        }
