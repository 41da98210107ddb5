/* ---- the city centre enlarged ------------------------------------------------------------ */
/* the municipal units crowd in the middle of the city: a view of their own */
var heart = null;
function findHeart() {
  var units = [];
  sites.level.forEach(function (level, i) { if (level === "municipal" && sites.at[i].length) { units.push([sites.at[i][1] / data.units, sites.at[i][0] / data.units]); } });
  if (units.length > 1) { heart = L.latLngBounds(units); }
  /* an enlargement of half the city is none */
  if (heart && heart.getEast() - heart.getWest() > (box.getEast() - box.getWest()) / 2) { heart = null; }
}
var INSETS = [460, 380, 310, 250];
var inset = null, insetLines = null, insetMarks = [], insetSize = 0, insetFrame = null, wholeZoom = 0;
function drawInset() {
  if (!heart) { return; }
  var fixed = { zoomControl: false, attributionControl: false, dragging: false, keyboard: false, scrollWheelZoom: false,
    doubleClickZoom: false, boxZoom: false, touchZoom: false, tap: false, zoomSnap: 0, preferCanvas: true,
    zoomAnimation: false, fadeAnimation: false, center: heart.getCenter(), zoom: 10 };
  inset = L.map("inset-map", fixed);
  var area = heart.pad(0.3);
  inset.createPane("ground").style.zIndex = 250;
  var ground = L.canvas({ pane: "ground", padding: 0 });
  data.districts.forEach(function (district) {
    L.polygon(district.rings.map(decode), { renderer: ground, pane: "ground", interactive: false, color: "#cbd2d9", weight: 1, fillColor: "#fff", fillOpacity: 1 }).addTo(inset);
  });
  L.polyline(data.existing.map(decode), { renderer: ground, pane: "ground", interactive: false, color: "#66727f", weight: 1, opacity: 0.8 }).addTo(inset);
  inset.createPane("lines").style.zIndex = 380;
  insetLines = new LinesLayer(store, { pane: "lines", padding: 0 }).addTo(inset);
  ORDER.forEach(function (level) {
    groups[level].eachLayer(function (mark) {
      if (!area.contains(mark.getLatLng())) { return; }
      var copy = new Mark(mark.getLatLng(), { interactive: false, sides: mark.options.sides, turned: mark.options.turned });
      copy.index = mark.index;
      insetMarks.push(copy);
    });
  });
  insetFrame = L.rectangle(heart, quiet({ color: "#33404d", weight: 1.2, fill: false }));
  id("inset").addEventListener("click", function () { id("centre").click(); });
}
function sizeInset(size) {
  if (!inset) { return; }
  insetSize = size;
  id("inset").style.width = size + "px";
  id("inset").style.height = Math.round(size * 0.9) + "px";
  id("inset").hidden = true;
  showInset();
}
function showInset() {
  if (!inset) { return; }
  var wanted = insetSize > 0 && map.getZoom() < wholeZoom + 1.6, fresh = wanted && id("inset").hidden;
  id("inset").hidden = !wanted;
  toggle(insetFrame, wanted);
  /* a hidden map has no size: it is fitted when it comes up */
  if (fresh) { inset.invalidateSize({ animate: false, pan: false }); inset.fitBounds(heart, { animate: false, padding: [4, 4] }); }
}
function updateInset() {
  if (!inset || id("inset").hidden) { return; }
  insetLines.setBatches(batches(1.9, 3, 0));
  insetMarks.forEach(function (copy) {
    var style = siteStyle(copy.index), level = sites.level[copy.index];
    style.radius = { core: 8, district: 5.5, township: 3, municipal: 1.7 }[level] || 2;
    if (shown[level] === false) { inset.removeLayer(copy); return; }
    copy.setRadius(style.radius);
    copy.setStyle(style);
    if (inset.hasLayer(copy)) { copy.bringToFront(); } else { inset.addLayer(copy); }
  });
}
