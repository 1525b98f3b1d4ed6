"""Pure rules of consent: no ORM, the time passed in."""
