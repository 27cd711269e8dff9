"""Encoders of catalogue columns: fitted on the training part only, with a mask for what is missing."""
