"""The Steiner tree problem in graphs: reductions, dual ascent, local search, cut LP."""
