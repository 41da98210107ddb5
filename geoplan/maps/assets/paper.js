/* ---- the sheet of paper ------------------------------------------------------------------ */
var before = null;
function toPaper() {
  if (before) { return; }
  before = { centre: map.getCenter(), zoom: map.getZoom(), bounds: map.getBounds() };
  document.body.classList.add("printing");
  id("panel").scrollTop = 0;
  map.invalidateSize({ animate: false, pan: false });
  if (before.bounds.contains(box) || map.getZoom() < 10) { whole(false); } else { map.fitBounds(before.bounds, { animate: false }); }
}
function toScreen() {
  if (!before) { return; }
  document.body.classList.remove("printing");
  map.invalidateSize({ animate: false, pan: false });
  map.setView(before.centre, before.zoom, { animate: false });
  before = null;
  sizeInset(room().inset); updateInset();
}
