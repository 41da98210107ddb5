/* ---- what is on the map at a step -------------------------------------------------------- */
function toggle(layer, wanted) {
  if (layer && wanted !== map.hasLayer(layer)) { if (wanted) { map.addLayer(layer); } else { map.removeLayer(layer); } return wanted; }
  return false;
}
/* All marks at once: Leaflet would ask for a new picture three times per mark. */
function styleMarks() {
  var i, style, mark;
  for (i = 0; i < marks.length; i++) {
    mark = marks[i];
    if (!mark) { continue; }
    style = siteStyle(i);
    L.Util.extend(mark.options, style);
    mark._radius = style.radius;
    if (mark._map) { mark._updateBounds(); }
  }
  if (mainCanvas._ctx) { mainCanvas._redrawBounds = null; mainCanvas._clear(); mainCanvas._draw(); }
}
function draw() {
  var k, i, count = 0, served = 0, raised = false;
  ["existing", "roads", "water", "tiles"].forEach(function (name) { toggle(layers[name], shown[name]); });
  for (k = 1; k <= state.step; k++) { count += shown.routes ? routeCount[k] : 0; }
  linesLayer.setBatches(batches(2.1 * zoomScale(), 3.6 * zoomScale(), 3.6 * zoomScale() + 3.4));
  for (i = 0; i < marks.length; i++) { if (marks[i] && inService(i)) { served += 1; } }
  /* in their order from the start: only a level that comes back needs putting on top again */
  ORDER.forEach(function (level) { if (toggle(groups[level], shown[level])) { raised = true; } });
  if (raised) { ORDER.forEach(function (level) { if (map.hasLayer(groups[level])) { groups[level].bringToFront(); } }); }
  styleMarks();
  districtShapes.forEach(function (shape, d) {
    var district = data.districts[d], part = district.total ? district.served[state.step] / district.total : 0;
    var tone = shown.coverage && part > 0 ? TONES[Math.min(3, Math.ceil(part * 4) - 1)] : "#fff";
    var opacity = data.tile && shown.tiles ? (part > 0 && shown.coverage ? 0.45 : 0) : 1;
    if (tone !== shape.options.fillColor || opacity !== shape.options.fillOpacity) { shape.setStyle({ fillColor: tone, fillOpacity: opacity }); }
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
  /* wider than the white edges of what is new in the phase */
  under(onward, 3.6 * zoomScale() + 6.5, 0.45);
  under(own, state.district >= 0 ? 3 : 3.6 * zoomScale() + 9, 0.9);
  if (ring) { around(ring, 7, { renderer: casingCanvas, pane: "casing", color: "#1d2733", weight: 3 }); }
  if (state.route >= 0) {
    data.cuts.down[state.route].forEach(function (i) { if (marks[i]) { around(marks[i], 3.5, { renderer: overCanvas, pane: "over", color: "#b3261e", weight: 2.2 }); } });
    data.cuts.kept[state.route].forEach(function (i) { if (marks[i]) { around(marks[i], 3.5, { renderer: overCanvas, pane: "over", color: "#1d2733", weight: 1.6, dashArray: "3 3" }); } });
  }
  map.addLayer(halo);
}
