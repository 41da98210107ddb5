/* ---- measuring --------------------------------------------------------------------------- */
/* Points by clicks, or by keyboard: the arrow keys move the map, Enter sets a point at its middle. */
var measured = [], measuring = false, ruler = null;
/* Length on the ellipsoid (WGS-84) by its radii at the middle latitude: within 0.01 % across a city,
   where the sphere of the usual formula is off by up to 0.3 %. */
function metresBetween(a, b) {
  var rad = Math.PI / 180, e2 = 0.00669437999014, middle = (a.lat + b.lat) / 2 * rad;
  var w = 1 - e2 * Math.sin(middle) * Math.sin(middle);
  var meridian = 6378137 * (1 - e2) / Math.pow(w, 1.5), normal = 6378137 / Math.sqrt(w);
  var north = (b.lat - a.lat) * rad * meridian, east = (b.lng - a.lng) * rad * normal * Math.cos(middle);
  return Math.sqrt(north * north + east * east);
}
function measuredMetres() {
  var sum = 0, k;
  for (k = 1; k < measured.length; k++) { sum += metresBetween(measured[k - 1], measured[k]); }
  return sum;
}
function writeMeasure() {
  var box = id("measure-box");
  box.hidden = !measuring;
  id("measure").setAttribute("aria-pressed", measuring ? "true" : "false");
  id("stage").classList.toggle("measuring", measuring);
  if (ruler) { map.removeLayer(ruler); ruler = null; }
  if (!measuring) { return; }
  id("measure-sum").textContent = measured.length > 1 ? km(measuredMetres()) : word("measure_first");
  id("measure-undo").disabled = id("measure-clear").disabled = !measured.length;
  if (!measured.length) { return; }
  ruler = L.layerGroup();
  ruler.addLayer(L.polyline(measured, quiet({ renderer: overCanvas, pane: "over", color: "#fff", weight: 6 })));
  ruler.addLayer(L.polyline(measured, quiet({ renderer: overCanvas, pane: "over", color: "#1d2733", weight: 2.5, dashArray: "7 4" })));
  measured.forEach(function (at) {
    ruler.addLayer(L.circleMarker(at, quiet({ renderer: overCanvas, pane: "over", color: "#1d2733", weight: 2, fillColor: "#fff", fillOpacity: 1, radius: 4 })));
  });
  map.addLayer(ruler);
}
function addMeasured(at) { measured.push(at); writeMeasure(); }
function undoMeasured() { measured.pop(); writeMeasure(); }
function setMeasuring(on) {
  measuring = on;
  measured = [];
  if (on) { closeCard(); }
  writeMeasure();
  if (on) { map.getContainer().focus({ preventScroll: true }); }
}
function bindMeasure() {
  id("measure").addEventListener("click", function () { setMeasuring(!measuring); });
  id("measure-undo").addEventListener("click", undoMeasured);
  id("measure-clear").addEventListener("click", function () { measured = []; writeMeasure(); });
  id("measure-end").addEventListener("click", function () { setMeasuring(false); id("measure").focus(); });
  map.on("mousemove", function () { id("stage").classList.remove("by-key"); });
  map.getContainer().addEventListener("keydown", function (event) {
    if (!measuring) { return; }
    id("stage").classList.add("by-key");
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); addMeasured(map.getCenter()); }
    if (event.key === "Backspace" && measured.length) { event.preventDefault(); undoMeasured(); }
  });
}
