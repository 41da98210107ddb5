"""The leadership map: one HTML file that needs no network.

The only place of the package that imports folium, so that ``import geoplan`` stays light.
"""

from geoplan.maps.leadership import map_html, render_map

__all__ = ["map_html", "render_map"]
