"""One file a step; the name starts with the revision."""
