"""Sending: the ledger that makes a second message impossible, and the ways a message leaves."""
