"""Whether a person asks not to be written to again, in their own words; decided by rules, never by a model alone."""

import re

# Alone in a message these words are an opt-out, by carriers' rules and by law (STOP and its per-se equivalents).
_STOP = """stop stopall unsubscribe cancel end quit revoke optout opt-out remove unsub abmelden austragen arret arrêt
    désabonner baja cancelar"""
STOP_WORDS = frozenset(_STOP.split())
_POLITE = "please pls thanks thank you hi hello hey now all it this immediately today sir madam"
_COURTESY = frozenset(_POLITE.split())
# "no thanks" is what our own messages offer as the way out.
_WHOLE = frozenset(("no thanks", "no thank you", "no, thanks", "no, thank you", "opt out", "opt me out", "stop all"))

_CONTACT = r"(?:contact|e-?mail|text|messag|writ|call|send|spam|bother|reach)(?:e|ing|s)?"
_MAIL = r"(?:e-?mails?|messages?|texts?|calls?|mail|spam|newsletters?)"
_REQUESTS = re.compile(
    rf"""\b(?:
        unsubscrib\w*
      | opt(?:ing|ed)?[ -](?:me[ ])?out
      | (?:remove|take|delete|drop|strike)[ ](?:me|us|my|this|our)\b(?:[ ][\w-]+){{0,4}}?
            [ ](?:from|off|of)\b
      | (?:remove|delete)[ ](?:me|us|my[ ](?:address|e-?mail|number|data|details|contact))\b
      | stop[ ]{_CONTACT}\b
      | stop[ ](?:(?:with|sending)[ ])?(?:the|these|those|your|all)(?:[ ]\w+)?[ ]{_MAIL}
      | no[ ]more[ ]{_MAIL}
      | leave[ ](?:me|us)[ ]alone
      | lose[ ]my[ ](?:number|address|e-?mail)
    )""",
    re.VERBOSE,
)
_PROHIBITIONS = re.compile(
    rf"""\b(?:
        (?:do[ ]not|don't|dont|never)[ ](?:ever[ ])?{_CONTACT}(?:[ ]to)?[ ](?:me|us|this|here|again|any)
      | (?:do[ ]not|don't|dont)[ ](?:want|wish|like)[ ](?:to[ ](?:receive|get|hear)|any[ ]more|you[ ]to[ ]{_CONTACT})
      | not[ ](?:want|wish)[ ]to[ ]be[ ](?:contacted|e-?mailed|called|texted)
    )""",
    re.VERBOSE,
)
_NEGATED = re.compile(r"(?:\b(?:do|did|does|would|please)[ ]not|n't|\bdont|\bnever|\bnot)(?:[ ]\w+){0,2}[ ]$")

_GREETING = re.compile(r"(?:hi|hello|hey|dear|good \w+)\b[^.?]{0,40}[,!:]?")
_QUOTE_STARTS = re.compile(
    r"^(?:on .{4,200} wrote:|-{3,}\s*original message|_{10,}|from: .+@|am .{4,100} schrieb .+:|le .{4,100} a écrit)",
    re.IGNORECASE | re.MULTILINE,
)


def detect(text: str) -> str | None:
    """The words that ask for no more contact, or None. Quoted mail, with its own unsubscribe link, does not count."""
    own = _own_words(text).casefold().replace("’", "'")
    words = " ".join(own.split())
    # "No thanks." above a signature is as clear as "No thanks." alone.
    for whole in (words, _first_line(own)):
        bare = whole.strip(" .,!?\"'“”-*()")
        if bare in _WHOLE or _is_stop(bare):
            return bare
    if prohibition := _PROHIBITIONS.search(words):
        return prohibition[0]
    for request in _REQUESTS.finditer(words):
        if not _NEGATED.search(words[: request.start()]):
            return request[0]
    return None


def is_stop_word(text: str) -> bool:
    """Whether a text says nothing but STOP or one of its equivalents, and courtesy: the word that START takes back."""
    return _is_stop(" ".join(text.casefold().split()).strip(" .,!?\"'“”-*()"))


def _is_stop(whole: str) -> bool:
    """Whether nothing but stop words and courtesy is said, as in "STOP please"."""
    words = {word.strip(".,!?\"'“”*()") for word in whole.split()} - _COURTESY - {""}
    return bool(words) and words <= STOP_WORDS


def _first_line(own: str) -> str:
    """The first line that says something, after a greeting."""
    lines = (" ".join(line.split()) for line in own.splitlines())
    return next((line for line in lines if line and not _GREETING.fullmatch(line)), "")


def _own_words(text: str) -> str:
    """What the person wrote, without the quoted message below or between it."""
    if quoted := _QUOTE_STARTS.search(text):
        text = text[: quoted.start()]
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(">"))
