"""What models share when they learn: counts, the run they are given, snapshots."""
