"""Live updates: who hears of which event, and how nobody misses one."""
