"""A whole campaign on a virtual clock: the real code in a throw-away tenant, with people and providers made up."""
