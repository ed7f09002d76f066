// Small helpers that create elements. Text is always set as text, never as HTML.

/**
 * @param {string} tag
 * @param {Record<string, any>} [props] text, label and hint are keys of texts; on holds listeners; the rest are attributes.
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name === "text" || name === "label" || name === "hint") node.dataset[name] = value;
    else if (name === "on") for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else if (name === "value" || name === "checked" || name === "disabled" || name === "hidden") /** @type {any} */ (node)[name] = value;
    else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children);
  return node;
}

/**
 * A button with a text.
 * @param {string} key
 * @param {() => void} action
 * @param {Record<string, any>} [props]
 */
export const button = (key, action, props = {}) => el("button", { type: "button", text: key, on: { click: action }, ...props });

let count = 0;

/** A fresh id for an element that another refers to. @param {string} what */
export const fresh = (what) => `koubai-${what}-${++count}`;

/**
 * A slider that is not moved by late updates while the user is dragging it.
 * @param {Record<string, any>} props
 * @param {(value: number) => void} moved
 * @returns {{input: any, show: (value: number) => void}}
 */
export function range(props, moved) {
  const input = el("input", { type: "range", ...props, on: { input: () => moved(Number(input.value)) } });
  let held = false;
  input.addEventListener("pointerdown", () => (held = true));
  for (const end of ["pointerup", "pointercancel", "blur"]) input.addEventListener(end, () => (held = false));
  return {
    input,
    show(value) {
      if (!held) input.value = value;
    },
  };
}

/**
 * Throttles updates during training: what nobody reads sixty times a second need not be drawn that often.
 * @param {number} least milliseconds between updates
 */
export function seldom(least) {
  let last = -Infinity;
  return (/** @type {boolean} */ running) => {
    const now = performance.now();
    if (running && now - last < least) return false;
    last = now;
    return true;
  };
}

/**
 * The focused element of the playground's own tree, since a notebook may put it in a shadow tree.
 * @param {HTMLElement} within
 */
export const focused = (within) => /** @type {Document | ShadowRoot} */ (within.getRootNode()).activeElement;

/** Scroll behaviour: smooth, unless the user prefers reduced motion. @returns {ScrollBehavior} */
export const gliding = () => (window.matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");

/**
 * Offers a file for download.
 * @param {Blob} blob
 * @param {string} name
 */
export function save(blob, name) {
  const link = el("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/**
 * Makes the options of a select match the choices, keeping elements that already match.
 * @param {HTMLSelectElement} select
 * @param {[string, string][]} choices value and text
 * @param {string} value
 */
export function options(select, choices, value) {
  const wanted = JSON.stringify(choices);
  if (select.dataset.choices !== wanted) {
    select.dataset.choices = wanted;
    select.replaceChildren(...choices.map(([key, text]) => el("option", { value: key }, text)));
  }
  if (select.value !== value) select.value = value;
}

/**
 * A list whose elements last from one update to the next: a button that is built anew loses a press that has begun,
 * and the keyboard's focus.
 * @template T
 * @param {HTMLElement} parent
 * @param {(item: T) => string} key tells which element is an item's
 * @param {(item: T) => {node: HTMLElement, show: (item: T) => void}} make
 * @returns {(items: T[]) => void} brings the list up to date
 */
export function lasting(parent, key, make) {
  let made = /** @type {Map<string, {node: HTMLElement, show: (item: T) => void}>} */ (new Map());
  return (items) => {
    const now = new Map(), parts = items.map((item) => made.get(key(item)) ?? make(item));
    items.forEach((item, at) => now.set(key(item), parts[at]));
    for (const [name, { node }] of made) if (!now.has(name)) node.remove();
    parts.forEach(({ node, show }, at) => {
      show(items[at]);
      if (parent.children[at] !== node) parent.insertBefore(node, parent.children[at] ?? null);
    });
    made = now;
  };
}

/** Cards whose heading is followed by the question that they answer. */
const ASKS = new Set(["data", "output", "loss", "timeline"]);

/**
 * A card: a section with a heading.
 * @param {string} name
 * @param {...(Node | string)} children
 */
export function card(name, ...children) {
  const heading = el("h2", { text: `play.${name}.title`, id: `koubai-card-${name}` });
  const asks = ASKS.has(name) ? [el("p", { class: "asks", text: `play.${name}.asks` })] : [];
  return el("section", { class: `card ${name}`, "data-control": `${name}_panel`, "aria-labelledby": heading.id }, heading, ...asks, ...children);
}

/**
 * @param {number} value
 * @param {number} [digits] significant digits
 */
export function short(value, digits = 4) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value !== 0 && (Math.abs(value) >= 1e5 || Math.abs(value) < 1e-3)) return power(value.toExponential(digits - 2));
  return String(+value.toPrecision(digits)).replace("-", "−");
}

/** @param {string} text from toExponential */
function power(text) {
  const [part, exponent] = text.split("e");
  const raised = exponent.replace("+", "").replace(/[-0-9]/g, (sign) => (sign === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(sign)]));
  const factor = /^-?1$/.test(part) ? part.replace("1", "") : `${part}·`;
  return `${factor}10${raised}`.replace("-", "−");
}

/**
 * Sets an element's text where it is another one: what is set is laid out and painted anew, the same or not.
 * @param {Element} node
 * @param {string} text
 */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Device pixels per CSS pixel of a canvas. */
export const fineness = () => Math.min(2, window.devicePixelRatio || 1);

/**
 * Sizes a canvas to its box and the device pixels, clears it, and returns its context in CSS pixels.
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 */
export function prepare(canvas, width, height) {
  const scale = fineness();
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  return pen;
}
