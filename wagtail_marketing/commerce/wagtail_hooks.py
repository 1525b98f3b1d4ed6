"""The mirror has no screens of its own: products and orders are the shop's to list."""

from .admin import contact_page

contact_page.register()
