"""The closed lists of words that several features share: channels, copywriting frameworks, why a lead went quiet."""

from enum import StrEnum


class Channel(StrEnum):
    """A way to reach a person."""

    EMAIL = "email"
    SMS = "sms"
    LINKEDIN = "linkedin"


class Framework(StrEnum):
    """An order of argument for a message: problem-agitate-solve, attention-interest-desire-action and so on."""

    PAS = "PAS"
    AIDA = "AIDA"
    BAB = "BAB"
    FAB = "FAB"


class Dormancy(StrEnum):
    """Why a lead went quiet, as far as its record tells."""

    BUDGET = "budget"
    TIMING = "timing"
    COMPETITOR = "competitor"
    CONTACT_CHANGED = "contact_changed"
    GHOSTED = "ghosted"
    UNKNOWN = "unknown"
