"""Invented cases in any number, for measuring and for training: `manage.py synthesise_cases N`.

1. `stories` takes some people along the road with the real services, in a transaction that is rolled back (`walk`).
2. `harvest` reads every row that came of it, as PostgreSQL writes it, and finds in the text what belongs to this one person and
   moment: ids, instants, days, names, digests, sealed bytes. What is left is a template.
3. `plan` draws who comes when, `render` writes each template again with other people and moments, `load` copies the rows in.
4. `guards` takes indexes and foreign keys off for the load and puts them back; `verify` looks at the result.

So no row is of a shape that the services do not write, and a column added tomorrow is there without a word here.
"""
