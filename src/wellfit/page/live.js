// Live: keeps a page up to date. The server sends readings as they come and parts of the page as they change.
import { draw } from "./charts.js";

const MOST_POINTS = 20000; // beyond, the server is asked for all curves anew, thinned
const WHOLE = [
  { title: "Loss", names: ["train_loss", "valid_loss", "loss"] },
  { title: "Score on validation rows", names: ["valid_score"] },
  { title: "Learning rate", names: ["lr"] },
  { title: "Batch size (examples)", names: ["batch_size"] },
  { title: "Speed (examples/s)", names: ["examples_s"] },
];
const SAID = { train_loss: "training", valid_loss: "validation", loss: "batch", valid_score: "score", lr: "rate", batch_size: "examples", examples_s: "examples/s" };
const COLOUR = { valid_loss: "var(--series-2)", valid_score: "var(--series-2)" };
const TITLES = {
  grad_norm: "Norm of the gradient", update_ratio: "Update : weight", weight_norm: "Norm of the weights",
  activation_mean: "Mean of the activations", activation_std: "Spread of the activations (sd)",
  dead_frac: "Dead units (share)", saturated_frac: "Saturated units (share)",
};
const line = document.getElementById("line"), say = text => { line.textContent = text; };
const title = word => TITLES[word] || word[0].toUpperCase() + word.slice(1).replaceAll("_", " ");

function put(id, html) {
  const place = document.getElementById(id);
  if (!place || place._html === html) return;
  const open = [...place.querySelectorAll("details[open]")].map(d => d.id);
  const marked = new Set([...place.querySelectorAll("input:checked")].map(i => i.value));
  const typed = [...place.querySelectorAll("input[type=text]")].map(i => [i.name, i.value]);
  place._html = html;
  place.innerHTML = html;
  open.forEach(id => { const d = document.getElementById(id); if (d) d.open = true; });
  place.querySelectorAll("input[type=checkbox]").forEach(i => { i.checked = marked.has(i.value); });
  typed.forEach(([name, value]) => { const i = place.querySelector(`input[name="${name}"]`); if (i) i.value = value; });
}

function listen(address, on) {
  const source = new EventSource(address);
  source.onopen = () => say("live");
  source.onerror = () => say(source.readyState === EventSource.CLOSED ? "the server does not answer; reload to try again" : "waiting for the server …");
  for (const [kind, act] of Object.entries(on)) source.addEventListener(kind, event => act(event.data, source));
  return source;
}

// A browser opens six connections to a server: a page that nobody looks at gives its own back.
function whileSeen(begin) {
  let end = document.hidden ? null : begin();
  document.addEventListener("visibilitychange", () => {
    if (end) end();
    end = document.hidden ? null : begin();
  });
}

function list() {
  whileSeen(() => {
    const source = listen("/events", { rows: html => put("rows", html) });
    return () => source.close();
  });
}

function run(name) {
  let tracks = new Map(), points = 0, asked = 0, source = null;
  const key = (n, where) => `${n}\n${where}`;
  const take = found => {
    for (const t of found) {
      const held = tracks.get(key(t.name, t.where));
      if (!held) tracks.set(key(t.name, t.where), t);
      else for (const part of ["steps", "epochs", "values"]) for (const v of t[part]) held[part].push(v);
      points += t.values.length;
    }
  };
  const redraw = () => { if (!asked) asked = requestAnimationFrame(() => { asked = 0; show(); }); };
  const figure = (place, id, spec) => {
    let f = place.querySelector(`[data-chart="${CSS.escape(id)}"]`);
    if (!f) {
      f = document.createElement("figure");
      f.dataset.chart = id;
      place.append(f);
      f.addEventListener("again", redraw);
    }
    draw(f, spec);
  };
  const series = (t, label, colour, more) => ({ label, colour, x: t.epochs, y: t.values, ...more });
  const layered = (word, list) => list.map((t, i) => {
    const at = list.length > 1 ? i / (list.length - 1) : 0.3;
    return series(t, t.where, `oklch(calc(var(--layer) + ${at.toFixed(3)} * var(--spread)) 0.14 ${(260 - 200 * at).toFixed(0)})`);
  });
  const whole = n => tracks.get(key(n, ""));
  function show() {
    const used = new Set(["valid_loss_se"]), place = document.getElementById("training");
    for (const { title, names } of WHOLE) {
      names.forEach(n => used.add(n));
      const found = names.map(whole).filter(Boolean);
      if (!found.length || (names[0] === "batch_size" && new Set(found[0].values).size < 2)) continue;
      figure(place, names[0], { title, series: found.map(t => series(t, SAID[t.name], COLOUR[t.name] || "var(--series-1)", { faint: t.name === "loss", ...band(t) })) });
    }
    const layers = new Map();
    for (const t of tracks.values()) {
      if (!t.where && used.has(t.name)) continue;
      if (t.where) layers.set(t.name, [...(layers.get(t.name) || []), t]);
      else figure(place, t.name, { title: title(t.name) + (t.unit ? ` (${t.unit})` : ""), series: [series(t, title(t.name).toLowerCase(), "var(--series-1)")] });
    }
    document.getElementById("by-layer").hidden = !layers.size;
    for (const [word, list] of layers) figure(document.getElementById("layers"), word, { title: title(word), series: layered(word, list) });
    proofs();
    const epoch = document.getElementById("epoch"), last = Math.max(0, ...[...tracks.values()].map(t => t.epochs[t.epochs.length - 1] || 0));
    if (epoch) epoch.textContent = String(Math.round(last * 10) / 10);
  }
  function band(t) { // 95 % interval of the validation loss
    const se = t.name === "valid_loss" && whole("valid_loss_se");
    if (!se || se.values.length !== t.values.length) return {};
    const side = sign => t.values.map((v, i) => v === null || se.values[i] === null ? null : v + sign * 1.96 * se.values[i]);
    return { low: side(-1), high: side(1) };
  }
  function proofs() { // beside each finding the readings that it rests on
    for (const place of document.querySelectorAll(".proof")) {
      const { name: word, where, limit, step } = place.dataset;
      const exact = tracks.get(key(word, where));
      const list = exact ? [exact] : [...tracks.values()].filter(t => t.name === word);
      if (!list.length) continue;
      const spec = { title: title(word) + (where ? ` in ${where}` : ""), series: list.length > 1 ? layered(word, list) : [series(list[0], where || SAID[word] || word.replaceAll("_", " "), "var(--series-1)")] };
      const values = list.flatMap(t => t.values).filter(v => v !== null);
      const largest = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      if (limit !== "" && Math.abs(+limit) < 1000 * largest && Math.abs(+limit) * 1000 > largest) spec.limit = +limit;
      if (step !== "") {
        const i = list[0].steps.findIndex(s => s >= +step);
        if (i >= 0) spec.mark = list[0].epochs[i];
      }
      figure(place, `proof-${word}`, spec);
    }
  }
  let turn = 0; // which load is the last: an earlier one gives up
  async function load() {
    const mine = ++turn;
    if (source) source.close();
    const answer = await fetch(`/curves/${name}`).catch(() => null);
    if (mine !== turn) return;
    if (!answer) { say("the server does not answer; trying again …"); setTimeout(() => mine === turn && load(), 2000); return; }
    const found = await answer.json();
    if (mine !== turn) return;
    tracks = new Map(); points = 0;
    take(found.tracks);
    redraw();
    source = listen(`/follow/${name}?after=${found.cursor}`, {
      readings: data => { take(JSON.parse(data)); points > MOST_POINTS + 2 * tracks.size * 1200 ? load() : redraw(); },
      parts: data => { for (const [id, html] of Object.entries(JSON.parse(data))) put(id, html); redraw(); },
      anew: () => load(),
      gone: (_, source) => { source.close(); say("this run is not there any more; what is shown was its last state"); },
    });
  }
  addEventListener("resize", redraw);
  whileSeen(() => {
    load();
    return () => { turn++; if (source) source.close(); };
  });
}

function compare(place) {
  const figure = place.appendChild(document.createElement("figure"));
  const series = JSON.parse(place.dataset.chart).map((s, i) => ({ ...s, colour: `var(--series-${i % 6 + 1})` }));
  const again = () => draw(figure, { title: "Validation loss", series });
  figure.addEventListener("again", again);
  addEventListener("resize", again);
  again();
}

const place = document.getElementById("training"), beside = document.getElementById("beside");
if (beside) compare(beside); else if (place) run(place.dataset.run); else if (document.getElementById("rows")) list();
