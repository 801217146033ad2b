"""What an answer may want: the closed list that rules, the model and people choose from."""

from enum import StrEnum


class Label(StrEnum):
    """What a person wants who answered."""

    INTERESTED = "interested"
    MEETING = "meeting"
    OBJECTION_PRICE = "objection_price"
    OBJECTION_TIMING = "objection_timing"
    OBJECTION_AUTHORITY = "objection_authority"
    OBJECTION_COMPETITOR = "objection_competitor"
    OBJECTION_NO_NEED = "objection_no_need"
    REFERRAL = "referral"
    NOT_INTERESTED = "not_interested"
    OPT_OUT = "opt_out"
    OUT_OF_OFFICE = "out_of_office"
    AUTOMATIC = "automatic"
    UNCLEAR = "unclear"


POSITIVE = frozenset({Label.INTERESTED, Label.MEETING})
OBJECTIONS = frozenset(label for label in Label if label.startswith("objection_"))
# What only rules and people may say: a model that is talked into it, or out of it, must change nothing.
NEVER_BY_MODEL = frozenset({Label.OPT_OUT, Label.OUT_OF_OFFICE, Label.AUTOMATIC})
