"""Chosen edges to plant: routes, cables, core paths, hubs and phases as tables."""

from geoplan.network.build import Network, build_network

__all__ = ["Network", "build_network"]
