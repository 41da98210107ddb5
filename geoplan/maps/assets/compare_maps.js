/* The compare map: one pane per plan, all of them with one view. */
var maps = input, LETTERS = ["A", "B", "C", "D"];
var state = { step: 0, language: data.language, other: 1, marked: true, chosen: null };
var last = 0;
data.plans.forEach(function (plan) { last = Math.max(last, plan.steps.length - 1); });
state.step = last;
var SAME = "#a3adb7";
var DASHES = { pull: "9 5", light: "2 5" };
var box = L.latLngBounds(
  [data.bounds[1] / data.units, data.bounds[0] / data.units],
  [data.bounds[3] / data.units, data.bounds[2] / data.units]);
var panes = [];

/* a plan with fewer phases stands still at its last one */
function stepOf(p) { return Math.min(state.step, data.plans[p].steps.length - 1); }
function stepName(step) {
  var p = 0;
  while (data.plans[p].steps.length <= step) { p += 1; }
  return say(data.plans[p].steps[step].name);
}
function planName(p) { return data.plans[p].name || say(data.plans[p].title); }
function phaseIn(p, phase) { return phase > 0 && phase < data.plans[p].steps.length ? say(data.plans[p].steps[phase].name) : word("unserved"); }
function difference() { return data.differences[state.other - 1]; }
function shownPane(p) { return p === 0 || p === state.other; }

/* what differs in pane p: row -> 2 only here, 1 another method or phase; sites: row -> 1 */
function marksOf(p) {
  var found = { routes: {}, sites: {} }, own = difference(), side = p === 0 ? 0 : 1;
  if (!shownPane(p)) { return found; }
  own[side === 0 ? "only_first" : "only_second"].forEach(function (row) { found.routes[row] = 2; });
  own.other_method.concat(own.other_phase).forEach(function (pair) { found.routes[pair[side]] = 1; });
  own.earlier.concat(own.later).forEach(function (pair) { found.sites[pair[side]] = 1; });
  return found;
}

function addPane(p) {
  var map = maps[p], plan = data.plans[p], head = make("div", null, "pane-head"), heading = make("h2");
  var pane = { map: map, heading: heading, cost: make("span"), routes: [], sites: [] };
  head.appendChild(heading); head.appendChild(pane.cost);
  map.getContainer().parentNode.insertBefore(head, map.getContainer());
  function under(name, z) {
    var node = map.createPane(name);
    node.style.zIndex = z; node.style.pointerEvents = "none";
    return L.canvas({ pane: name, padding: 0.3 });
  }
  var ground = under("ground", 250), over = under("over", 450), main = L.canvas({ padding: 0.3, tolerance: 4 });
  pane.over = over;
  function quiet(options) { options.interactive = false; options.renderer = ground; options.pane = "ground"; return options; }
  data.districts.forEach(function (district) {
    L.polygon(district.rings.map(decode), quiet({ color: "#aab3bd", weight: 1, fillColor: "#fff", fillOpacity: 1 })).addTo(map);
  });
  if (data.water.length) { L.polygon(data.water.map(decode), quiet({ stroke: false, fillColor: "#b9dcee", fillOpacity: 0.75 })).addTo(map); }
  if (data.roads.length) { L.polyline(data.roads.map(decode), quiet({ color: "#d5dbe1", weight: 0.8 })).addTo(map); }
  plan.routes.line.forEach(function (lines, i) {
    var layer = L.polyline(lines.map(decode), { renderer: main, lineCap: "butt", bubblingMouseEvents: false });
    layer.on("click", function () { choose({ kind: "route", pane: p, row: i }); });
    pane.routes.push(layer);
  });
  plan.sites.at.forEach(function (at, i) {
    var level = plan.sites.level[i], mark = null;
    if (at.length) {
      mark = new Mark([at[1] / data.units, at[0] / data.units], { renderer: main, bubblingMouseEvents: false,
        sides: level === "core" || level === "district" ? 4 : 0, turned: level === "core" });
      mark.on("click", function () { choose({ kind: "site", pane: p, row: i }); });
    }
    pane.sites.push(mark);
  });
  L.control.zoom({ position: "bottomright", zoomInTitle: "+", zoomOutTitle: "−" }).addTo(map);
  if (p === 0) { L.control.scale({ position: "bottomleft", imperial: false }).addTo(map); }
  map.getContainer().setAttribute("role", "region");
  unsmoothed(map);
  map.on("click", function () { choose(null); });
  panes.push(pane);
}

var RADIUS = { core: 7, district: 5, township: 3, municipal: 1.7 };
function toggle(map, layer, wanted) {
  if (wanted !== map.hasLayer(layer)) { if (wanted) { map.addLayer(layer); } else { map.removeLayer(layer); } }
}
function drawPane(p) {
  var pane = panes[p], plan = data.plans[p], found = marksOf(p), step = stepOf(p), lifted = [];
  pane.routes.forEach(function (layer, i) {
    var phase = plan.routes.phase[i], mark = found.routes[i] || 0, on = phase > 0 && phase <= step;
    toggle(pane.map, layer, on);
    if (!on) { return; }
    layer.setStyle({ color: state.marked && !mark ? SAME : colour(phase), weight: state.marked ? [1.4, 2.2, 4][mark] : 2.2,
      opacity: state.marked && !mark ? 0.75 : 1, dashArray: DASHES[plan.routes.method[i]] || null });
    if (mark) { lifted.push(layer); }
  });
  if (state.marked) { lifted.forEach(function (layer) { layer.bringToFront(); }); }
  pane.sites.forEach(function (mark, i) {
    if (!mark) { return; }
    var phase = plan.sites.phase[i], on = phase > 0 && phase <= step, level = plan.sites.level[i], changed = found.sites[i];
    mark.setRadius((RADIUS[level] || 2.5) * (state.marked && changed ? 1.7 : 1));
    mark.setStyle({ fillColor: level === "core" ? "#1d2733" : on ? (state.marked && !changed ? SAME : colour(phase)) : "#fff",
      fillOpacity: 1, color: on || level === "core" ? "#fff" : GREY, weight: 1, opacity: 1 });
    toggle(pane.map, mark, true);
    mark.bringToFront();
  });
}
function drawChosen() {
  panes.forEach(function (pane, p) {
    if (pane.chosen) { pane.map.removeLayer(pane.chosen); pane.chosen = null; }
    var row = rowIn(p), style = { renderer: pane.over, pane: "over", interactive: false, color: "#1d2733" };
    if (row < 0) { return; }
    if (state.chosen.kind === "route") {
      style.weight = 2; style.dashArray = "4 4";
      pane.chosen = L.rectangle(pane.routes[row].getBounds().pad(0.3), style);
      style.fill = false;
      pane.chosen.setStyle(style);
    } else if (pane.sites[row]) {
      style.weight = 3; style.fill = false; style.radius = pane.sites[row].getRadius() + 7;
      pane.chosen = L.circleMarker(pane.sites[row].getLatLng(), style);
    }
    if (pane.chosen) { pane.map.addLayer(pane.chosen); }
  });
}
/* the row of the chosen site or stretch in another plan, -1 where it is not */
function rowIn(p) {
  var chosen = state.chosen;
  if (!chosen) { return -1; }
  if (p === chosen.pane) { return chosen.row; }
  if (chosen.kind === "site") { return data.plans[p].sites.site_id.indexOf(data.plans[chosen.pane].sites.site_id[chosen.row]); }
  return -1;
}
/* one view: whichever map moves, the others follow at once */
var following = false;
function follow(p) {
  maps[p].on("move", function () {
    if (following) { return; }
    following = true;
    maps.forEach(function (other, q) { if (q !== p) { other.setView(maps[p].getCenter(), maps[p].getZoom(), { animate: false }); } });
    following = false;
  });
}
function whole() { maps[0].fitBounds(box, { padding: [10, 10], animate: false }); }
