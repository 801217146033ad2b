"""Countries and their states as people write them, and the time zones of those that have only one."""

import csv
from collections import defaultdict
from functools import cache
from importlib.resources import files

_EAST, _CENTRAL, _MOUNTAIN, _WEST = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"

_LONGEST_CODE = len("NSW")

# Parts of a country that people write in place of it, and names that are not in the public table.
_ALIASES = {
    "usa": "US", "u s a": "US", "u s": "US", "united states of america": "US", "america": "US",
    "uk": "GB", "u k": "GB", "united kingdom": "GB", "great britain": "GB", "england": "GB", "scotland": "GB",
    "wales": "GB", "northern ireland": "GB", "deutschland": "DE", "österreich": "AT", "schweiz": "CH", "suisse": "CH",
    "españa": "ES", "italia": "IT", "nederland": "NL", "the netherlands": "NL", "holland": "NL", "belgique": "BE",
    "danmark": "DK", "sverige": "SE", "norge": "NO", "suomi": "FI", "polska": "PL", "brasil": "BR", "méxico": "MX",
    "czechia": "CZ", "türkiye": "TR", "south korea": "KR", "korea": "KR", "uae": "AE", "russian federation": "RU",
}  # fmt: skip

# By public convention a zone is named after its largest city; where a state's border zone holds nearly nobody it is
# still listed, because a call at the wrong hour is wrong for them too.
_STATES: dict[str, dict[str, tuple[str, ...]]] = {
    "US": {
        "Alabama AL": (_CENTRAL,), "Alaska AK": ("America/Anchorage", "America/Adak"),
        "Arizona AZ": ("America/Phoenix",), "Arkansas AR": (_CENTRAL,), "California CA": (_WEST,),
        "Colorado CO": (_MOUNTAIN,), "Connecticut CT": (_EAST,),
        "Delaware DE": (_EAST,), "District of Columbia DC": (_EAST,), "Florida FL": (_EAST, _CENTRAL),
        "Georgia GA": (_EAST,), "Hawaii HI": ("Pacific/Honolulu",), "Idaho ID": ("America/Boise", _WEST),
        "Illinois IL": (_CENTRAL,), "Indiana IN": (_EAST, _CENTRAL), "Iowa IA": (_CENTRAL,),
        "Kansas KS": (_CENTRAL, _MOUNTAIN), "Kentucky KY": (_EAST, _CENTRAL), "Louisiana LA": (_CENTRAL,),
        "Maine ME": (_EAST,), "Maryland MD": (_EAST,), "Massachusetts MA": (_EAST,), "Michigan MI": (_EAST, _CENTRAL),
        "Minnesota MN": (_CENTRAL,), "Mississippi MS": (_CENTRAL,), "Missouri MO": (_CENTRAL,),
        "Montana MT": (_MOUNTAIN,), "Nebraska NE": (_CENTRAL, _MOUNTAIN), "Nevada NV": (_WEST, _MOUNTAIN),
        "New Hampshire NH": (_EAST,), "New Jersey NJ": (_EAST,), "New Mexico NM": (_MOUNTAIN,),
        "New York NY": (_EAST,), "North Carolina NC": (_EAST,),
        "North Dakota ND": (_CENTRAL, _MOUNTAIN, "America/North_Dakota/Center"), "Ohio OH": (_EAST,),
        "Oklahoma OK": (_CENTRAL,), "Oregon OR": (_WEST, "America/Boise"), "Pennsylvania PA": (_EAST,),
        "Puerto Rico PR": ("America/Puerto_Rico",), "Rhode Island RI": (_EAST,), "South Carolina SC": (_EAST,),
        "South Dakota SD": (_CENTRAL, _MOUNTAIN), "Tennessee TN": (_CENTRAL, _EAST), "Texas TX": (_CENTRAL, _MOUNTAIN),
        "Utah UT": (_MOUNTAIN,), "Vermont VT": (_EAST,), "Virginia VA": (_EAST,), "Washington WA": (_WEST,),
        "West Virginia WV": (_EAST,), "Wisconsin WI": (_CENTRAL,), "Wyoming WY": (_MOUNTAIN,),
    },
    "CA": {
        "Alberta AB": ("America/Edmonton",), "British Columbia BC": ("America/Vancouver", "America/Edmonton"),
        "Manitoba MB": ("America/Winnipeg",), "New Brunswick NB": ("America/Moncton",),
        "Newfoundland and Labrador NL": ("America/St_Johns", "America/Halifax"), "Nova Scotia NS": ("America/Halifax",),
        "Ontario ON": ("America/Toronto", "America/Winnipeg"), "Prince Edward Island PE": ("America/Halifax",),
        "Quebec QC": ("America/Toronto", "America/Halifax"), "Saskatchewan SK": ("America/Regina",),
        "Yukon YT": ("America/Whitehorse",),
    },
    "AU": {
        "Australian Capital Territory ACT": ("Australia/Sydney",), "New South Wales NSW": ("Australia/Sydney",),
        "Northern Territory NT": ("Australia/Darwin",), "Queensland QLD": ("Australia/Brisbane",),
        "South Australia SA": ("Australia/Adelaide",), "Tasmania TAS": ("Australia/Hobart",),
        "Victoria VIC": ("Australia/Melbourne",), "Western Australia WA": ("Australia/Perth",),
    },
}  # fmt: skip


@cache
def country_code(text: str) -> str | None:
    """The two letters of ISO 3166 for a country's name or code; None if it is no country REX knows."""
    name = " ".join(text.lower().replace(".", " ").split())
    return _ALIASES.get(name) or _names().get(name)


@cache
def country_of_state(text: str) -> str | None:
    """The country when only the state is known, and it is the name of a state in one country only (never a code)."""
    if len(text) <= _LONGEST_CODE:
        return None
    found = [country for country, states in _zones_of_states().items() if text.lower() in states]
    return found[0] if len(found) == 1 else None


@cache
def state_zones(country: str | None, state: str | None) -> tuple[str, ...]:
    """The time zones of a state, the most populous first; empty if the state is unknown."""
    if not (country and state):
        return ()
    return _zones_of_states().get(country, {}).get(state.lower(), ())


@cache
def state_code(country: str | None, state: str | None) -> str | None:
    """The short code of a state, written either way; None if the state is unknown."""
    if not (country and state):
        return None
    return _codes_of_states().get(country, {}).get(state.lower())


@cache
def country_zones(country: str | None) -> tuple[str, ...]:
    """All time zones of a country."""
    return tuple(_zones_of_countries().get(country or "", ()))


@cache
def _zones_of_states() -> dict[str, dict[str, tuple[str, ...]]]:
    return {
        country: {spelling.lower(): zones for both, zones in states.items() for spelling in both.rsplit(" ", 1)}
        for country, states in _STATES.items()
    }


@cache
def _codes_of_states() -> dict[str, dict[str, str]]:
    return {
        country: {
            spelling.lower(): code
            for both in states
            for code in [both.rsplit(" ", 1)[1]]
            for spelling in both.rsplit(" ", 1)
        }
        for country, states in _STATES.items()
    }


@cache
def _names() -> dict[str, str]:
    rows = _table("iso3166.tab")
    return {row[1].lower(): row[0] for row in rows} | {row[0].lower(): row[0] for row in rows}


@cache
def _zones_of_countries() -> dict[str, list[str]]:
    zones = defaultdict(list)
    for row in _table("zone.tab"):
        zones[row[0]].append(row[2])
    # One town with the law of its neighbour, and the same clock as the rest.
    zones["DE"] = ["Europe/Berlin"]
    return zones


def _table(name: str) -> list[list[str]]:
    with files("tzdata").joinpath("zoneinfo", name).open(encoding="utf-8") as lines:
        return list(csv.reader((line for line in lines if not line.startswith("#")), delimiter="\t"))
