"""Compiled kernels: arrays in, arrays out; nothing of geoplan is imported here.

Every kernel has a slow twin in the tests and gives the same answer with
``NUMBA_DISABLE_JIT=1``. Costs are int64 cents; ``INF`` marks what can't be reached.
"""
