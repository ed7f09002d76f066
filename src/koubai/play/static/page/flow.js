// Flow control of messages: slow answers, acknowledged frames, and one instant answer at a time.

/** Notifies when an answer is slow. */
export class Patience {
  /** @param {import("./store.js").Store} store */
  constructor(store) {
    this.store = store;
    this.timer = 0;
  }

  /** @param {object} message */
  asked(message) {
    const { type } = /** @type {{type: string}} */ (message);
    if (this.timer || ["ack", "explain", "starts", "download", "branch", "drop"].includes(type)) return;
    this.timer = window.setTimeout(() => this.store.set({ waiting: true }), 1500);
  }

  answered() {
    if (!this.timer) return;
    window.clearTimeout(this.timer);
    this.timer = 0;
    this.store.set({ waiting: false });
  }
}

/** Acknowledges frames so that exactly one more is on its way while one is drawn. */
export class Acknowledged {
  /** @param {import("../types.js").Transport} transport */
  constructor(transport) {
    this.transport = transport;
    this.undrawn = 0;
    this.owed = -1;
  }

  /** @param {number} id */
  came(id) {
    this.undrawn += 1;
    if (this.undrawn === 1) this.transport.send({ type: "ack", id });
    else this.owed = id;
  }

  drawn() {
    this.undrawn = 0;
    if (this.owed >= 0) {
      this.transport.send({ type: "ack", id: this.owed });
      this.undrawn = 0;
      this.owed = -1;
    }
  }
}

/** Requests final states one at a time; the latest change is always answered. */
export class Instant {
  /**
   * @param {import("../types.js").Transport} transport
   * @param {import("./store.js").Store} store
   */
  constructor(transport, store) {
    this.transport = transport;
    this.store = store;
    this.busy = false;
    this.again = false;
    this.since = 0;
  }

  ask() {
    if (this.busy && performance.now() - this.since < 5000) {
      this.again = true;
      return;
    }
    this.busy = true;
    this.again = false;
    this.since = performance.now();
    this.transport.send({ type: "instant", epochs: Math.min(5000, this.store.state.settings.stop_at || 500) });
  }

  arrived() {
    const since = this.since;
    requestAnimationFrame(() => this.store.set({ instant_ms: performance.now() - since }));
    this.busy = false;
    if (this.again) this.ask();
  }
}
