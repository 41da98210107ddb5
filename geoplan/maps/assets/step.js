/* ---- what is on the map at a step -------------------------------------------------------- */
function toggle(layer, wanted) {
  if (layer && wanted !== map.hasLayer(layer)) { if (wanted) { map.addLayer(layer); } else { map.removeLayer(layer); } return wanted; }
  return false;
}
function draw() {
  var k, i, count = 0, served = 0;
  ["existing", "roads", "water", "tiles"].forEach(function (name) { toggle(layers[name], shown[name]); });
  for (i = 0; i < routeLayers.length; i++) {
    if (routes.phase[i] <= state.step) { routeLayers[i].setStyle(routeStyle(i)); }
  }
  for (k = 1; k <= last; k++) {
    toggle(byPhase[k], shown.routes && k <= state.step);
    toggle(casings[k], shown.routes && k === state.step);
    if (map.hasLayer(byPhase[k])) { count += byPhase[k].getLayers().length; }
  }
  casings.forEach(function (casing) { casing.setStyle({ weight: 3.6 * zoomScale() + 3.4 }); });
  for (i = 0; i < marks.length; i++) {
    if (!marks[i]) { continue; }
    if (inService(i)) { served += 1; }
    var style = siteStyle(i);
    marks[i].setRadius(style.radius);
    marks[i].setStyle(style);
  }
  ORDER.forEach(function (level) { toggle(groups[level], shown[level]); if (map.hasLayer(groups[level])) { groups[level].bringToFront(); } });
  districtShapes.forEach(function (shape, d) {
    var district = data.districts[d], part = district.total ? district.served[state.step] / district.total : 0;
    var tone = shown.coverage && part > 0 ? TONES[Math.min(3, Math.ceil(part * 4) - 1)] : "#fff";
    shape.setStyle({ fillColor: tone, fillOpacity: data.tile && shown.tiles ? (part > 0 && shown.coverage ? 0.45 : 0) : 1 });
  });
  drawHalo(); countLabels(); showInset(); updateInset();
  document.body.setAttribute("data-step", state.step);
  document.body.setAttribute("data-visible-routes", count);
  document.body.setAttribute("data-served-sites", served);
}
function lineOf(i, lines) { routes.line[i].forEach(function (flat) { lines.push(decode(flat)); }); return lines; }
/* what the open card speaks of: the ways of a site, or a stretch and the sites that it takes down */
function drawHalo() {
  var own = [], onward = [], ring = state.site >= 0 && marks[state.site];
  if (halo) { map.removeLayer(halo); halo = null; }
  if (state.route >= 0) { lineOf(state.route, own); }
  if (state.site >= 0) {
    waysOf(state.site).forEach(function (part) {
      part.paths.forEach(function (path) { path.slice(2).forEach(function (r) { lineOf(r, part.site === state.site ? own : onward); }); });
    });
  }
  if (state.district >= 0) { own = data.districts[state.district].rings.map(decode); }
  if (!own.length && !onward.length && !ring) { return; }
  halo = L.layerGroup();
  function under(lines, weight, opacity) {
    if (lines.length) { halo.addLayer(L.polyline(lines, quiet({ renderer: casingCanvas, pane: "casing", color: "#1d2733", weight: weight, opacity: opacity }))); }
  }
  function around(mark, more, options) {
    options.radius = mark.getRadius() + more; options.fill = false;
    halo.addLayer(L.circleMarker(mark.getLatLng(), quiet(options)));
  }
  under(onward, 2.4 * zoomScale() + 2.5, 0.45);
  under(own, state.district >= 0 ? 3 : 3.6 * zoomScale() + 4, 0.9);
  if (ring) { around(ring, 7, { renderer: casingCanvas, pane: "casing", color: "#1d2733", weight: 3 }); }
  if (state.route >= 0) {
    data.cuts.down[state.route].forEach(function (i) { if (marks[i]) { around(marks[i], 3.5, { renderer: overCanvas, pane: "over", color: "#b3261e", weight: 2.2 }); } });
    data.cuts.kept[state.route].forEach(function (i) { if (marks[i]) { around(marks[i], 3.5, { renderer: overCanvas, pane: "over", color: "#1d2733", weight: 1.6, dashArray: "3 3" }); } });
  }
  map.addLayer(halo);
}
