"""What learning from the answers to a list needs: its mix."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column."""
    op.add_column("recommendations", sa.Column("mix", sa.Text))
