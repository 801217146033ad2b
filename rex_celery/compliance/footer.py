"""The end of every e-mail: who sent it, where they are, and the way out."""


def with_footer(body: str, sender_name: str, postal_address: str, unsubscribe_url: str) -> str:
    """The body with its footer. What is missing stays missing, for the content check to find."""
    sender = ", ".join(part for part in (sender_name.strip(), postal_address.strip()) if part)
    return f"{body.rstrip()}\n\n—\n{sender}\nUnsubscribe: {unsubscribe_url}\n"
