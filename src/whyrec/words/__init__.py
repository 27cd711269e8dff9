"""Words and pictures of one measured record, in the reader's language."""
