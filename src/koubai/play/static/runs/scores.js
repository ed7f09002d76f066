// Losses and accuracies of the training and the test rows, apart, in a small table.
import { el, short } from "../page/dom.js";

const known = (/** @type {any} */ value) => value !== undefined && value !== null;
const share = (/** @type {any} */ value) => (known(value) ? `${(100 * value).toFixed(1)} %` : "–");

/**
 * @returns {{element: HTMLElement, update: (header: any) => void}}
 */
export function scores() {
  const cell = () => el("td", {}, "–");
  const cells = { train_loss: cell(), train_accuracy: cell(), test_loss: cell(), test_accuracy: cell(), mistakes: cell() };
  const accuracy = el("th", { scope: "col", text: "play.output.accuracy" });
  const row = (/** @type {string} */ name, /** @type {HTMLElement[]} */ ...inside) =>
    el("tr", { class: name }, el("th", { scope: "row" }, el("span", { class: `dash ${name}`, "aria-hidden": "true" }), el("span", { text: `play.output.${name}` })), ...inside);
  const mistakes = el("tr", { class: "mistakes", hidden: true }, el("th", { scope: "row", text: "play.output.mistakes" }), cells.mistakes, el("td", {}));
  const element = el("table", { class: "scores" },
    el("thead", {}, el("tr", {}, el("td", {}), el("th", { scope: "col", text: "play.output.loss" }), accuracy)),
    el("tbody", {}, row("train", cells.train_loss, cells.train_accuracy), row("test", cells.test_loss, cells.test_accuracy), mistakes));
  return {
    element,
    update(header) {
      if (!header) return;
      /** @type {Record<string, string>} */
      const said = { train_loss: short(header.train_loss), test_loss: short(header.test_loss),
        train_accuracy: share(header.train_accuracy), test_accuracy: share(header.test_accuracy), mistakes: known(header.mistakes) ? header.mistakes.toLocaleString("en") : "" };
      for (const [name, text] of Object.entries(said)) {
        const node = /** @type {Text} */ (/** @type {any} */ (cells)[name].firstChild);
        if (node.data !== text) node.data = text; // in place: a new element would cost a layout in every frame
      }
      const counted = known(header.train_accuracy);
      for (const each of [accuracy, cells.train_accuracy, cells.test_accuracy]) each.hidden = !counted;
      mistakes.hidden = !known(header.mistakes);
    },
  };
}
