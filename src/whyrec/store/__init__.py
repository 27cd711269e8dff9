"""Live events, items, preferences and recommendations of a shop, in SQLite or PostgreSQL."""
