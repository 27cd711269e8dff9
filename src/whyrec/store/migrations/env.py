"""Alembic's entry: run the steps on the connection that `schema.migrate` hands over, in its transaction."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
