"""Pure rules of the figures: no database, no time of its own."""
