"""What an answer wants, by rules alone: sure of it, fairly sure, or abstaining."""

from dataclasses import dataclass

from rex_celery.compliance import opt_out
from rex_celery.outreach.labels import OBJECTIONS, POSITIVE, Label
from rex_celery.outreach.reply_patterns import patterns

# Below this nobody should rely on it: the answer counts as unclear, and a model or a person is asked.
LEAST_CONFIDENCE = 0.5
# A second way of saying the same thing makes surer, a second meaning beside it less sure.
_SECOND = 0.05
_BESIDE = 0.2
_MOST = 0.98
# Long letters say many things; only the beginning, where people put what they want, is looked at.
_LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Reading:
    """A label with the confidence in it from 0 to 1, the rule that gave it and the labels that were found beside it."""

    label: Label
    confidence: float
    rule: str
    alternatives: tuple[Label, ...] = ()


def classify(words: str) -> Reading:
    """What these own words of a person want, without the text they quote."""
    if opt_out.detect(words):
        return Reading(Label.OPT_OUT, _MOST, "opt_out_words")
    found = _found(" ".join(words[:_LONGEST].casefold().replace("’", "'").split()))
    if not found:
        return Reading(Label.UNCLEAR, 0.0, "no_pattern")
    return _chosen(found)


def _found(text: str) -> dict[Label, float]:
    """Each label that is spoken of, with how sure; what was understood once is not read again as something else."""
    found: dict[Label, float] = {}
    for pattern in patterns():
        text, times = pattern.words.subn(" … ", text)
        if times and pattern.label in found:
            found[pattern.label] = min(_MOST, max(found[pattern.label], pattern.weight) + _SECOND)
        elif times:
            found[pattern.label] = pattern.weight
    return found


def _chosen(found: dict[Label, float]) -> Reading:
    """One of several meanings, the more telling one; two that contradict each other are none."""
    labels = set(found)
    machine = next((each for each in (Label.OUT_OF_OFFICE, Label.AUTOMATIC) if each in labels), None)
    if machine:
        return _reading(found, machine, "words_of_a_machine")
    if Label.NOT_INTERESTED in labels and labels & POSITIVE and not labels & OBJECTIONS:
        return Reading(Label.UNCLEAR, 0.4, "contradiction", tuple(sorted(labels)))
    # Somebody else to speak to and the reason for a no help more than the no; a time to meet more than the interest.
    for rule, tier in _TIERS:
        if here := [label for label in tier if label in labels]:
            return _reading(found, max(here, key=lambda label: found[label]), rule)
    raise AssertionError("every label of a pattern stands in a tier")


_TIERS: tuple[tuple[str, tuple[Label, ...]], ...] = (
    ("names_somebody_else", (Label.REFERRAL,)),
    ("says_why_not", tuple(sorted(OBJECTIONS))),
    ("says_no", (Label.NOT_INTERESTED,)),
    ("wants_to_meet", (Label.MEETING,)),
    ("wants_more", (Label.INTERESTED,)),
)


def _reading(found: dict[Label, float], label: Label, rule: str) -> Reading:
    beside = tuple(sorted(set(found) - {label}))
    against = [each for each in beside if (each in POSITIVE) != (label in POSITIVE)]
    confidence = found[label] - (_BESIDE if against else 0.0)
    if confidence < LEAST_CONFIDENCE:
        return Reading(Label.UNCLEAR, confidence, rule, (label, *beside))
    return Reading(label, round(confidence, 2), rule, beside)
