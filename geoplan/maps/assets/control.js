/* ---- steps, language, links -------------------------------------------------------------- */
function writeTabs() {
  var tabs = clear(id("tabs")), k, slider = id("slider");
  data.steps.forEach(function (_, step) {
    var button = make("button", stepName(step));
    button.type = "button";
    button.title = stepName(step);
    button.style.borderBottomColor = colour(step);
    button.addEventListener("click", function () { stop(); setStep(step); });
    tabs.appendChild(button);
  });
  slider.max = last;
  /* thumb centres under the middle of the tabs: n tabs, n - 1 gaps */
  slider.style.width = "calc(" + 100 * last / (last + 1) + "% + 16px)";
  for (k = 0; k <= last; k++) { tabs.children[k].setAttribute("aria-pressed", k === state.step ? "true" : "false"); }
}
function setStep(step) {
  state.step = Math.max(0, Math.min(last, step));
  var tabs = id("tabs").children, k;
  for (k = 0; k < tabs.length; k++) { tabs[k].setAttribute("aria-pressed", k === state.step ? "true" : "false"); }
  id("slider").value = state.step;
  id("slider").setAttribute("aria-valuetext", stepName(state.step));
  writeFigures(); draw(); link();
  var record = data.steps[state.step];
  id("said").textContent = stepName(state.step) + colon() + word("sites") + " " + say(record.sites) + ", " + word("weight") + " " + say(record.weight) + ", " + word("spent") + " " + say(record.spent);
}
function stop() {
  if (state.timer) { clearInterval(state.timer); state.timer = null; }
  id("play").setAttribute("aria-pressed", "false");
  id("play-text").textContent = word("play");
  id("play").title = word("play");
}
function play() {
  if (state.timer) { stop(); return; }
  if (state.step === last) { setStep(0); }
  state.timer = setInterval(function () {
    setStep(state.step + 1);
    if (state.step === last) { stop(); }
  }, 1800);
  id("play").setAttribute("aria-pressed", "true");
  id("play-text").textContent = word("pause");
  id("play").title = word("pause");
}
function writeSources() {
  id("credit").textContent = data.attributions.length ? word("source") + colon() + data.attributions.map(half).join(" · ") : "";
  id("version").textContent = "geoplan " + data.version;
}
function setLanguage(language) {
  state.language = language;
  document.documentElement.lang = language === 0 ? "zh-CN" : "en";
  document.title = say(data.title);
  var nodes = document.querySelectorAll("[data-t]"), i;
  for (i = 0; i < nodes.length; i++) { nodes[i].textContent = word(nodes[i].getAttribute("data-t")); }
  nodes = document.querySelectorAll("[data-label]");
  for (i = 0; i < nodes.length; i++) { nodes[i].setAttribute("aria-label", word(nodes[i].getAttribute("data-label"))); }
  map.getContainer().setAttribute("aria-label", word("map"));
  id("query").setAttribute("placeholder", word("search"));
  document.querySelector(".leaflet-control-zoom-in").setAttribute("aria-label", word("zoom_in"));
  document.querySelector(".leaflet-control-zoom-out").setAttribute("aria-label", word("zoom_out"));
  id("language").setAttribute("lang", language === 0 ? "en" : "zh-CN");
  id("title").textContent = say(data.title);
  id("mark").textContent = say(data.classification);
  id("mark").hidden = !say(data.classification);
  writeSources();
  writeTabs(); writeLegend(); writeNotes(); writeCard(); writeMeasure(); stop();
  setStep(state.step);
  /* the line of sources may have become higher or lower */
  map.invalidateSize({ animate: false, pan: false });
}
var quietLink = false;
function link() {
  var parts = ["phase=" + state.step];
  if (state.site >= 0) { parts.push("site=" + encodeURIComponent(sites.site_id[state.site])); }
  if (state.route >= 0) { parts.push("route=" + routes.edge_id[state.route]); }
  if (state.district >= 0) { parts.push("district=" + encodeURIComponent(data.districts[state.district].code)); }
  var off = Object.keys(shown).filter(function (key) { return !shown[key]; });
  if (off.length) { parts.push("off=" + off.join(",")); }
  /* the whole city is the view without a word; any other is a place and a zoom */
  if (!framed) {
    var middle = map.getCenter();
    parts.push("view=" + middle.lat.toFixed(4) + "," + middle.lng.toFixed(4) + "," + map.getZoom());
  }
  parts.push("lang=" + (state.language === 0 ? "zh" : "en"));
  if (quietLink || before) { return; }
  try { window.history.replaceState(null, "", "#" + parts.join("&")); } catch (error) { quietLink = true; }
}
function readLink() {
  var wanted = {};
  window.location.hash.replace(/^#/, "").split("&").forEach(function (part) {
    var at = part.indexOf("=");
    if (at > 0) { try { wanted[part.slice(0, at)] = decodeURIComponent(part.slice(at + 1)); } catch (error) { wanted[part.slice(0, at)] = ""; } }
  });
  return wanted;
}
function follow(wanted) {
  quietLink = true;
  var off = (wanted.off || "").split(","), place = /^(-?[\d.]+),(-?[\d.]+),([\d.]+)$/.exec(wanted.view || "");
  if (/^\d+$/.test(wanted.phase || "")) { state.step = Math.min(last, parseInt(wanted.phase, 10)); }
  Object.keys(shown).forEach(function (key) { shown[key] = off.indexOf(key) < 0; });
  setLanguage(wanted.lang === "en" ? 1 : wanted.lang === "zh" ? 0 : state.language);
  var site = wanted.site === undefined ? -1 : siteRow(wanted.site);
  var route = wanted.route === undefined ? -1 : routes.edge_id.indexOf(parseInt(wanted.route, 10));
  var codes = data.districts.map(function (district) { return district.code; });
  var district = wanted.district === undefined ? -1 : codes.indexOf(wanted.district);
  if (site >= 0) {
    openSite(site, false);
    if (!place) { showSite(site, false); }
  } else if (route >= 0) {
    openRoute(route, false);
    if (!place) { map.fitBounds(boundsOf(store, route), { maxZoom: 14, animate: false }); }
  } else if (district >= 0) { openDistrict(district, false); }
  if (place) { map.setView([parseFloat(place[1]), parseFloat(place[2])], parseFloat(place[3]), { animate: false }); }
  quietLink = false;
  link();
}
