// Two notes beside the network's picture, where there is room for them: what a line is, and what a node's picture is.
import { el } from "../page/dom.js";

const WIDTH = 172, HEIGHT = 58, GAP = 20;

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
    note.hidden = plan.height - y - GAP < HEIGHT || plan.step < WIDTH - 20;
    note.style.left = `${Math.max(0, Math.min(plan.width - WIDTH, x - WIDTH / 2))}px`;
    note.style.top = `${y + GAP}px`;
    note.style.width = `${WIDTH}px`;
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
