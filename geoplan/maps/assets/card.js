/* ---- card of a site or a route ----------------------------------------------------------- */
function fact(list, label, value, ring) {
  if (value === "" || value === null || value === undefined) { return; }
  var div = make("div"), dt = make("dt", label), dd = make("dd");
  /* the key to the rings around sites on the map */
  if (ring) { dt.insertBefore(make("i", null, "ring " + ring), dt.firstChild); }
  div.appendChild(dt);
  if (value.nodeType) { dd.appendChild(value); } else { dd.textContent = value; }
  div.appendChild(dd);
  list.appendChild(div);
}
function linked(text, action) {
  var button = make("button", text);
  button.type = "button";
  button.addEventListener("click", action);
  return button;
}
function siteLink(i) { return linked(sites.name[i], function () { openSite(i, true); }); }
function routeLink(i) { return linked(String(routes.edge_id[i]), function () { openRoute(i, true); }); }
/* a count and the names behind it: a few stand open, many open on demand */
var FEW = 8;
function listed(text, rows, linkOf) {
  var few = rows.length <= FEW, box = make(few ? "p" : "details"), names = make("span");
  function fill() { if (!names.firstChild) { rows.forEach(function (i) { names.appendChild(linkOf(i)); }); } }
  box.appendChild(make(few ? "em" : "summary", text));
  if (few) { fill(); } else { box.addEventListener("toggle", fill); }
  box.appendChild(names);
  return box;
}
function counted(rows) { return grouped(rows.length, 0); }
function writeCard() {
  var card = id("card"), list = clear(id("card-rows")), why = id("card-why"), text = "";
  card.hidden = state.site < 0 && state.route < 0 && state.district < 0;
  if (card.hidden) { return; }
  if (state.site >= 0) { text = writeSite(list, state.site); } else if (state.route >= 0) { writeRoute(list, state.route); } else { writeDistrict(list, state.district); }
  why.hidden = !text;
  why.textContent = text;
  if (text) { why.insertBefore(make("strong", word("why") + colon()), why.firstChild); }
}
function writeSite(list, i) {
  id("card-kind").textContent = say(data.levels[sites.level[i]] || ["", ""]) + " · " + sites.district_name[i];
  id("card-title").textContent = sites.name[i];
  fact(list, word("code"), sites.site_id[i]);
  fact(list, word("in_phase"), phaseName(sites.phase[i]));
  var home = siteRow(sites.home_id[i]);
  if (home >= 0 && home !== i) { fact(list, word("home"), siteLink(home)); }
  fact(list, word("ways"), sites.ways_required[i] > 1 ? String(sites.ways_required[i]) : "");
  fact(list, word("path_length"), sites.path_length_m[i] === null ? "" : km(sites.path_length_m[i]));
  waysOf(i).forEach(function (part) {
    part.paths.forEach(function (path) {
      var label = word(part.site === i ? "way" : "way_onward").replace("{}", path[1]);
      fact(list, label, listed(counted(path.slice(2)) + " " + word("stretches"), path.slice(2), routeLink));
    });
  });
  fact(list, word("access"), state.language === 0 ? sites.access_zh[i] : sites.access_en[i]);
  fact(list, word("loss"), sites.loss_db[i] === null ? "" : sites.loss_db[i].toFixed(3) + " dB");
  fact(list, word("optic"), sites.optic[i] || (sites.loss_db[i] === null ? "" : word("no_optic")));
  fact(list, word("cost_share"), sites.phase[i] > 0 ? cash(sites.cost_share_cents[i]) : "");
  fact(list, word("village_count"), sites.villages[i] ? String(sites.villages[i]) : "");
  fact(list, word("weight_of"), grouped(sites.weight[i], 0) + (sites.weight_reason[i] ? bracketed(half(sites.weight_reason[i])) : ""));
  fact(list, word("quality"), data.qualities[sites.position_quality[i]] ? say(data.qualities[sites.position_quality[i]]) : sites.position_quality[i]);
  fact(list, word("note"), half(sites.note[i]));
  return state.language === 0 ? sites.why_zh[i] : sites.why_en[i];
}
function writeRoute(list, i) {
  var down = data.cuts.down[i], kept = data.cuts.kept[i], beside = data.cuts.together[i];
  id("card-kind").textContent = phaseName(routes.phase[i]);
  id("card-title").textContent = routeTitle(i);
  fact(list, word("method"), data.methods[routes.method[i]] ? say(data.methods[routes.method[i]]) : routes.method[i]);
  fact(list, word("length"), km(routes.length_m[i]));
  fact(list, word("cables"), routes.cables[i] ? routes.cables[i] + " " + word("core_unit") : word("none"));
  fact(list, word("cores"), grouped(routes.cores_used[i], 0));
  fact(list, word("cost"), cash(routes.cost_cents[i]));
  fact(list, word("uses"), routes.existing_id[i]);
  fact(list, word("depends"), grouped(routes.sites_served[i], 0));
  fact(list, word("cut_down"), down.length ? listed(counted(down) + " " + word("sites_unit"), down, siteLink) : word("none"), down.length ? "down" : "");
  fact(list, word("cut_kept"), kept.length ? listed(counted(kept) + " " + word("sites_unit"), kept, siteLink) : word("none"), kept.length ? "kept" : "");
  if (beside.length) { fact(list, word("cut_together"), listed(counted(beside) + " " + word("stretches"), beside, routeLink)); }
}
function writeDistrict(list, d) {
  var district = data.districts[d];
  id("card-kind").textContent = word("coverage");
  id("card-title").textContent = district.name;
  fact(list, word("code"), district.code);
  district.served.forEach(function (count, step) { fact(list, stepName(step), count + " / " + district.total); });
  sites.level.forEach(function (level, i) { if (level === "district" && sites.district_code[i] === district.code) { fact(list, word("hubs"), siteLink(i)); } });
}
function routeTitle(i) { return word("stretch") + " " + routes.edge_id[i]; }
function select(site, route, district) {
  var card = id("card"), within = card.contains(document.activeElement);
  state.site = site; state.route = route; state.district = district;
  untip();
  writeCard(); drawHalo(); link();
  if (card.hidden) { return; }
  id("said").textContent = id("card-kind").textContent + colon() + id("card-title").textContent;
  /* the link that was followed is gone with the old card: the keyboard goes on in the new one */
  if (within) { card.scrollTop = 0; card.focus(); }
}
function openSite(i, fly) {
  select(i, -1, -1);
  if (fly) { showSite(i, !still); }
}
/* a site with the whole of its way, beside card and legend */
function showSite(i, moving) {
  if (!marks[i]) { return; }
  var area = L.latLngBounds([marks[i].getLatLng()]), card = id("card"), size = map.getSize();
  (pathsOf[i] || []).forEach(function (p) { data.paths[p].slice(2).forEach(function (r) { area.extend(boundsOf(store, r)); }); });
  var beside = size.x > 2.5 * card.offsetWidth ? card.offsetWidth + 40 : 40, legend = id("legend"), left = legend.offsetLeft + legend.offsetWidth + 24;
  if (!legend.open || size.x < left + beside + 250) { left = 40; }
  var view = { paddingTopLeft: [left, 70], paddingBottomRight: [beside, 40], maxZoom: 12.5, animate: moving, duration: 0.8 };
  if (moving) { map.flyToBounds(area, view); } else { map.fitBounds(area, view); }
}
function openRoute(i, fly) {
  select(-1, i, -1);
  if (fly) { map.fitBounds(boundsOf(store, i), { maxZoom: Math.max(map.getZoom(), 13), animate: !still }); }
}
function openDistrict(d, fly) {
  select(-1, -1, d);
  if (fly) { map.fitBounds(districtShapes[d].getBounds(), { animate: !still }); }
}
function closeCard() { select(-1, -1, -1); }
