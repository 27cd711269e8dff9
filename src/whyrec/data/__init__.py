"""From raw files to clean tables: read, check, clean, split, and turn queries into arrays."""
