"""Who may use what: places for running missions, reserved in the database."""
