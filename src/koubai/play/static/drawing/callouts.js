// Two notes beside the network's picture, where there is room for them: what a line is, and what a node's picture is.
import { el } from "../page/dom.js";

const WIDTH = "14.3em", GAP = 20;

export function callouts() {
  const node = el("p", { class: "callout", text: "play.network.callout_node", hidden: true });
  const link = el("p", { class: "callout", text: "play.network.callout_link", hidden: true });
  const element = el("div", { class: "callouts", "aria-hidden": "true" }, node, link);

  /**
   * Puts a note under a column of nodes, if it fits there.
   * @param {HTMLElement} note
   * @param {import("../drawing/network-layout.js").Layout} plan
   * @param {number} x its middle
   * @param {number} y the lowest thing above it
   */
  function put(note, plan, x, y) {
    note.hidden = false; // its size follows that of the letters, which are larger on large screens
    note.style.width = WIDTH;
    note.style.top = `${y + GAP}px`;
    const wide = note.offsetWidth;
    note.style.left = `${Math.max(0, Math.min(plan.width - wide, x - wide / 2))}px`;
    note.hidden = plan.height - y - GAP < note.offsetHeight || plan.step < wide - 20;
  }

  return {
    element,
    /** @param {import("../drawing/network-layout.js").Layout} plan */
    place(plan) {
      const hidden = plan.columns.slice(1, -1);
      node.hidden = link.hidden = true;
      if (!hidden.length) return;
      const first = hidden[0], last = first[first.length - 1];
      put(node, plan, last.x, last.y + last.size / 2);
      if (hidden.length > 2) return;
      const second = hidden[1] ?? plan.columns[2], lowest = second[second.length - 1], output = plan.columns[plan.columns.length - 1][0];
      const x = hidden.length > 1 ? lowest.x : (last.x + lowest.x) / 2 + 30;
      put(link, plan, x, Math.max(lowest.y + lowest.size / 2, hidden.length > 1 ? output.y : lowest.y + 24));
    },
  };
}
