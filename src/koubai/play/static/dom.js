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

/**
 * A “?” that explains the control beside it in a sentence, on hover, on click, and from the keyboard.
 * @param {string} name of the control
 * @param {string} [title] key of the control's name
 */
export function helper(name, title = `play.control.${name}`) {
  const id = `koubai-help-${++count}`;
  const words = el("p", { class: "help", id, popover: "auto", text: `play.help.${name}` });
  const ask = el("button", { type: "button", class: "ask", popovertarget: id, "data-about": title, hint: `play.help.${name}` }, "?");
  words.addEventListener("beforetoggle", (/** @type {any} */ event) => {
    if (event.newState !== "open") return;
    const box = ask.getBoundingClientRect(), width = Math.min(320, window.innerWidth - 16);
    words.style.width = `${width}px`;
    words.style.left = `${Math.max(8, Math.min(box.left - 12, window.innerWidth - width - 8))}px`;
    const below = box.bottom + 120 < window.innerHeight;
    words.style.top = below ? `${box.bottom + 6}px` : "auto";
    words.style.bottom = below ? "auto" : `${window.innerHeight - box.top + 6}px`;
  });
  return el("span", { class: "helper" }, ask, words);
}

/**
 * A control with its name and an explanation that opens in place.
 * @param {string} name of the control, by which a teacher can hide it
 * @param {HTMLElement} control
 * @param {HTMLElement | null} [beside] what follows the name, such as the value
 */
export function field(name, control, beside = null) {
  control.id = `koubai-${name}-${++count}`;
  const head = el("span", { class: "head" }, el("label", { for: control.id, text: `play.control.${name}` }), helper(name), ...(beside ? [beside] : []));
  return el("div", { class: "field", "data-control": name }, head, control);
}

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
 * A card: a section with a heading.
 * @param {string} name
 * @param {...(Node | string)} children
 */
export function card(name, ...children) {
  const heading = el("h2", { text: `play.${name}.title`, id: `koubai-card-${name}` });
  return el("section", { class: `card ${name}`, "data-control": `${name}_panel`, "aria-labelledby": heading.id }, heading, ...children);
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
