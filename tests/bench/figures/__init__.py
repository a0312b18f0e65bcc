"""One module per thing that is measured. Each registers its measures with `tests.bench.harness.measure`."""
