"""How REX decides: the state machine first, rules second, a language model last."""
