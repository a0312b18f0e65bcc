"""What Clearhold costs and how it grows, measured: `make bench`."""
