"""What people touch: command line, Python API, service, console, report."""
