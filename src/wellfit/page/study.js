// Study: the trials of a search as parallel coordinates, and the best loss so far; asked for anew while it goes on.
import { draw, make, number } from "./charts.js";

const EVERY_MS = 2000, HEIGHT = 300, TOP = 34, BOTTOM = 22, SIDE = 44;
const place = document.getElementById("study"), line = document.getElementById("line");
const picture = place.appendChild(document.createElement("div")), told = place.appendChild(document.createElement("p"));
const figures = place.appendChild(document.createElement("div")), figure = figures.appendChild(document.createElement("figure"));
figures.className = "wide";
told.className = "soft";
told.setAttribute("role", "status");
let drawn = JSON.parse(place.dataset.drawn), before = place.dataset.drawn;

// The axes of the space, and the loss as the last; each gives the height of a value, or null.
function scales() {
  const room = HEIGHT - TOP - BOTTOM, at = share => TOP + (1 - share) * room;
  const losses = drawn.lines.map(l => l.loss).filter(v => v !== null), low = Math.min(...losses), high = Math.max(...losses);
  const numbers = (low, high, log) => {
    const to = log ? Math.log10 : v => v;
    return { at: v => v === null ? null : at(high > low ? (to(v) - to(low)) / (to(high) - to(low)) : 0.5), ends: [number(low), number(high)] };
  };
  const words = column => {
    const known = [...new Set(drawn.lines.map(l => l.values[column]).filter(v => v !== null))].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
    return { at: v => v === null ? null : at(known.length > 1 ? known.indexOf(v) / (known.length - 1) : 0.5), ends: [known[0] ?? "", known.length > 1 ? known[known.length - 1] : ""] };
  };
  const own = drawn.axes.map((a, i) => ({ name: a.name, ...(a.numbers ? numbers(a.low, a.high, a.log) : words(i)) }));
  return losses.length ? [...own, { name: "loss", ...numbers(low, high, low > 0 && high / low > 10) }] : own;
}

function show() {
  const axes = scales(), width = Math.max(300, axes.length * 70, picture.clientWidth);
  const x = i => SIDE + i * (width - 2 * SIDE) / Math.max(1, axes.length - 1);
  const svg = make("svg", { class: "chart parallel", viewBox: `0 0 ${width} ${HEIGHT}`, height: HEIGHT, width, role: "img" });
  svg.setAttribute("aria-label", `${drawn.lines.length} trials by their values and their loss; the table below has the best of them`);
  [...drawn.lines].reverse().forEach((trial, k) => { // the best last, above the others
    const rank = drawn.lines.length > 1 ? k / (drawn.lines.length - 1) : 1;
    const points = [...trial.values, ...(axes.length > drawn.axes.length ? [trial.loss] : [])].map((v, i) => [x(i), axes[i].at(v)]).filter(p => p[1] !== null);
    if (!points.length) return;
    const path = make("path", { class: "curve", d: "M" + points.map(([a, b]) => `${a.toFixed(1)} ${b.toFixed(1)}`).join("L"),
      style: `stroke: oklch(calc(var(--layer) + ${(1 - rank).toFixed(2)} * var(--spread)) 0.14 ${(60 + 200 * (1 - rank)).toFixed(0)}); opacity: ${trial.whole ? 0.35 + 0.6 * rank : 0.15}; stroke-width: ${trial === drawn.lines[0] ? 3 : 1.4}` });
    path.onpointerenter = () => {
      svg.querySelectorAll("path").forEach(p => p.classList.toggle("dim", p !== path));
      told.textContent = `Trial ${trial.number}: ` + drawn.axes.map((a, i) => `${a.name} ${typeof trial.values[i] === "number" ? number(trial.values[i]) : trial.values[i] ?? "–"}`).join(", ")
        + `; loss ${trial.loss === null ? "not finite" : number(trial.loss)}${trial.whole ? "" : " when it was stopped"}`;
    };
    path.onpointerleave = () => { svg.querySelectorAll("path").forEach(p => p.classList.remove("dim")); usual(); };
    svg.append(path);
  });
  axes.forEach((axis, i) => {
    svg.append(make("line", { class: "axis", x1: x(i), x2: x(i), y1: TOP, y2: HEIGHT - BOTTOM }));
    svg.append(make("text", { x: x(i), y: 12, "text-anchor": "middle", class: "name" }, axis.name));
    svg.append(make("text", { x: x(i), y: TOP - 8, "text-anchor": "middle" }, axis.ends[1]));
    svg.append(make("text", { x: x(i), y: HEIGHT - 8, "text-anchor": "middle" }, axis.ends[0]));
  });
  picture.className = "scroll";
  picture.replaceChildren(svg);
  usual();
  const { each, least } = drawn.best, count = each.map((_, i) => i + 1);
  draw(figure, { title: "Loss of the trials that came to their end, in their order", across: "trial", series: [
    { label: "each", colour: "var(--series-1)", x: count, y: each, faint: true },
    { label: "least so far", colour: "var(--series-2)", x: count, y: least }] });
}

const usual = () => { told.textContent = "Each line is a trial, the best in front; those that were stopped are faint."; };

async function ask() {
  const answer = await fetch(`/study-now/${place.dataset.study}`).catch(() => null);
  line.textContent = answer && answer.ok ? "live" : answer ? "this study is not there any more" : "waiting for the server …";
  if (answer && answer.ok) {
    const found = await answer.json(), now = JSON.stringify(found.drawn);
    if (now !== before) { drawn = found.drawn; before = now; show(); }
    for (const [id, html] of Object.entries(found.parts)) {
      const part = document.getElementById(id);
      if (part._html !== html) { part._html = html; part.innerHTML = html; }
    }
  }
  if (!answer || answer.ok) setTimeout(ask, EVERY_MS);
}

figure.addEventListener("again", show);
addEventListener("resize", show);
show();
ask();
