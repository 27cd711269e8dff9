"""The floor everything stands on: types, settings, errors. Knows nothing of the rest of whyrec."""
