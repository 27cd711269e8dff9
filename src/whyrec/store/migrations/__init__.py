"""Steps that bring an older store up to date, run by Alembic from `schema.migrate`."""
