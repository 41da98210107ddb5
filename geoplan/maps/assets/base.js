/* What both pages share. Plain ES5 so that a browser of 2018 runs it. Nothing of the data is ever
   put into markup: texts are written with textContent only. */
var GREY = "#8b95a0";
/* ---- small things ------------------------------------------------------------------------ */
function id(name) { return document.getElementById(name); }
function say(pair) { return pair[state.language]; }
function word(key) { return say(data.words[key]); }
/* marks between texts, as each language writes them */
function colon() { return state.language === 0 ? "：" : ": "; }
function bracketed(text) { return state.language === 0 ? "（" + text + "）" : " (" + text + ")"; }
/* tables carry some texts as "中文 / English" in one string: show the reader's half; English may hold
   Chinese names (plan_words.half) */
function half(text) {
  var at = text.indexOf(" / "), cjk = /[\u3400-\u9fff]/g, first = text.slice(0, Math.max(0, at)), second = text.slice(at + 3);
  function count(part, of) { return (part.match(of) || []).length; }
  if (at < 0 || !count(first, cjk) || count(second, /[A-Za-z]/g) < 2 * count(second, cjk)) { return text; }
  return state.language === 0 ? first : second;
}
/* the plan file's styles have the same colours; from dark to light, so that the first three phases
   differ in a grey print and for every eye */
function colour(phase) { return phase > 0 ? data.colours[Math.min(phase, data.colours.length - 1)] : GREY; }
function make(tag, text, name) {
  var node = document.createElement(tag);
  if (text !== undefined && text !== null) { node.textContent = text; }
  if (name) { node.className = name; }
  return node;
}
function clear(node) { while (node.firstChild) { node.removeChild(node.firstChild); } return node; }
function decode(flat) {
  var out = [], x = 0, y = 0, i;
  for (i = 0; i < flat.length; i += 2) {
    x += flat[i]; y += flat[i + 1];
    out.push([y / data.units, x / data.units]);
  }
  return out;
}
function grouped(value, digits) {
  var parts = value.toFixed(digits).split(".");
  parts[0] = parts[0].replace(/\B(?=(\d{3})+$)/g, ",");
  return parts.join(".");
}
/* whole numbers, halves upwards: the same last digit as in every other output */
function rounded(value, unit, digits) {
  var power = Math.pow(10, digits), sign = value < 0 ? -1 : 1;
  return grouped(sign * Math.floor((Math.abs(value) * power * 2 + unit) / (2 * unit)) / power, digits);
}
function km(metres) { return metres === null ? "-" : rounded(Math.round(metres * 10), 10000, 2) + " " + word("km"); }
function cash(cents) {
  return state.language === 0 ? rounded(cents, 1000000, 2) + " 万元" : "CNY " + rounded(cents, 100, 0);
}

/* A picture that is not scaled needs no smoothing: where there is no graphics card, frames take half
   the time. Zooming scales it, and so does a screen whose pixels are not those of the canvas. */
function unsmoothed(map) {
  function set(wanted) {
    var exact = (window.devicePixelRatio || 1) === (L.Browser.retina ? 2 : 1);
    map.getContainer().classList.toggle("exact", wanted && exact);
  }
  map.on("zoomstart", function () { set(false); });
  map.on("zoomend resize", function () { set(true); });
  set(true);
}

/* Levels differ by shape as well: core a diamond, hubs squares, the others circles. */
var Mark = L.CircleMarker.extend({
  _updatePath: function () {
    var canvas = this._renderer, r = this._radius, p = this._point, c;
    if (this.options.sides !== 4) { canvas._updateCircle(this); return; }
    if (!canvas._drawing || this._empty()) { return; }
    c = canvas._ctx;
    c.beginPath();
    if (this.options.turned) {
      c.moveTo(p.x, p.y - r * 1.3); c.lineTo(p.x + r * 1.3, p.y); c.lineTo(p.x, p.y + r * 1.3); c.lineTo(p.x - r * 1.3, p.y);
    } else {
      c.rect(p.x - r, p.y - r, 2 * r, 2 * r);
    }
    c.closePath();
    canvas._fillStroke(c, this);
  }
});
