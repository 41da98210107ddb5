/* ---- the sheet of paper ------------------------------------------------------------------ */
var before = null;
function resized() { maps.forEach(function (map) { map.invalidateSize({ animate: false, pan: false }); }); }
/* what is beside and below the maps takes the room that it needs; the smallest letters come last */
var LETTER_SIZES = [13, 12, 11, 10, 9, 8];
function toPaper() {
  var k, app = id("app");
  if (before) { return; }
  before = { centre: maps[0].getCenter(), zoom: maps[0].getZoom(), bounds: maps[0].getBounds() };
  document.body.classList.add("printing");
  for (k = 0; k < LETTER_SIZES.length; k++) {
    id("tables").style.fontSize = LETTER_SIZES[k] + "px";
    if (app.scrollHeight <= app.clientHeight) { break; }
  }
  resized();
  if (before.bounds.contains(box)) { whole(); } else { maps[0].fitBounds(before.bounds, { animate: false }); }
}
function toScreen() {
  if (!before) { return; }
  document.body.classList.remove("printing");
  id("tables").style.fontSize = "";
  resized();
  maps[0].setView(before.centre, before.zoom, { animate: false });
  before = null;
}
window.addEventListener("beforeprint", toPaper);
window.addEventListener("afterprint", toScreen);
