/* ---- the data ---------------------------------------------------------------------------- */
/* Large data stand on the page deflated (RFC 1951), in base64: a browser of 2018 can't inflate by
   itself. Section numbers below are those of the RFC. */
function inflate(input, size) {
  var output = new Uint8Array(size), at = 0, put = 0, held = 0, count = 0, final, kind;
  function bits(n) {
    while (count < n) { held |= input[at] << count; at += 1; count += 8; }
    var value = held & ((1 << n) - 1);
    held >>>= n; count -= n;
    return value;
  }
  /* 3.2.2: codes of one length are consecutive, in order of their symbols */
  function codes(lengths) {
    var counts = new Uint16Array(16), places = new Uint16Array(16), symbols = new Uint16Array(lengths.length), k;
    for (k = 0; k < lengths.length; k++) { counts[lengths[k]] += 1; }
    counts[0] = 0;
    for (k = 1; k < 16; k++) { places[k] = places[k - 1] + counts[k - 1]; }
    for (k = 0; k < lengths.length; k++) { if (lengths[k]) { symbols[places[lengths[k]]] = k; places[lengths[k]] += 1; } }
    return table(counts, symbols);
  }
  /* the next nine bits of the input say symbol and length at once; longer codes go on bit by bit */
  function table(counts, symbols) {
    var quick = new Int16Array(512), code = 0, index = 0, length, k, turned, bit, fill;
    for (length = 1; length <= 9; length++) {
      for (k = 0; k < counts[length]; k++) {
        turned = 0;
        for (bit = 0; bit < length; bit++) { if (code & (1 << bit)) { turned |= 1 << (length - 1 - bit); } }
        for (fill = turned; fill < 512; fill += 1 << length) { quick[fill] = (symbols[index] << 4) | length; }
        code += 1; index += 1;
      }
      code <<= 1;
    }
    return { counts: counts, symbols: symbols, quick: quick };
  }
  function symbol(from) {
    while (count < 15 && at < input.length) { held |= input[at] << count; at += 1; count += 8; }
    var hit = from.quick[held & 511], code = 0, first = 0, index = 0, length;
    if (hit) { held >>>= hit & 15; count -= hit & 15; return hit >> 4; }
    for (length = 1; length < 16; length++) {
      code |= (held >>> (length - 1)) & 1;
      if (code - from.counts[length] < first) { held >>>= length; count -= length; return from.symbols[index + code - first]; }
      index += from.counts[length];
      first = (first + from.counts[length]) << 1;
      code <<= 1;
    }
    throw new Error("data damaged");
  }
  /* 3.2.5 */
  var BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
  var EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
  var FAR = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
  function block(literals, distances) {
    var found, length, from, far;
    for (;;) {
      found = symbol(literals);
      if (found < 256) { output[put] = found; put += 1; } else if (found === 256) { return; } else {
        length = BASE[found - 257] + bits(EXTRA[found - 257]);
        far = symbol(distances);
        from = put - FAR[far] - bits(far < 4 ? 0 : (far >> 1) - 1);
        for (; length > 0; length--) { output[put] = output[from]; put += 1; from += 1; }
      }
    }
  }
  /* 3.2.7 */
  var ORDER_OF = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
  function dynamic() {
    var literals = bits(5) + 257, distances = bits(5) + 1, own = bits(4) + 4, lengths = new Uint8Array(19), all, k, found, times;
    for (k = 0; k < own; k++) { lengths[ORDER_OF[k]] = bits(3); }
    var meta = codes(lengths);
    all = new Uint8Array(literals + distances);
    for (k = 0; k < all.length;) {
      found = symbol(meta);
      if (found < 16) { all[k] = found; k += 1; } else {
        times = found === 16 ? 3 + bits(2) : found === 17 ? 3 + bits(3) : 11 + bits(7);
        for (; times > 0; times--) { all[k] = found === 16 ? all[k - 1] : 0; k += 1; }
      }
    }
    block(codes(all.subarray(0, literals)), codes(all.subarray(literals)));
  }
  function fixed() {
    var lengths = new Uint8Array(288), far = new Uint8Array(30), k;
    for (k = 0; k < 288; k++) { lengths[k] = k < 144 ? 8 : k < 256 ? 9 : k < 280 ? 7 : 8; }
    for (k = 0; k < 30; k++) { far[k] = 5; }
    block(codes(lengths), codes(far));
  }
  function stored() {
    /* 3.2.4: from the next whole byte; bytes already taken into the buffer are given back */
    bits(count & 7);
    at -= count >> 3; held = 0; count = 0;
    var length = input[at] | (input[at + 1] << 8);
    output.set(input.subarray(at + 4, at + 4 + length), put);
    at += 4 + length; put += length;
  }
  do {
    final = bits(1); kind = bits(2);
    if (kind === 0) { stored(); } else if (kind === 1) { fixed(); } else if (kind === 2) { dynamic(); } else { throw new Error("data damaged"); }
  } while (!final);
  return output;
}
function readIsland() {
  var found = JSON.parse(document.getElementById("geoplan-data").textContent), binary, bytes, k, parts = [];
  if (!found.deflated) { return found; }
  binary = window.atob(found.deflated);
  bytes = new Uint8Array(binary.length);
  for (k = 0; k < binary.length; k++) { bytes[k] = binary.charCodeAt(k); }
  bytes = inflate(bytes, found.size);
  /* the text is ASCII: other characters are escaped in it */
  for (k = 0; k < bytes.length; k += 32768) { parts.push(String.fromCharCode.apply(null, bytes.subarray(k, k + 32768))); }
  return JSON.parse(parts.join(""));
}
var data = readIsland();
