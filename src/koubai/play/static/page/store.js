// The single state of the page. Panels read it and are notified of changes once per animation frame.

export class Store {
  /** @param {import("../types.js").State} state */
  constructor(state) {
    this.load = /** @type {(lang: string) => Promise<void>} */ (async () => {});
    this.state = state;
    this.changed = /** @type {Set<string>} */ (new Set());
    this.listeners = /** @type {((state: any, changed: Set<string>) => void)[]} */ ([]);
    this.asked = false;
  }

  /** @param {Partial<import("../types.js").State>} part */
  set(part) {
    for (const [key, value] of Object.entries(part)) {
      if (/** @type {any} */ (this.state)[key] === value) continue;
      /** @type {any} */ (this.state)[key] = value;
      this.changed.add(key);
    }
    if (this.changed.size && !this.asked) {
      this.asked = true;
      requestAnimationFrame(() => this.tell());
    }
  }

  tell() {
    this.asked = false;
    const changed = this.changed;
    this.changed = new Set();
    for (const listener of this.listeners) listener(this.state, changed);
  }

  /** @param {(state: any, changed: Set<string>) => void} listener */
  subscribe(listener) {
    this.listeners.push(listener);
  }
}
