"""Public pages of consent. No cookie, no session: what a visitor may do stands in a signed link or form."""
