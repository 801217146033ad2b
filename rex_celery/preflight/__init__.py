"""Looking at a mission before it is ordered: every message rendered, every finding told, nothing stored."""
