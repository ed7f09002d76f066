// Texts by key in the chosen language. Elements carry their key, so that switching language rewrites them in place.

export class Texts {
  constructor() {
    this.table = /** @type {Record<string, string>} */ ({});
  }

  /**
   * @param {string} key
   * @param {Record<string, unknown>} [values]
   */
  text(key, values = {}) {
    const template = this.table[key] ?? key;
    return template.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
  }

  /** @param {string} key */
  has(key) {
    return key in this.table;
  }

  /** @param {HTMLElement} root */
  apply(root) {
    for (const node of root.querySelectorAll("[data-text]")) node.textContent = this.text(/** @type {HTMLElement} */ (node).dataset.text || "");
    for (const node of root.querySelectorAll("[data-label]"))
      node.setAttribute("aria-label", this.text(/** @type {HTMLElement} */ (node).dataset.label || ""));
    for (const node of root.querySelectorAll("[data-hint]"))
      node.setAttribute("title", this.text(/** @type {HTMLElement} */ (node).dataset.hint || ""));
  }
}
