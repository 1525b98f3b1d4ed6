"""Loads The Complete Journey, a year of real baskets, into the shop's tables."""
