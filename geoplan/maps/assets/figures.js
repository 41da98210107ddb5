/* ---- figures ----------------------------------------------------------------------------- */
function row(table, label, value, of, part) {
  var tr = make("tr"), th = make("th", label), bar, fill;
  th.setAttribute("scope", "row");
  tr.appendChild(th);
  var cell = make("td", value, "value");
  tr.appendChild(cell);
  if (of === undefined) { cell.colSpan = 3; }
  if (of !== undefined) {
    tr.appendChild(make("td", "/ " + of, "of"));
    bar = make("div", null, "bar"); fill = make("i");
    fill.style.width = 100 * part + "%";
    bar.appendChild(fill);
    cell = make("td", null, "gauge");
    cell.appendChild(bar);
    tr.appendChild(cell);
  }
  table.appendChild(tr);
}
function writeFigures() {
  var step = data.steps[state.step], table;
  document.documentElement.style.setProperty("--now", state.step ? colour(state.step) : GREY);
  id("weight").textContent = say(step.weight);
  id("sites").textContent = say(step.sites);
  id("weight-fill").style.width = 100 * step.weight_part + "%";
  id("weight-tick").style.left = 100 * step.bound_part + "%";
  id("weight-tick").hidden = state.step === 0;
  id("bound-line").textContent = state.step === 0 ? word("today_long") : step.complete ? word("weight_all") : word("weight_bound").replace("{}", say(step.bound));
  table = clear(id("reach"));
  step.reach.forEach(function (item) { row(table, word(item.key), say(item.value), say(item.of), item.part); });
  table = clear(id("money"));
  row(table, word("own"), say(step.own));
  row(table, word("spent"), say(step.spent));
  row(table, word("released"), say(step.released));
  id("money-fill").style.width = 100 * step.spent_part + "%";
  table = clear(id("plant"));
  step.plant.forEach(function (item) {
    if (item.of) { row(table, word(item.key), say(item.value), say(item.of), item.part); } else { row(table, word(item.key), say(item.value)); }
  });
  table = clear(id("coverage"));
  data.districts.forEach(function (district) {
    if (district.total) { row(table, district.name, String(district.served[state.step]), String(district.total), district.served[state.step] / district.total); }
  });
}
function writeNotes() {
  var node = clear(id("proof")), lost = [], details, list;
  data.proof.forEach(function (text) { node.appendChild(make("p", say(text))); });
  node = clear(id("notes"));
  data.notes.forEach(function (note) {
    if (note.length === 1) { node.appendChild(make("p", say(note[0]))); return; }
    var more = make("details");
    more.appendChild(make("summary", say(note[0])));
    more.appendChild(make("div", say(note[1])));
    node.appendChild(more);
  });
  sites.at.forEach(function (at, i) { if (!at.length) { lost.push(i); } });
  if (lost.length) {
    details = make("details"); list = make("ul");
    details.id = "unplaced";
    details.appendChild(make("summary", lost.length + " " + word("unplaced")));
    lost.forEach(function (i) { list.appendChild(make("li", sites.name[i] + " · " + sites.district_name[i] + " · " + sites.site_id[i])); });
    details.appendChild(list);
    node.appendChild(details);
  }
}
