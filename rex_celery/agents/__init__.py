"""The agents, one file each; every one has one job."""
