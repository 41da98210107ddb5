"""The optimizer: Problem in, Solution with its proof out; the only folder with OR-Tools.

The verbs are :func:`geoplan.optimize.problem.build_problem` and
:func:`geoplan.optimize.solve.solve`; :mod:`geoplan.optimize.steiner` is the kernel below them.
Nothing is imported here: the Steiner core alone starts without pandas, geometry or OR-Tools.
"""
