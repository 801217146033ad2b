"""The Postgres and Redis that come with REX, and the processes of `rex up`."""
