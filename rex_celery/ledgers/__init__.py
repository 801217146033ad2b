"""The ledgers of suppressions and consents as people keep them: looked at, entered by hand, taken in and given out."""
