"""How much a lead is worth writing to."""
