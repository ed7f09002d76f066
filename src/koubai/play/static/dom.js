// Small helpers that make elements. Text is always set as text, never as HTML.

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
 * A control with its name and an explanation that opens where it stands.
 * @param {string} name of the control, by which a teacher can hide it
 * @param {HTMLElement} control
 * @param {HTMLElement | null} [beside] what stands behind the name, such as the value
 */
export function field(name, control, beside = null) {
  const id = `koubai-${name}-${++count}`;
  control.id = id;
  const help = el("p", { class: "help", id: `${id}-help`, text: `play.help.${name}`, hidden: true });
  const ask = el("button", {
    type: "button", class: "ask", label: "play.help.open", "aria-expanded": "false", "aria-controls": `${id}-help`,
    on: {
      click: () => {
        help.hidden = !help.hidden;
        ask.setAttribute("aria-expanded", String(!help.hidden));
      },
    },
  }, "?");
  const head = el("span", { class: "head" }, el("label", { for: id, text: `play.control.${name}` }), ...(beside ? [beside] : []), ask);
  return el("div", { class: "field", "data-control": name }, head, control, help);
}

/**
 * Makes the options of a select match the choices, keeping elements that are right already.
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

/** @param {number} value */
export function short(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value !== 0 && (Math.abs(value) >= 1e5 || Math.abs(value) < 1e-3)) return value.toExponential(2).replace("-", "−");
  return String(+value.toPrecision(4)).replace("-", "−");
}

/**
 * Sizes a canvas to its box and the screen's pixels, and returns its context in CSS pixels.
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 */
export function prepare(canvas, width, height) {
  const scale = Math.min(2, window.devicePixelRatio || 1);
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
