/* ---- base of the map --------------------------------------------------------------------- */
function pane(name, z) {
  var node = map.createPane(name);
  node.style.zIndex = z;
  node.style.pointerEvents = "none";
  return new TurnCanvas({ pane: name, padding: 0.1, turn: name === "ground" ? GROUND_TURN : MARKS_TURN });
}
var groundCanvas = pane("ground", 250), casingCanvas = pane("casing", 350), overCanvas = pane("over", 450);
var mainCanvas = new MarksCanvas({ padding: 0.1, tolerance: 4, turn: MARKS_TURN });
var layers = {};
var districtShapes = [];
function quiet(options) {
  options.interactive = false;
  options.renderer = options.renderer || groundCanvas;
  options.pane = options.pane || "ground";
  return options;
}
var box = L.latLngBounds(
  [data.bounds[1] / data.units, data.bounds[0] / data.units],
  [data.bounds[3] / data.units, data.bounds[2] / data.units]);

function drawBase() {
  var i, district, shape;
  if (data.tile) { layers.tiles = L.tileLayer(data.tile, { maxZoom: 18 }).addTo(map); }
  layers.coverage = L.layerGroup().addTo(map);
  for (i = 0; i < data.districts.length; i++) {
    district = data.districts[i];
    shape = L.polygon(district.rings.map(decode), quiet({ stroke: false, fillColor: "#fff", fillOpacity: 1 }));
    districtShapes.push(shape);
    layers.coverage.addLayer(shape);
  }
  layers.water = L.layerGroup().addTo(map);
  if (data.water.length) {
    layers.water.addLayer(L.polygon(data.water.map(decode), quiet({ stroke: false, fillColor: "#b9dcee", fillOpacity: 0.75 })));
  }
  layers.roads = L.layerGroup().addTo(map);
  if (data.roads.length) {
    layers.roads.addLayer(L.polyline(data.roads.map(decode), quiet({ color: "#c9d1d9", weight: 0.8 })));
  }
  for (i = 0; i < data.districts.length; i++) {
    L.polygon(data.districts[i].rings.map(decode), quiet({ fill: false, color: "#aab3bd", weight: 1.1 })).addTo(map);
  }
  layers.existing = L.layerGroup().addTo(map);
  if (data.existing.length) {
    layers.existing.addLayer(L.polyline(data.existing.map(decode), quiet({ color: "#66727f", weight: 1.3, opacity: 0.8 })));
  }
}

var labels = [];
function drawLabels() {
  data.districts.forEach(function (district, i) {
    if (!district.label.length) { return; }
    var at = [district.label[1] / data.units, district.label[0] / data.units];
    var tip = L.tooltip({ permanent: true, direction: "center", className: "district-label", opacity: 1 });
    var node = make("span", district.name), count = make("small");
    node.appendChild(count);
    tip.setLatLng(at).setContent(node);
    labels.push({ tip: tip, shape: districtShapes[i], width: 15 * district.name.length + 6, count: count, district: district });
  });
}
function placeLabels() {
  labels.forEach(function (label) {
    var bounds = label.shape.getBounds();
    var a = map.latLngToLayerPoint(bounds.getNorthWest()), b = map.latLngToLayerPoint(bounds.getSouthEast());
    var room = b.x - a.x > label.width * 1.25 && b.y - a.y > 44;
    if (room) { label.tip.addTo(map); } else { map.removeLayer(label.tip); }
  });
}
/* townships served of all of them, under the name: the choropleth in figures */
function countLabels() {
  labels.forEach(function (label) {
    var total = label.district.total;
    label.count.textContent = total && shown.coverage ? label.district.served[state.step] + " / " + total : "";
  });
}
function districtAt(at) {
  var x = at.lng * data.units, y = at.lat * data.units, found = -1;
  data.districts.forEach(function (district, d) {
    var inside = false;
    district.rings.forEach(function (flat) {
      var px = 0, py = 0, qx, qy, k, points = [];
      for (k = 0; k < flat.length; k += 2) { px += flat[k]; py += flat[k + 1]; points.push([px, py]); }
      qx = px; qy = py;
      points.forEach(function (p) {
        if (p[1] > y !== qy > y && x < (qx - p[0]) * (y - p[1]) / (qy - p[1]) + p[0]) { inside = !inside; }
        qx = p[0]; qy = p[1];
      });
    });
    if (inside && found < 0) { found = d; }
  });
  return found;
}
