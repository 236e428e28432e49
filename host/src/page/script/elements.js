/* Elements of a page, and files that it saves. */

const SVG = "http://www.w3.org/2000/svg";

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
