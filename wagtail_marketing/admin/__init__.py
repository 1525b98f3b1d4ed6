"""The kit of the marketing screens: one way to list, show, chart, confirm and refuse.

It knows no capability. Each module's docstring shows how it is used; ``views``, ``viewsets``,
``components``, ``columns``, ``export``, ``pagination`` and ``registry`` are its public face.
"""
