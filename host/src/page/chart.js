/*
 * The script of every page: charts that answer, and figures with a slider. Without it a page shows the same
 * as pictures that stand still. It asks for nothing from anywhere, but where a page is live.
 *
 * chart(element, curves, options) draws curves over each other into an element, in place of what is there.
 *   curve    { name, step: [], time: [], value: [], band: { low: [], high: [] } }
 *            A value is a number, or "nan", "inf", "-inf": a gap. `time` (seconds) and `band` may be missing.
 *   options  { label, x: "step", axis: "step" | "time", log: false, smoothing: 0 }
 *            `x` is what steps are called. `smoothing` is the weight of an exponential moving average,
 *            0 <= w < 1, without the bias towards 0 of its first values, as TensorBoard draws it.
 *   result   { update(curves), set(options), reset(), csv() }
 * A chart shows values at the pointer (or with the arrow keys), the range that is dragged over, and all of it
 * after a double click (or Escape).
 *
 * A page has, besides its sections, `<script type="application/json" id="data">`:
 *   { charts: [{ name, note, x, curves: [curve, ...] }, ...] }
 * Each chart is drawn into the card `<div class="card" data-chart="NAME">` of `.cards`.
 *
 * A page with `<html data-live="URL">` asks every half a second for URL?since=VERSION ("" at first).
 * The answer is 204 where nothing is new since, or
 *   { version, sections: [{ id, html }, ...], charts: [chart, ...] }
 * - `version`: any text; the next question names it.
 * - `sections`: each takes the place of what is in the element with that id, which is hidden where it is "".
 *   Those that are left out stay. The section `metrics` is left out: its cards are made here.
 * - `charts`: those with anything new. Of a curve with `append: true` only the points since are there.
 */
"use strict";

const page = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const COLOURS = 8; // classes c0 to c7 of the page's style
  const SIZE = { width: 340, height: 160, left: 48, right: 334, top: 8, bottom: 138 };
  const POLL = 500; // milliseconds
  const RETRY = 3000;

  /* Numbers */

  /** Four significant digits, as the page writes them. */
  function number(value) {
    if (!Number.isFinite(value)) return String(value).replace("Infinity", "inf");
    const size = Math.abs(value);
    if (value === 0) return "0";
    if (size >= 1e-4 && size < 1e6) return String(Number(value.toFixed(Math.max(0, 3 - Math.floor(Math.log10(size))))));
    return value.toExponential(3).replace(/\.?0+e/, "e").replace("e+", "e");
  }

  /** Seconds as `75`, `12:30` or `3:07:09`. */
  function clock(seconds) {
    const whole = Math.round(seconds);
    const two = (n) => String(n).padStart(2, "0");
    const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    if (h > 0) return `${h}:${two(m)}:${two(s)}`;
    return m > 0 ? `${m}:${two(s)}` : `${number(seconds)} s`;
  }

  const finite = (value) => (typeof value === "number" && Number.isFinite(value) ? value : NaN);

  /** The exponential moving average with weight w; a gap stays one and does not count. */
  function smoothed(values, w) {
    let [mean, share] = [0, 0];
    return values.map((value) => {
      if (Number.isNaN(value)) return NaN;
      mean = w * mean + (1 - w) * value;
      share = w * share + (1 - w); // 1 - w^n: what is missing of the whole
      return mean / share;
    });
  }

  /** The smallest and the largest number; none of none. */
  function extent(...lists) {
    let [low, high] = [Infinity, -Infinity];
    for (const list of lists) {
      for (const value of list) {
        if (value < low) low = value;
        if (value > high) high = value;
      }
    }
    return low <= high ? [low, high] : null;
  }

  /** About so many round numbers from low to high. */
  function ticks(low, high, about) {
    const rough = (high - low) / about;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].find((n) => n * power >= rough) * power;
    const found = [];
    for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) found.push(i * step);
    return found;
  }

  /** Times of day need steps of their own: 1, 2, 5, 10, 15, 30 of seconds, minutes, hours. */
  function timeTicks(low, high, about) {
    const steps = [1, 60, 3600].flatMap((unit) => [1, 2, 5, 10, 15, 30].map((n) => n * unit));
    const step = steps.find((step) => step >= (high - low) / about);
    if (!step || (high - low) / about < 0.5) return ticks(low, high, about);
    const found = [];
    for (let i = Math.ceil(low / step); i * step <= high; i++) found.push(i * step);
    return found;
  }

  /** Powers of ten, or with 2 and 5 between them where they are few. */
  function logTicks(low, high) {
    const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
    const few = to - from <= 2;
    const every = Math.max(1, Math.ceil((to - from) / 5));
    const found = [];
    for (let power = from; power <= to; power += every) {
      for (const n of few ? [1, 2, 5] : [1]) found.push(n * 10 ** power);
    }
    const inside = found.filter((value) => value >= low * 0.999 && value <= high * 1.001);
    return inside.length > 1 ? inside : ticks(low, high, 4);
  }

  /** From numbers to places between two ends: { place(value), value(place), ticks }. */
  function scale([low, high], [start, end], log, about) {
    if (low === high) [low, high] = log ? [low / 2, high * 2] : [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
    const [to, from] = log ? [Math.log10, (x) => 10 ** x] : [(x) => x, (x) => x];
    const [a, b] = [to(low), to(high)];
    return {
      place: (value) => start + ((to(value) - a) / (b - a)) * (end - start),
      value: (place) => from(a + ((place - start) / (end - start)) * (b - a)),
      ticks: about === "time" ? timeTicks(low, high, 4) : log ? logTicks(low, high) : ticks(low, high, about),
    };
  }

  /* Elements */

  function svg(name, attributes, text) {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    return element;
  }

  function html(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  /** A path through points; a gap starts a new stretch. */
  function path(xs, ys) {
    let [data, pen] = ["", "M"];
    for (let i = 0; i < xs.length; i++) {
      if (Number.isNaN(xs[i]) || Number.isNaN(ys[i])) pen = "M";
      else {
        data += `${pen}${xs[i].toFixed(1)} ${ys[i].toFixed(1)}`;
        pen = "L";
      }
    }
    return data;
  }

  function save(name, text) {
    const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    html("a", { href: url, download: `${name.replace(/[^\w.-]+/g, "-") || "curves"}.csv` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  }

  /** A field of CSV; a name that a spreadsheet would take for a formula is made a text. */
  function field(text) {
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  }

  /* Charts */

  function chart(element, curves, options) {
    const own = { label: "", x: "step", axis: "step", log: false, smoothing: 0, ...options };
    const { width, height, left, right, top, bottom } = SIZE;
    const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", tabindex: 0 });
    const readout = html("div", { class: "readout", hidden: "" });
    element.replaceChildren(picture, readout);
    element.classList.add("chart");
    let zoom = null; // the range of x that is shown; null: all
    let drawn = { lines: [] };
    let cursor = null; // an x value, while the pointer or the keys are on the chart
    let grip = null; // where a drag began

    const isTimed = () => own.axis === "time" && curves.some((curve) => curve.time?.some(Number.isFinite));

    /** What is to be drawn of a curve: numbers, with NaN for what has no place. */
    function line(curve, index) {
      const xs = (isTimed() ? curve.time ?? [] : curve.step).map(finite);
      const raw = curve.value.map(finite);
      const placed = (values) => (own.log ? values.map((value) => (value > 0 ? value : NaN)) : values);
      const ys = placed(own.smoothing > 0 ? smoothed(raw, own.smoothing) : raw);
      const band = curve.band && { low: placed(curve.band.low.map(finite)), high: placed(curve.band.high.map(finite)) };
      const colour = curves.length > 1 ? ` c${index % COLOURS}` : "";
      return { name: curve.name, xs, ys, raw: placed(raw), band, colour };
    }

    /** The values of a list where x is in view. */
    const seen = (xs, values, [low, high]) => values.filter((_, i) => xs[i] >= low && xs[i] <= high);

    function scales(lines) {
      const whole = extent(...lines.map((line) => line.xs.filter((_, i) => !Number.isNaN(line.raw[i]))));
      if (!whole) return null;
      const range = zoom ?? whole;
      const shown = lines.flatMap((line) => {
        const lists = own.smoothing > 0 ? [line.ys, line.raw] : [line.ys];
        if (line.band) lists.push(line.band.low, line.band.high);
        return lists.map((list) => seen(line.xs, list, range));
      });
      const values = extent(...shown) ?? extent(...lines.map((line) => line.raw)) ?? [0, 1];
      const room = own.log || values[0] === values[1] ? 0 : (values[1] - values[0]) * 0.04;
      return {
        x: scale(range, [left, right], false, isTimed() ? "time" : 5),
        y: scale([values[0] - room, values[1] + room], [bottom, top], own.log, 4),
      };
    }

    function draw() {
      const lines = curves.map(line);
      const found = scales(lines);
      drawn = { lines, ...found };
      picture.setAttribute("aria-label", own.label);
      if (!found) return picture.replaceChildren(svg("text", { x: width / 2, y: height / 2, "text-anchor": "middle" }, "no values"));
      const { x, y } = found;
      const clip = `clip${(draw.count = (draw.count ?? 0) + 1)}-${Math.random().toString(36).slice(2)}`;
      const area = svg("clipPath", { id: clip });
      area.append(svg("rect", { x: left, y: top - 2, width: right - left + 2, height: bottom - top + 4 }));
      const plot = svg("g", { "clip-path": `url(#${clip})` });
      for (const line of lines) plot.append(...marks(line, x, y));
      picture.replaceChildren(area, ...axes(x, y), plot, svg("g", { class: "cursor" }));
      point();
    }

    function axes(x, y) {
      const across = y.ticks.flatMap((value) => {
        const at = y.place(value).toFixed(1);
        return [
          svg("path", { class: "rule", d: `M${left} ${at}H${right}` }),
          svg("text", { x: left - 6, y: Number(at) + 3.5, "text-anchor": "end" }, number(value)),
        ];
      });
      const write = isTimed() ? clock : number;
      const below = x.ticks.map((value) =>
        svg("text", { x: x.place(value).toFixed(1), y: height - 6, "text-anchor": "middle" }, write(value)),
      );
      const name = svg("text", { x: left - 6, y: height - 6, "text-anchor": "end" }, isTimed() ? "time" : own.x);
      return [...across, svg("path", { class: "axis", d: `M${left} ${bottom}H${right}` }), ...below, name];
    }

    function marks(line, x, y) {
      const across = line.xs.map(x.place);
      const down = (values) => values.map(y.place);
      const found = [];
      if (line.band) {
        const [low, high] = [down(line.band.low), down(line.band.high)];
        const kept = [...low.keys()].filter((i) => !Number.isNaN(low[i]) && !Number.isNaN(high[i]));
        const around = [...kept, ...kept.toReversed()];
        const d = path(around.map((i) => across[i]), around.map((i, n) => (n < kept.length ? high : low)[i]));
        if (d) found.push(svg("path", { class: `band${line.colour}`, d: `${d}Z` }));
      }
      if (own.smoothing > 0) found.push(svg("path", { class: `line raw${line.colour}`, d: path(across, down(line.raw)) }));
      found.push(svg("path", { class: `line${line.colour}`, d: path(across, down(line.ys)) }));
      return found;
    }

    /** The point of a line that is nearest to the cursor. */
    function nearest(line) {
      let best = -1;
      line.xs.forEach((x, i) => {
        if (Number.isNaN(line.ys[i])) return;
        if (best < 0 || Math.abs(x - cursor) < Math.abs(line.xs[best] - cursor)) best = i;
      });
      return best;
    }

    /** Shows the values at the cursor. */
    function point() {
      const layer = picture.querySelector(".cursor");
      const points = cursor === null || !layer ? [] : drawn.lines.map((line) => [line, nearest(line)]).filter(([, i]) => i >= 0);
      layer?.replaceChildren();
      readout.hidden = points.length === 0;
      if (points.length === 0) return;
      const { x, y } = drawn;
      const at = points.map(([line, i]) => line.xs[i]).reduce((a, b) => (Math.abs(b - cursor) < Math.abs(a - cursor) ? b : a));
      const place = x.place(at);
      layer.append(svg("path", { class: "axis", d: `M${place.toFixed(1)} ${top}V${bottom}` }));
      const head = isTimed() ? clock(at) : `${own.x} ${number(at)}`;
      const rows = points.map(([line, i]) => {
        layer.append(svg("circle", { class: line.colour.trim(), cx: x.place(line.xs[i]).toFixed(1), cy: y.place(line.ys[i]).toFixed(1), r: 3 }));
        const value = own.smoothing > 0 ? `${number(line.ys[i])} (${number(line.raw[i])})` : number(line.ys[i]);
        const key = html("b", { class: `key${line.colour}` }, "■ ");
        return html("div", {}, ...(drawn.lines.length > 1 ? [key, `${line.name} `] : []), html("span", {}, value));
      });
      readout.replaceChildren(html("div", {}, head), ...rows);
      // Beside the line, on the side where there is room.
      const share = place / width;
      readout.style.left = share < 0.5 ? `${share * 100 + 2}%` : "auto";
      readout.style.right = share < 0.5 ? "auto" : `${(1 - share) * 100 + 2}%`;
    }

    const placeOf = (event) => {
      const box = picture.getBoundingClientRect();
      const place = ((event.clientX - box.left) / box.width) * width;
      return Math.min(right, Math.max(left, place));
    };

    function drag(event) {
      const [a, b] = [grip, placeOf(event)].toSorted((a, b) => a - b);
      const layer = picture.querySelector(".cursor");
      layer?.replaceChildren(svg("rect", { class: "range", x: a, y: top, width: b - a, height: bottom - top }));
      return [a, b];
    }

    picture.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !drawn.x) return;
      grip = placeOf(event);
      picture.setPointerCapture(event.pointerId);
    });
    picture.addEventListener("pointermove", (event) => {
      if (!drawn.x) return;
      cursor = drawn.x.value(placeOf(event));
      point();
      if (grip !== null) drag(event);
    });
    picture.addEventListener("pointerup", (event) => {
      if (grip === null) return;
      const [a, b] = drag(event);
      grip = null;
      // Less is a click that trembled.
      if (b - a > 5) zoom = [drawn.x.value(a), drawn.x.value(b)];
      draw();
    });
    picture.addEventListener("pointercancel", () => ((grip = null), draw()));
    picture.addEventListener("pointerleave", () => ((cursor = null), point()));
    picture.addEventListener("blur", () => ((cursor = null), point()));
    picture.addEventListener("dblclick", () => reset());
    picture.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (event.key === "Escape") return reset();
      if (!by || !drawn.x) return;
      event.preventDefault();
      const line = drawn.lines[0];
      const [low, high] = [drawn.x.value(left), drawn.x.value(right)];
      const inView = [...line.xs.keys()].filter((i) => line.xs[i] >= low && line.xs[i] <= high && !Number.isNaN(line.ys[i]));
      if (inView.length === 0) return;
      const now = cursor === null ? -1 : inView.indexOf(nearest(line));
      const next = now < 0 ? (by > 0 ? 0 : inView.length - 1) : Math.min(inView.length - 1, Math.max(0, now + by));
      cursor = line.xs[inView[next]];
      point();
    });

    function reset() {
      zoom = null;
      draw();
    }

    /** Points as they were logged, whatever is shown. */
    function csv() {
      const several = curves.length > 1;
      const rows = curves.flatMap((curve) =>
        curve.value.map((value, i) => {
          const band = curve.band ? [curve.band.low[i], curve.band.high[i]] : [];
          return [...(several ? [field(curve.name)] : []), curve.step[i], curve.time?.[i] ?? "", value, ...band].join(",");
        }),
      );
      const band = curves.some((curve) => curve.band) ? ",low,high" : "";
      return [`${several ? "curve," : ""}${own.x},time,value${band}`, ...rows, ""].join("\n");
    }

    draw();
    return {
      csv,
      reset,
      update(newer) {
        curves = newer;
        draw();
      },
      set(changed) {
        if ("axis" in changed && changed.axis !== own.axis) zoom = null;
        Object.assign(own, changed);
        draw();
      },
    };
  }

  /* The cards of a page */

  const cards = new Map(); // by name: { card, chart, data }
  const shared = { axis: "step", smoothing: 0 }; // of all charts

  function button(text, title, press) {
    const element = html("button", { type: "button", title }, text);
    element.addEventListener("click", () => press(element));
    return element;
  }

  function toggle(text, title, change) {
    const element = button(text, title, () => {
      const on = element.getAttribute("aria-pressed") !== "true";
      element.setAttribute("aria-pressed", on);
      change(on);
    });
    element.setAttribute("aria-pressed", false);
    return element;
  }

  /** Draws a chart of the page's data into its card, which is made where there is none. */
  function show(data) {
    const known = cards.get(data.name);
    if (known) {
      known.data = { ...data, curves: data.curves.map((curve, i) => joined(known.data.curves[i], curve)) };
      known.chart.update(known.data.curves);
      return describe(known);
    }
    let card = [...document.querySelectorAll("[data-chart]")].find((card) => card.dataset.chart === data.name);
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
      button("all", `${data.name}: show all of it`, made.reset),
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
    const lists = ["step", "time", "value"].map((list) => [list, [...(known[list] ?? []), ...(curve[list] ?? [])]]);
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
    const select = html("select", {}, html("option", { value: "step" }, "step"), html("option", { value: "time" }, "time"));
    select.addEventListener("change", () => change({ axis: select.value }));
    const all = button("CSV of all", "All curves in one file", () => {
      const rows = [...cards].flatMap(([name, { chart }]) => chart.csv().split("\n").slice(1, -1).map((row) => `${field(name)},${row}`));
      const [first] = cards.values();
      save("curves", [`metric,${first.chart.csv().split("\n", 1)[0]}`, ...rows, ""].join("\n"));
    });
    const timed = [...data.charts].some((chart) => chart.curves.some((curve) => curve.time?.length));
    const axis = timed || live ? [html("label", {}, "axis ", select)] : [];
    grid.before(html("div", { class: "controls" }, ...axis, html("label", {}, "smoothing ", slider, " ", value), all));
  }

  /* Figures */

  /** Figures of several steps: one at a time, with a slider. `before` are the steps that were shown. */
  function sliders(root, before = new Map()) {
    for (const group of root.querySelectorAll(".steps")) {
      const name = group.getAttribute("aria-label");
      const figures = [...group.querySelectorAll("figure")];
      const slider = html("input", { type: "range", min: 0, max: figures.length - 1, step: 1, "aria-label": `step of ${name}` });
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

  /** Takes a section as it is now. */
  function take({ id, html: text }) {
    const section = document.getElementById(id);
    if (!section || sections.get(id) === text) return;
    sections.set(id, text);
    const shown = new Map([...section.querySelectorAll(".steps")].map((group) => [group.getAttribute("aria-label"), group.dataset.shown]));
    section.innerHTML = text; // the server's own page, escaped there
    section.hidden = text === "";
    sliders(section, shown);
    down(section);
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
      const answer = document.hidden ? null : await fetch(`${live}?since=${encodeURIComponent(version)}`);
      if (answer?.status === 200) {
        const news = await answer.json();
        for (const section of news.sections ?? []) take(section);
        for (const chart of news.charts ?? []) show(chart);
        version = news.version;
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

  return { chart, cards };
})();
