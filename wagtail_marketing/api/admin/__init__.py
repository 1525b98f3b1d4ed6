"""Tokens in the admin: made (shown once), listed, revoked."""
