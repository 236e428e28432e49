/*
 * chart(element, curves, options) draws curves over each other into an element, in place of what is there.
 *   curve    { name, step: [], time: [], value: [], band: { low: [], high: [] } }
 *            A value is a number, or "nan", "inf", "-inf": a gap. `time` (seconds) and `band` may be missing.
 *   options  { label, x: "step", axis: "step" | "time", log: false, smoothing: 0 }
 *            `x` is what steps are called. `smoothing` is the weight of an exponential moving average,
 *            0 <= w < 1, without the bias towards 0 of its first values, as TensorBoard draws it.
 *   result   { update(curves), set(options), reset(), csv() }
 * A chart shows values at the pointer (or with the arrow keys), the range that is dragged over, and all of it
 * after a double click (or Escape).
 */

const COLOURS = 8; // classes c0 to c7 of the page's style
const SIZE = { width: 340, height: 160, left: 48, right: 334, top: 8, bottom: 138 };

let count = 0;

function chart(element, curves, options) {
  const own = { label: "", x: "step", axis: "step", log: false, smoothing: 0, ...options };
  const { width, height, left, right, top, bottom } = SIZE;
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", tabindex: 0 });
  const readout = html("div", { class: "readout", hidden: "" });
  const back = button("reset", `${own.label}: show all of it`, () => reset());
  element.replaceChildren(picture, back, readout);
  element.classList.add("chart");
  const clip = `clip-${++count}`;
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
    const edge = (values) => placed(values.map(finite));
    const band = curve.band && { low: edge(curve.band.low), high: edge(curve.band.high) };
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
    back.hidden = zoom === null;
    const lines = curves.map(line);
    const found = scales(lines);
    drawn = { lines, ...found };
    picture.setAttribute("aria-label", own.label);
    if (!found) {
      const middle = { x: width / 2, y: height / 2, "text-anchor": "middle" };
      picture.replaceChildren(svg("text", middle, "no values"));
      return point();
    }
    const { x, y } = found;
    const view = svg("clipPath", { id: clip }); // what is out of view is cut off
    view.append(svg("rect", { x: left, y: top - 2, width: right - left + 2, height: bottom - top + 3 }));
    const plot = svg("g", { "clip-path": `url(#${clip})` });
    for (const line of lines) plot.append(...marks(line, x, y));
    picture.replaceChildren(view, ...axes(x, y), plot, svg("g", { class: "cursor" }));
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
    const corner = { x: left - 12, y: height - 6, "text-anchor": "end" };
    const name = svg("text", corner, isTimed() ? "time" : own.x);
    return [...across, svg("path", { class: "axis", d: `M${left} ${bottom}H${right}` }), ...below, name];
  }

  function marks(line, x, y) {
    const across = line.xs.map(x.place);
    const down = (values) => values.map(y.place);
    const found = [];
    const add = (kind, d) => d && found.push(svg("path", { class: `${kind}${line.colour}`, d }));
    if (line.band) {
      const [low, high] = [down(line.band.low), down(line.band.high)];
      const kept = [...low.keys()].filter((i) => !Number.isNaN(low[i]) && !Number.isNaN(high[i]));
      const there = path(kept.map((i) => across[i]), kept.map((i) => high[i]));
      const back = path(kept.map((i) => across[i]).reverse(), kept.map((i) => low[i]).reverse());
      if (there) add("band", `${there}${back.replace("M", "L")}Z`);
    }
    if (own.smoothing > 0) add("line raw", path(across, down(line.raw)));
    add("line", path(across, down(line.ys)));
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

  /** A value of a line in words. */
  function row(line, i) {
    const value = number(line.ys[i]) + (own.smoothing > 0 ? ` (${number(line.raw[i])})` : "");
    const key = html("b", { class: `key${line.colour}` }, "■ ");
    const name = drawn.lines.length > 1 ? [key, `${line.name} `] : [];
    return html("div", {}, ...name, html("span", {}, value));
  }

  /** Shows the values at the cursor. */
  function point() {
    const layer = picture.querySelector(".cursor");
    const at = cursor === null || !layer ? [] : drawn.lines.map((line) => [line, nearest(line)]);
    const points = at.filter(([, i]) => i >= 0);
    layer?.replaceChildren();
    readout.hidden = points.length === 0;
    if (points.length === 0) return;
    const { x, y } = drawn;
    const xs = points.map(([line, i]) => line.xs[i]);
    const here = xs.reduce((a, b) => (Math.abs(b - cursor) < Math.abs(a - cursor) ? b : a));
    const place = x.place(here);
    layer.append(svg("path", { class: "axis", d: `M${place.toFixed(1)} ${top}V${bottom}` }));
    const rows = points.map(([line, i]) => {
      const [cx, cy] = [x.place(line.xs[i]).toFixed(1), y.place(line.ys[i]).toFixed(1)];
      layer.append(svg("circle", { class: line.colour.trim(), cx, cy, r: 3 }));
      return row(line, i);
    });
    readout.replaceChildren(html("div", {}, isTimed() ? clock(here) : `${own.x} ${number(here)}`), ...rows);
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
    const range = { class: "range", x: a, y: top, width: b - a, height: bottom - top };
    layer?.replaceChildren(svg("rect", range));
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
    const isInView = (i) => line.xs[i] >= low && line.xs[i] <= high && !Number.isNaN(line.ys[i]);
    const inView = [...line.xs.keys()].filter(isInView);
    if (inView.length === 0) return;
    const now = cursor === null ? -1 : inView.indexOf(nearest(line));
    const next = now < 0 && by < 0 ? inView.length - 1 : now + by; // the first key starts at an end
    cursor = line.xs[inView[Math.min(inView.length - 1, Math.max(0, next))]];
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
        const name = several ? [field(curve.name)] : [];
        const band = curve.band ? [curve.band.low[i], curve.band.high[i]] : [];
        return [...name, curve.step[i], curve.time?.[i] ?? "", value, ...band].join(",");
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
