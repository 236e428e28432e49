/*
 * The script of every page: charts that answer, and figures with a slider. Without it a page shows the same
 * as pictures that stand still. It asks for nothing from anywhere, but where a page is live.
 *
 * A page has, besides its sections, an element `#data` with JSON:
 *   { charts: [{ name, note, x, curves: [curve, ...] }, ...] }
 * Each chart is drawn into the card of `.cards` whose attribute `data-chart` is its name.
 *
 * A page whose element `html` has the attribute `data-live` asks every half a second for
 * LIVE with the query since=VERSION ("" at first).
 * The answer is 204 where nothing is new since, or
 *   { version, sections: [{ id, html }, ...], charts: [chart, ...] }
 * - `version`: any text; the next question names it.
 * - `sections`: each takes the place of what is in the element with that id, which is hidden where it is "".
 *   Those that are left out stay, and so does `metrics`, whose cards are made here.
 * - `reload`: true where the curves are other ones: the page is loaded anew.
 * - `charts`: those with anything new. Of a curve with `append: true` only the points since are there.
 */

const POLL = 500; // milliseconds
const RETRY = 3000;

const cards = new Map(); // by name: { card, chart, data }
const shared = { axis: "step", smoothing: 0 }; // of all charts

/** Draws a chart of the page's data into its card, which is made where there is none. */
function show(data) {
  const known = cards.get(data.name);
  if (known) {
    const curves = data.curves.map((curve, i) => joined(known.data.curves[i], curve));
    known.data = { ...data, curves };
    known.chart.update(known.data.curves);
    return describe(known);
  }
  const there = [...document.querySelectorAll("[data-chart]")];
  let card = there.find((card) => card.dataset.chart === data.name);
  if (!card) {
    card = html("div", { class: "card", "data-chart": data.name });
    grid().append(card);
  }
  const [head, element, note] = [html("h3"), html("div"), html("p")];
  const label = `${data.name} over ${data.x}`;
  const made = chart(element, data.curves, { label, x: data.x, ...shared });
  const tools = html(
    "div",
    { class: "tools" },
    toggle("log", `${data.name}: logarithmic axis`, (log) => made.set({ log })),
    button("CSV", `${data.name}: download`, () => save(data.name, made.csv())),
  );
  card.replaceChildren(head, element, html("div", { class: "foot" }, note, tools));
  const entry = { head, note, chart: made, data };
  cards.set(data.name, entry);
  describe(entry);
}

/** A curve with what was added to it. */
function joined(known, curve) {
  if (!known || !curve.append) return curve;
  const both = (list) => [...(known[list] ?? []), ...(curve[list] ?? [])];
  const lists = ["step", "time", "value"].map((list) => [list, both(list)]);
  return { ...known, ...Object.fromEntries(lists) };
}

function describe({ head, note, data }) {
  const last = data.curves.length === 1 ? data.curves[0].value.at(-1) : undefined;
  const value = typeof last === "number" ? number(last) : last;
  head.replaceChildren(`${data.name} `, ...(value === undefined ? [] : [html("b", {}, value)]));
  note.textContent = data.note;
}

/** The grid of cards, in the section of metrics. */
function grid() {
  const section = document.getElementById("metrics");
  let grid = section.querySelector(".cards");
  if (!grid) {
    grid = html("div", { class: "cards" });
    section.replaceChildren(html("h2", {}, "Metrics"), grid);
    section.hidden = false;
    controls(grid);
  }
  return grid;
}

/** What all charts have in common, above them. */
function controls(grid) {
  const change = (options) => {
    Object.assign(shared, options);
    for (const { chart } of cards.values()) chart.set(options);
  };
  const slider = html("input", { type: "range", min: 0, max: 0.99, step: 0.01, value: 0 });
  const value = html("output", {}, "0");
  slider.addEventListener("input", () => {
    value.textContent = slider.value;
    change({ smoothing: Number(slider.value) });
  });
  const choices = ["step", "time"].map((value) => html("option", { value }, value));
  const select = html("select", {}, ...choices);
  select.addEventListener("change", () => change({ axis: select.value }));
  const all = button("CSV of all", "All curves in one file", () => {
    const lines = (chart) => chart.csv().split("\n").slice(0, -1);
    const tables = [...cards].map(([name, { chart }]) => [field(name), lines(chart)]);
    const rows = tables.flatMap(([name, [, ...rows]]) => rows.map((row) => `${name},${row}`));
    save("curves", [`metric,${tables[0][1][0]}`, ...rows, ""].join("\n"));
  });
  const timed = data.charts.some(({ curves }) => curves.some((curve) => curve.time?.length));
  const axis = timed || live ? [html("label", {}, "axis ", select)] : [];
  const smoothing = html("label", {}, "smoothing ", slider, " ", value);
  grid.before(html("div", { class: "controls" }, ...axis, smoothing, all));
}

/* Figures */

/** Figures of several steps: one at a time, with a slider. `before` are the steps that were shown. */
function sliders(root, before = new Map()) {
  for (const group of root.querySelectorAll(".steps")) {
    const name = group.getAttribute("aria-label");
    const figures = [...group.querySelectorAll("figure")];
    const range = { type: "range", min: 0, max: figures.length - 1, step: 1 };
    const slider = html("input", { ...range, "aria-label": `step of ${name}` });
    const place = html("output");
    const turn = () => {
      figures.forEach((figure, i) => (figure.hidden = i !== Number(slider.value)));
      const { step } = figures[slider.value].dataset;
      place.textContent = `${step} (${Number(slider.value) + 1} of ${figures.length})`;
      slider.setAttribute("aria-valuetext", place.textContent);
      group.dataset.shown = Number(slider.value) === figures.length - 1 ? "" : step;
    };
    const step = before.get(name);
    const known = step ? figures.findIndex((figure) => figure.dataset.step === step) : -1;
    slider.value = known < 0 ? figures.length - 1 : known;
    slider.addEventListener("input", turn);
    group.append(html("div", { class: "slider" }, slider, place));
    group.classList.add("one");
    turn();
  }
}

/* A live page */

/** Takes a section as it is now, but not while somebody presses or marks something in it; gives whether. */
function take({ id, html: text }) {
  const section = document.getElementById(id);
  if (!section || id === "metrics" || sections.get(id) === text) return true;
  const marked = getSelection();
  const isMarked = !marked.isCollapsed && section.contains(marked.anchorNode);
  if (isMarked || section.contains(pressed)) return false;
  sections.set(id, text);
  const groups = [...section.querySelectorAll(".steps")];
  const shown = new Map(groups.map((group) => [group.getAttribute("aria-label"), group.dataset.shown]));
  const ticked = new Map(boxes(section).map((box) => [box.value, box.checked]));
  const focused = section.contains(document.activeElement) ? place(document.activeElement) : null;
  const scrolled = scrolling(section).map((area) => area.scrollLeft);
  section.innerHTML = text; // the server's own page, escaped there
  section.hidden = text === "";
  for (const box of boxes(section)) box.checked = ticked.get(box.value) ?? box.checked;
  if (focused) document.querySelector(focused)?.focus({ preventScroll: true });
  scrolling(section).forEach((area, i) => (area.scrollLeft = scrolled[i] ?? 0));
  sliders(section, shown);
  down(section);
  return true;
}

/** What can be ticked. */
const boxes = (root) => [...root.querySelectorAll("input[type=checkbox]")];

/** What may be wider than the page. */
const scrolling = (root) => [...root.querySelectorAll(".scroll")];

/** Where an element is, to find the one in its place. */
function place(element) {
  const name = ["name", "href"].find((name) => element.hasAttribute(name));
  const value = element.getAttribute("value");
  const more = value === null ? "" : `[value="${CSS.escape(value)}"]`;
  return name ? `${element.localName}[${name}="${CSS.escape(element.getAttribute(name))}"]${more}` : null;
}

let pressed = null; // what the pointer is down on
document.addEventListener("pointerdown", (event) => (pressed = event.target));
for (const end of ["pointerup", "pointercancel", "dragend"]) {
  document.addEventListener(end, () => setTimeout(() => (pressed = null))); // a click comes first
}

/** The log is read from its end. */
function down(root) {
  for (const log of root.querySelectorAll("pre.log")) log.scrollTop = log.scrollHeight;
}

const sections = new Map(); // the HTML of each, as it last came
const live = document.documentElement.dataset.live;

async function poll(version) {
  let wait = POLL;
  try {
    const began = performance.now();
    const question = new URL(live, location.href);
    question.searchParams.set("since", version);
    const answer = document.hidden ? null : await fetch(question);
    if (answer?.status === 200) {
      const news = await answer.json();
      if (news.reload) return location.reload();
      const taken = (news.sections ?? []).map(take);
      for (const chart of news.charts ?? []) show(chart);
      if (taken.every(Boolean)) version = news.version;
      wait = Math.max(POLL, 4 * (performance.now() - began)); // a busy server is asked less often
    } else if (answer && answer.status !== 204) throw new Error(answer.statusText);
    delete document.documentElement.dataset.lost;
  } catch {
    document.documentElement.dataset.lost = ""; // the server has ended; the page shows the last that came
    wait = RETRY;
  }
  setTimeout(poll, wait, version);
}

const data = JSON.parse(document.getElementById("data")?.textContent ?? '{"charts":[]}');
const first = document.querySelector("#metrics .cards");
if (first) controls(first);
data.charts.forEach(show);
sliders(document);
down(document);
if (live !== undefined) poll("");

window.page = { chart, cards };
