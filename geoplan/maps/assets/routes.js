/* ---- routes ------------------------------------------------------------------------------ */
var DASHES = { pull: [9, 5], light: [2, 5] };
var store = null, linesLayer = null, halo = null;
/* parts of the lines by phase, then by how they are drawn: dug, pulled, lit */
var partsBy = [], routeCount = [];
function zoomScale() {
  var z = map.getZoom();
  return z < 9 ? 0.75 : z < 10.5 ? 0.9 : z < 12 ? 1.1 : z < 14 ? 1.4 : 1.8;
}
function drawRoutes() {
  var k, part, kind, phase;
  store = lineStore(routes.line);
  for (k = 0; k <= last; k++) { partsBy.push({ dug: [], pull: [], light: [] }); routeCount.push(0); }
  for (part = 0; part < store.parts; part++) {
    phase = routes.phase[store.line[part]];
    kind = DASHES[routes.method[store.line[part]]] ? routes.method[store.line[part]] : "dug";
    if (phase > 0 && phase <= last) { partsBy[phase][kind].push(part); }
  }
  routes.phase.forEach(function (phase) { if (phase > 0 && phase <= last) { routeCount[phase] += 1; } });
  pane("lines", 380);
  linesLayer = new LinesLayer(store, { pane: "lines" }).addTo(map);
  data.paths.forEach(function (path, p) {
    if (!pathsOf[path[0]]) { pathsOf[path[0]] = []; }
    pathsOf[path[0]].push(p);
  });
}
/* With very many lines on the screen each is a few pixels long: hairlines without dashes and white
   edges, which show more of them, and which a browser draws many times faster. */
var MANY = 20000;
function dense() { return store.parts > MANY && map.getZoom() < 12; }
/* what is built up to now, thinner; what is new in this phase, bold on white */
function batches(thin, bold, casing) {
  var found = [], k, plain = dense();
  if (plain) { thin = bold = 1; casing = 0; }
  if (!shown.routes) { return found; }
  function add(parts, tint, weight, opacity, dash, silent) {
    if (parts.length) { found.push({ parts: parts, color: tint, weight: weight, opacity: opacity, dash: plain ? null : dash, silent: silent }); }
  }
  if (state.step > 0 && casing) {
    add(partsBy[state.step].dug, "#fff", casing, 0.9, null, true);
    add(partsBy[state.step].pull, "#fff", casing, 0.9, null, true);
  }
  for (k = 1; k <= state.step; k++) {
    var now = k === state.step, weight = now ? bold : thin, opacity = now ? 1 : plain ? 0.6 : 0.8;
    add(partsBy[k].light, colour(k), weight * 0.75, opacity, DASHES.light, false);
    add(partsBy[k].pull, colour(k), weight, opacity, DASHES.pull, false);
    add(partsBy[k].dug, colour(k), weight, opacity, null, false);
  }
  return found;
}
function routeAt(at) { return shown.routes ? linesLayer.lineAt(at, 6) : -1; }
/* what lies under the pointer is looked for once per frame; a mark lies over the lines that end in it */
var pointed = 0;
function tipAt(event) {
  var site = siteAt(event.layerPoint), route = site < 0 ? routeAt(event.latlng) : -1;
  id("stage").classList.toggle("on-line", route >= 0);
  if (site >= 0) {
    tip(marks[site].getLatLng(), sites.name[site], phaseName(sites.phase[site]));
  } else if (route >= 0) {
    tip(event.latlng, routeTitle(route), say(data.methods[routes.method[route]] || ["", ""]));
  } else { untip(); }
}
function bindHover() {
  map.on("mousemove", function (event) {
    L.Util.cancelAnimFrame(pointed);
    pointed = L.Util.requestAnimFrame(function () { if (!map.dragging.moving()) { tipAt(event); } });
  });
  map.on("mouseout", function () { L.Util.cancelAnimFrame(pointed); untip(); });
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
