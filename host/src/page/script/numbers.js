/* Numbers: written, smoothed, and as places along an axis. */

/** Four significant digits, as the page writes them. */
function number(value) {
  if (!Number.isFinite(value)) return String(value).replace("Infinity", "inf");
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (size >= 1e-4 && size < 1e6) {
    const digits = Math.max(0, 3 - Math.floor(Math.log10(size)));
    return String(Number(value.toFixed(digits)));
  }
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
  const room = (Math.abs(low) || 1) / 2; // around a single value
  if (low === high) [low, high] = log ? [low / 2, high * 2] : [low - room, high + room];
  const [to, from] = log ? [Math.log10, (x) => 10 ** x] : [(x) => x, (x) => x];
  const [a, b] = [to(low), to(high)];
  return {
    place: (value) => start + ((to(value) - a) / (b - a)) * (end - start),
    value: (place) => from(a + ((place - start) / (end - start)) * (b - a)),
    ticks: about === "time" ? timeTicks(low, high, 4) : log ? logTicks(low, high) : ticks(low, high, about),
  };
}
