// Charts: curves as SVG, drawn anew whenever they grow. No library; colours come from the style sheet.

const HEIGHT = 190, LEFT = 46, RIGHT = 10, TOP = 8, BOTTOM = 24;
export const make = (word, attributes, inside) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", word);
  for (const [k, v] of Object.entries(attributes)) element.setAttribute(k, v);
  if (inside !== undefined) element.textContent = inside;
  return element;
};

// A number as people read it: 0.05, 1,500, 3.8e-5.
export const number = v => {
  if (v === 0) return "0";
  if (!Number.isFinite(v)) return String(v);
  const size = Math.floor(Math.log10(Math.abs(v)));
  const said = size < -3 || size >= 6 ? v.toExponential(1).replace(".0e", "e").replace("e+", "e")
    : v.toLocaleString("en", { maximumSignificantDigits: 3 });
  return said.replace("-", "−").replace("e-", "e−");
};

const nice = (low, high, most) => {
  const raw = (high - low) / most, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map(s => s * power).find(s => s >= raw) || raw;
  const found = [];
  for (let v = Math.ceil(low / step - 1e-9) * step; v <= high + step * 1e-9; v += step) found.push(Math.abs(v) < step * 1e-9 ? 0 : v);
  return found;
};

const decades = (low, high) => {
  const first = Math.ceil(Math.log10(low) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9), found = [];
  const by = Math.max(1, Math.ceil((last - first) / 4));
  for (let d = first; d <= last; d += by) found.push(10 ** d);
  return found.length > 1 ? found : nice(low, high, 4).filter(v => v > 0);
};

// The path of a curve, its gaps left open; only what lies inside the range.
const line = (x, y, atX, atY) => {
  let path = "", pen = false;
  for (let i = 0; i < x.length; i++) {
    const v = y[i];
    if (v === null || Number.isNaN(atY(v))) { pen = false; continue; }
    path += `${pen ? "L" : "M"}${atX(x[i]).toFixed(1)} ${atY(v).toFixed(1)}`;
    if (!pen && (i + 1 === x.length || y[i + 1] === null)) path += "h0.1";
    pen = true;
  }
  return path;
};

// spec: {title, series: [{label, colour, x, y, faint, low, high}], limit, mark, log: null | true | false}
export function draw(figure, spec) {
  const series = spec.series.filter(s => s.x.length);
  const values = series.flatMap(s => s.y.filter(v => v !== null));
  if (spec.limit !== undefined && values.length) values.push(spec.limit);
  let low = values.reduce((a, b) => Math.min(a, b), Infinity), high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const smallest = values.reduce((a, b) => b > 0 ? Math.min(a, b) : a, Infinity);
  if (figure._log === undefined) figure._log = null;
  const log = (figure._log ?? (low > 0 && high / low > 30)) && smallest < Infinity && high > 0;
  if (log) low = Math.max(low > 0 ? low : smallest, high * 1e-12);
  if (!(high > low)) { const about = Math.abs(high) || 1; if (log) { low /= 2; high *= 2; } else { low -= about / 2; high += about / 2; } }
  else if (!log) { const room = (high - low) * 0.06; low -= low >= 0 && low < room ? low : room; high += room; }
  const width = Math.max(160, figure.clientWidth), to = log ? v => v > 0 ? Math.log10(v) : NaN : v => v;
  const lastX = series.reduce((a, s) => Math.max(a, s.x[s.x.length - 1]), 0), firstX = Math.min(0, ...series.map(s => s.x[0]));
  const atX = v => LEFT + (v - firstX) / (lastX - firstX || 1) * (width - LEFT - RIGHT);
  const atY = v => TOP + (to(high) - to(v)) / (to(high) - to(low) || 1) * (HEIGHT - TOP - BOTTOM);
  const svg = make("svg", { class: "chart", viewBox: `0 0 ${width} ${HEIGHT}`, height: HEIGHT, role: "img" });
  const said = series.map(s => `${s.label} ${number(s.y[s.y.length - 1] ?? NaN)}`).slice(0, 8).join(", ");
  svg.setAttribute("aria-label", `${spec.title}: ${said || "nothing yet"}`);
  if (values.length) {
    for (const v of log ? decades(low, high) : nice(low, high, 4)) {
      svg.append(make("line", { class: "tick", x1: LEFT, x2: width - RIGHT, y1: atY(v), y2: atY(v) }));
      svg.append(make("text", { x: LEFT - 6, y: atY(v) + 3.5, "text-anchor": "end" }, number(v)));
    }
    for (const v of lastX > firstX ? nice(firstX, lastX, Math.max(2, width / 90)).filter(v => !spec.across || Number.isInteger(v)) : [])
      svg.append(make("text", { x: atX(v), y: HEIGHT - 9, "text-anchor": "middle" }, number(v)));
    svg.append(make("text", { x: width - RIGHT, y: HEIGHT + 2, "text-anchor": "end" }, spec.across || "epoch"));
  }
  for (const s of series) {
    if (s.low) {
      const back = s.x.map((_, i) => i).reverse().filter(i => s.low[i] !== null), there = s.x.map((_, i) => i).filter(i => s.high[i] !== null);
      const inside = v => Math.min(Math.max(v, low), high);
      const edge = [...there.map(i => [s.x[i], s.high[i]]), ...back.map(i => [s.x[i], s.low[i]])].map(([a, b]) => `${atX(a).toFixed(1)} ${atY(inside(b)).toFixed(1)}`);
      if (edge.length > 2) svg.append(make("path", { class: "band", style: `fill: ${s.colour}`, d: `M${edge.join("L")}Z` }));
    }
    svg.append(make("path", { class: s.faint ? "faint" : "curve", style: `stroke: ${s.colour}`, d: line(s.x, s.y, atX, atY) }));
  }
  if (spec.limit !== undefined && values.length) svg.append(make("line", { class: "limit", x1: LEFT, x2: width - RIGHT, y1: atY(spec.limit), y2: atY(spec.limit) }));
  if (spec.mark !== undefined) svg.append(make("line", { class: "mark", x1: atX(spec.mark), x2: atX(spec.mark), y1: TOP, y2: HEIGHT - BOTTOM }));
  const lost = series.filter(s => s.y[s.y.length - 1] === null).map(s => s.x[s.y.findLastIndex(v => v !== null) + 1]);
  if (lost.length && values.length) { // the value that came after was no number
    const at = atX(Math.min(...lost));
    svg.append(make("line", { class: "limit", x1: at, x2: at, y1: TOP, y2: HEIGHT - BOTTOM }));
    svg.append(make("text", { x: at + 4, y: TOP + 10 }, "not finite"));
  }
  const hair = svg.appendChild(make("line", { class: "hair", y1: TOP, y2: HEIGHT - BOTTOM, visibility: "hidden" }));
  svg.onpointermove = event => {
    const box = svg.getBoundingClientRect(), at = firstX + ((event.clientX - box.left) / box.width * width - LEFT) / (width - LEFT - RIGHT) * (lastX - firstX);
    hair.setAttribute("x1", atX(Math.min(Math.max(at, firstX), lastX))); hair.setAttribute("x2", hair.getAttribute("x1"));
    hair.setAttribute("visibility", "visible");
    legend(figure, series, at);
  };
  svg.onpointerleave = () => { hair.setAttribute("visibility", "hidden"); legend(figure, series); };
  frame(figure, spec, log).replaceWith(svg);
  legend(figure, series);
}

// The figure's title, its switch between scales and its legend are made once; what is to be replaced is returned.
function frame(figure, spec, log) {
  if (!figure.firstChild) {
    const title = document.createElement("h3"), words = document.createElement("span"), button = document.createElement("button");
    words.textContent = spec.title;
    button.type = "button";
    button.onclick = () => { figure._log = !figure._isLog; figure.dispatchEvent(new Event("again")); };
    title.append(words, button);
    const list = document.createElement("ul");
    list.className = "legend";
    figure.append(title, make("svg", {}), list);
  }
  figure._isLog = log;
  const button = figure.querySelector("button");
  button.textContent = log ? "log scale" : "linear scale";
  button.setAttribute("aria-label", `${spec.title}: show on a ${log ? "linear" : "logarithmic"} scale`);
  return figure.querySelector("svg");
}

// What each curve is at `at` (its end, where that is left out).
function legend(figure, series, at) {
  const list = figure.querySelector(".legend");
  const items = series.filter(s => !s.faint || series.length === 1).map(s => {
    let i = s.x.length - 1;
    if (at !== undefined) while (i > 0 && s.x[i] - at > at - s.x[i - 1]) i--;
    const item = document.createElement("li"), swatch = document.createElement("i");
    swatch.style.color = s.colour;
    item.append(swatch, `${s.label} ${s.y[i] === null ? "not finite" : number(s.y[i])}`);
    item.onpointerenter = () => figure.querySelectorAll("path.curve").forEach(p => p.classList.toggle("dim", p.style.stroke !== s.colour && series.length > 2));
    item.onpointerleave = () => figure.querySelectorAll("path.curve").forEach(p => p.classList.remove("dim"));
    return item;
  });
  list.replaceChildren(...items);
}
