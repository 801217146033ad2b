"""The rex command."""
