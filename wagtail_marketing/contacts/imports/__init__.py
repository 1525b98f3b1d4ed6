"""Files of people: reading them, what their columns mean, and the engine that turns rows into contacts.

``layout`` finds out how a file is written, ``rows`` reads it row by row, ``xlsx`` turns a workbook into such rows,
``targets`` and ``presets`` say what a column means, ``resource`` is django-import-export's part, ``chunk`` applies
one chunk of rows. The services (``contacts.services.imports``) and the job (``contacts.tasks``) drive them.
"""
