"""Ways out of the house: one module per channel and transport."""
