"""Why a lead was not messaged or a mission stands still: one code, one human sentence, one action that would help."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """``code`` is for machines, ``text`` says what is so, ``action`` is the one thing that would unblock it."""

    code: str
    text: str
    action: str


_NOTHING = "Nothing to do: this is meant."

_SUPPRESSED = (
    Reason("suppressed_opt_out", "The person asked not to be contacted again.", _NOTHING),
    Reason("suppressed_unsubscribed", "The person used the unsubscribe link.", _NOTHING),
    Reason("suppressed_reply", "The person answered, so nothing automatic goes out.", "Answer the person yourself."),
    Reason("suppressed_bounce", "An earlier message to this address bounced.", "Find a working address for the lead."),
    Reason("suppressed_complaint", "The person reported an earlier message as spam.", _NOTHING),
    Reason("suppressed_manual", "Somebody on your team put this person on the suppression list.", _NOTHING),
    Reason(
        "suppressed_sending_stopped",
        "The emergency stop was on when this message was due.",
        "Release the emergency stop and retry the mission.",
    ),
)

_SKIPPED = (
    Reason("customer", "The deal was won: this is a customer, not a dead lead.", "Use a campaign made for customers."),
    Reason(
        "no_activity",
        "The record holds no activity, so nobody knows whether this person ever heard of you.",
        "Import the lead again with its last activity and its date.",
    ),
    Reason(
        "dormant_too_long",
        "The last activity is older than the age limit; such addresses are often dead or spam traps.",
        "Raise the age limit (REX_MAX_DORMANT_DAYS) after verifying the address.",
    ),
    Reason(
        "low_engagement",
        "Nothing shows that this person ever answered.",
        "Import opens, clicks and replies, or more of the lead's activities.",
    ),
    Reason("low_score", "The reactivation score is below the threshold.", "Wait for new activity of this lead."),
    Reason(
        "no_channel",
        "There is no address, number or profile that the strategy may use.",
        "Add an e-mail address to the lead and import it again.",
    ),
    Reason(
        "no_consent_sms",
        "There is no recorded consent to text this person.",
        "Record the consent with its source and date, or add an e-mail address.",
    ),
    Reason("invalid_email", "The e-mail address is not well formed.", "Correct the address and import the lead again."),
    Reason(
        "role_address",
        "The address belongs to a function, not to a person.",
        "Find the address of a person at this company.",
    ),
    Reason(
        "disposable_domain",
        "The address is at a provider of throw-away addresses.",
        "Find a lasting address of this person.",
    ),
    Reason("cancelled", "The mission was cancelled.", "Submit a new mission."),
    Reason("no_sender_name", "The mission has no sender's name to sign with.", "Set the sender under Settings."),
)

_CONTENT = (
    Reason("content_unresolved_variable", "The message still holds a placeholder.", "Correct the lead's fields."),
    Reason(
        "content_empty_greeting", "The greeting has no name after it.", "Add the first name or use a plain greeting."
    ),
    Reason("content_empty", "The message has no text or no subject.", "Write an offer and a subject for the mission."),
    Reason("content_too_long", "The message is longer than 200 words.", "Shorten the offer."),
    Reason("content_too_many_links", "The message has more than two links.", "Take links out of the offer."),
    Reason(
        "content_spam_phrase", "The message holds a phrase that filters take for spam.", "Word the offer otherwise."
    ),
    Reason(
        "content_fake_reply", "The subject pretends to be a reply or a forward.", "Take Re: or Fwd: off the subject."
    ),
    Reason("content_header_injection", "A name or the subject holds a line break.", "Correct the lead's fields."),
    Reason(
        "content_no_postal_address",
        "The message has no postal address of the sender, which the law asks for.",
        "Set the postal address under Settings.",
    ),
    Reason(
        "content_no_unsubscribe",
        "The message has no unsubscribe link.",
        "Put the footer back, or set REX_PUBLIC_URL if the link is broken.",
    ),
    Reason("content_sms_too_long", "The text message needs more than three segments.", "Shorten the text."),
    Reason(
        "content_unfounded_claim", "The message states something the record does not hold.", "Add the missing fact."
    ),
)

_FAILED = (
    Reason("provider_rejected", "The provider refused the message for good.", "Read the provider's answer in the log."),
    Reason(
        "provider_unavailable",
        "The provider could not be reached, also after the retries.",
        "Check the provider's settings with `rex doctor`, then retry the mission.",
    ),
    Reason("invalid_mailbox", "The receiving server says that this mailbox does not exist.", "Find a working address."),
    Reason(
        "sender_unauthenticated",
        "The receiving server does not accept your domain's SPF, DKIM or DMARC.",
        "Correct the DNS records of the sending domain, then retry the mission.",
    ),
    Reason(
        "unknown_result_assumed_sent",
        "The connection broke after the message was handed over; it is taken as sent so that nobody gets it twice.",
        "Look for the message in the provider's log.",
    ),
    Reason("agent_failed", "An agent failed on this lead.", "Read the mission's log, then retry the mission."),
)

_SEQUENCE = (
    Reason("company_replied", "Somebody else at this company answered.", "Answer them; enrol this person again later."),
    Reason("meeting_booked", "The person booked a meeting.", "Nothing to do: prepare the meeting."),
    Reason("already_enrolled", "The person is on their way through another sequence.", "Wait for that one to end."),
    Reason("condition_not_met", "The step's condition did not hold when it was due.", _NOTHING),
    Reason(
        "replaced_by_version", "The enrolment was moved to another version of its sequence.", "Look at the new version."
    ),
    Reason(
        "step_before_failed", "A step before this one failed and its rule is to stop.", "Read that message's reason."
    ),
    Reason(
        "number_unreachable", "The provider says that this number cannot get text messages.", "Find a mobile number."
    ),
    Reason(
        "sms_hours_unknown",
        "Nobody knows at which hours this number may be texted: its place and its area code are unknown.",
        "Add the person's state or country.",
    ),
    Reason("linkedin_task_dismissed", "Somebody dismissed the LinkedIn task.", _NOTHING),
    Reason("validity_expired", "The message could not be delivered before its window closed.", "Enrol the lead again."),
    Reason("dropped_by_provider", "The provider dropped the message before sending it.", "Read the provider's reason."),
    Reason("bounced_address", "The address does not exist.", "Find a working address for the lead."),
    Reason(
        "bounced_other",
        "The receiving server refused it: not for a dead address, but for its content, its sender or a full mailbox.",
        "Read the server's answer; look at the sender's health before sending more.",
    ),
    Reason(
        "unknown_result_not_sent",
        "The connection broke while the message was handed over, and the provider never had it.",
        _NOTHING,
    ),
    Reason("rejected_by_person", "Somebody looked at the message and did not approve it.", _NOTHING),
)

# Why a message that will go out has not gone yet.
_WAITING = (
    Reason("waiting_not_due", "Its day has not come.", _NOTHING),
    Reason(
        "waiting_delivery",
        "The message before it has not arrived yet.",
        "Wait; without news it counts as arrived after a while.",
    ),
    Reason("waiting_window", "It is outside the recipient's working hours.", "Wait, or widen the sending window."),
    Reason("waiting_holiday", "It is a holiday where the recipient is.", "Wait for the next working day."),
    Reason("waiting_cap_tenant", "Today's limit of all your messages is used up.", "Wait, or raise the limit."),
    Reason("waiting_cap_domain", "Today's limit of the sending domain is used up.", "Wait, or add a domain."),
    Reason("waiting_cap_inbox", "The limit of the inbox for this hour or day is used up.", "Wait, or add an inbox."),
    Reason(
        "waiting_cap_recipient", "The limit for the recipient's mail provider is used up.", "Wait, or raise the limit."
    ),
    Reason("waiting_cap_campaign", "Today's limit of the campaign is used up.", "Wait, or raise the limit."),
    Reason("waiting_cap_new_leads", "Today's limit of new people is used up.", "Wait, or raise the limit."),
    Reason("waiting_gap", "The inbox keeps a gap between its messages.", "Wait, or add an inbox."),
    Reason("waiting_slowed", "The recipient's provider asked to be written to more slowly.", "Wait."),
    Reason("waiting_breaker", "The provider failed several times in a row; one try will show.", "Check the provider."),
    Reason("waiting_pressure", "The person was written to a short while ago.", "Wait."),
    Reason("waiting_out_of_office", "The person is away.", "Wait for their return."),
    Reason("waiting_approval", "It waits for a person to approve it.", "Look at it and approve."),
    Reason("waiting_retry", "The provider did not take it; it is tried again.", "Wait."),
    Reason("waiting_sender", "Its inbox is paused or was suspended.", "Let the inbox send again, or add another."),
    Reason("waiting_campaign_paused", "The campaign is paused.", "Let the campaign go on."),
    Reason("sender_paused", "Somebody paused this inbox.", "Let the inbox send again."),
    Reason("connection_disabled", "The connection of this inbox was disabled.", "Enable the connection."),
    Reason("waiting_linkedin_task", "Somebody must send it by hand on LinkedIn.", "Do the task in the to-do list."),
    Reason("waiting_turn", "It is due; its inbox takes it in its turn.", "Wait."),
    Reason("waiting_mission", "Its mission does not send now.", "Look at the mission: wait, approve or retry it."),
    Reason("waiting_mission_paused", "Its mission is paused.", "Resume the mission."),
    Reason("waiting_slot", "The mission waits for a free slot of its crew.", "Wait, or cancel another mission."),
)

_MISSION = (
    Reason("no_leads", "The audience holds no lead.", "Import leads or choose another audience."),
    Reason("worker_lost", "Workers died on this work three times.", "Read the worker's log, then retry the mission."),
    Reason("stalled", "There was no progress for two hours.", "Check with `rex doctor` that workers run, then retry."),
    Reason("schedule_unsatisfiable", "The sending windows never open for this lead.", "Widen the windows or the days."),
    Reason("approval_needed", "The first messages wait for a person to approve them.", "Look at them and approve."),
    Reason(
        "sending_stopped",
        "The emergency stop is on, so nothing is sent.",
        "Release the emergency stop when it is safe to send.",
    ),
    Reason(
        "agent_not_built", "The plan needs an agent that this version does not have.", "Choose another mission type."
    ),
    Reason("step_failed", "A step of the plan failed.", "Read the mission's log, then retry the mission."),
)

REASONS = {
    reason.code: reason for reason in (*_SUPPRESSED, *_SKIPPED, *_CONTENT, *_FAILED, *_SEQUENCE, *_WAITING, *_MISSION)
}
"""Every reason REX gives, by its code."""
