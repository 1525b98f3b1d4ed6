"""The dashboard, the sections of a campaign's report, and the lists behind every figure."""
