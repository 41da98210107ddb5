"""The parts of the report, one module each: plan in, blocks out."""
