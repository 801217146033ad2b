"""Meetings: when somebody is free, what is booked, and the invitation that a calendar reads."""
