// A name that explains its control: on hover, while the keyboard is on the control, and on a tap.
import { el, fresh } from "./dom.js";

/** Milliseconds until words appear: at once for a hand that rests, later for a keyboard that passes by. */
const HOVERED = 220, FOCUSED = 550, LEFT = 160;

/** @type {{words: any, timer: number}} the words on screen, one at a time */
const now = { words: null, timer: 0 };

/** @param {any} words @param {HTMLElement} beside */
function show(words, beside) {
  if (now.words && now.words !== words) now.words.hidePopover();
  if (!words.isConnected || !beside.isConnected) return;
  now.words = words;
  const box = beside.getBoundingClientRect(), width = Math.min(320, window.innerWidth - 16);
  words.style.width = `${width}px`;
  words.style.left = `${Math.max(8, Math.min(box.left - 12, window.innerWidth - width - 8))}px`;
  const below = box.bottom + 130 < window.innerHeight;
  words.style.top = below ? `${box.bottom + 8}px` : "auto";
  words.style.bottom = below ? "auto" : `${window.innerHeight - box.top + 8}px`;
  words.showPopover();
}

export function hush() {
  window.clearTimeout(now.timer);
  now.words?.hidePopover();
  now.words = null;
}

/** @param {() => void} action @param {number} wait */
function later(action, wait) {
  window.clearTimeout(now.timer);
  now.timer = window.setTimeout(action, wait);
}

/**
 * @param {HTMLElement} label
 * @param {string} name of the control, under which its explanation is found
 * @param {...HTMLElement} controls
 * @returns {HTMLElement} the label, followed by what explains it
 */
export function explained(label, name, ...controls) {
  const id = fresh("help");
  const words = el("p", { class: "help", id, popover: "manual", role: "tooltip", text: `play.help.${name}` });
  label.classList.add("explains");
  const appear = (/** @type {PointerEvent} */ event) => event.pointerType === "mouse" && later(() => show(words, label), HOVERED);
  const vanish = () => later(hush, LEFT);
  label.addEventListener("pointerenter", appear);
  label.addEventListener("pointerleave", vanish);
  words.addEventListener("pointerenter", () => window.clearTimeout(now.timer));
  words.addEventListener("pointerleave", vanish);
  label.addEventListener("pointerup", (event) => {
    if (event.pointerType === "mouse") return;
    if (now.words === words) hush();
    else later(() => show(words, label), 0);
  });
  for (const control of controls) {
    control.setAttribute("aria-describedby", id);
    control.addEventListener("focusin", () => control.matches(":focus-visible, :has(:focus-visible)") && later(() => show(words, label), FOCUSED));
    control.addEventListener("focusout", hush);
    control.addEventListener("keydown", (event) => event.key === "Escape" && now.words === words && (event.stopPropagation(), hush()));
  }
  return el("span", { class: "explained" }, label, words);
}

/**
 * A control with its name, which explains it.
 * @param {string} name of the control, by which a teacher can hide it
 * @param {HTMLElement} control
 * @param {HTMLElement | null} [beside] what follows the name, such as the value
 */
export function field(name, control, beside = null) {
  control.id = fresh(name);
  const label = el("label", { for: control.id, text: `play.control.${name}` });
  const head = el("span", { class: "head" }, explained(label, name, control), ...(beside ? [beside] : []));
  return el("div", { class: "field", "data-control": name }, head, control);
}
