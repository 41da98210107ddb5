"""Maps of plans: each one HTML file that needs no network.

The only place of the package that imports folium, so that ``import geoplan`` stays light.
"""

from geoplan.maps.compare import compare_html, render_compare_map
from geoplan.maps.leadership import map_html, render_map

__all__ = ["compare_html", "map_html", "render_compare_map", "render_map"]
