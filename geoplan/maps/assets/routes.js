/* ---- routes ------------------------------------------------------------------------------ */
var DASHES = { pull: "9 5", light: "2 5" };
var routeLayers = [], byPhase = [], casings = [], halo = null;
function zoomScale() {
  var z = map.getZoom();
  return z < 9 ? 0.75 : z < 10.5 ? 0.9 : z < 12 ? 1.1 : z < 14 ? 1.4 : 1.8;
}
function routeStyle(i) {
  var now = routes.phase[i] === state.step, lit = routes.method[i] === "light";
  return { color: colour(routes.phase[i]), weight: (now ? 3.6 : 2.1) * (lit ? 0.75 : 1) * zoomScale(),
    opacity: now ? 1 : 0.8, dashArray: DASHES[routes.method[i]] || null };
}
function drawRoutes() {
  var i, k, lines = [];
  for (k = 0; k <= last; k++) { byPhase.push(L.featureGroup()); lines.push([]); }
  for (i = 0; i < routes.edge_id.length; i++) {
    var line = routes.line[i].map(decode), phase = routes.phase[i];
    var layer = L.polyline(line, { renderer: mainCanvas, lineCap: "butt", bubblingMouseEvents: false });
    layer.index = i;
    routeLayers.push(layer);
    if (phase > 0 && phase <= last) {
      byPhase[phase].addLayer(layer);
      if (routes.method[i] !== "light") { Array.prototype.push.apply(lines[phase], line); }
    }
  }
  for (k = 0; k <= last; k++) {
    casings.push(L.polyline(lines[k], quiet({ renderer: casingCanvas, pane: "casing", color: "#fff", weight: 7, opacity: 0.9 })));
    byPhase[k].on("click", function (event) { if (measuring) { addMeasured(event.latlng); } else { openRoute(event.layer.index); } });
    byPhase[k].on("mouseover", function (event) { tip(event.latlng, routeTitle(event.layer.index), say(data.methods[routes.method[event.layer.index]] || ["", ""])); });
    byPhase[k].on("mouseout", untip);
  }
  data.paths.forEach(function (path, p) {
    if (!pathsOf[path[0]]) { pathsOf[path[0]] = []; }
    pathsOf[path[0]].push(p);
  });
}
var pathsOf = [];
/* the ways of a site to its hub, and from there to the core */
function waysOf(i) {
  var found = [], home = i, guard = 0;
  while (home >= 0 && guard < 9) {
    found.push(home);
    home = sites.home_id[home] === sites.site_id[home] ? -1 : siteRow(sites.home_id[home]);
    guard += 1;
  }
  return found.map(function (site) { return { site: site, paths: (pathsOf[site] || []).map(function (p) { return data.paths[p]; }) }; })
    .filter(function (part) { return part.paths.length > 0; });
}
