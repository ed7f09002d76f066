// The past of a run: moments to go back to and the losses over the epochs, thinned so that an hour takes no more than a minute.

const MOST_BYTES = 16 * 2 ** 20, MOST_MOMENTS = 2000, OVERHEAD = 1500;
const MOST_PLACES = 3000, MOST_TOLD = 2 * MOST_PLACES;

/**
 * A past moment with its experiment and its place in the journal; `kept`: by hand, so that thinning leaves it.
 * @typedef {{moment: import("../experiment/experiment.js").Moment, experiment: import("../experiment/experiment.js").Experiment, serial: number, done: import("./journal.js").Link | null, kept: boolean}} Past
 */

/** A point of the curve. @typedef {{serial: number, epoch: number, train: number, test: number, kept: boolean}} Place */

/**
 * Append the newest; it replaces the last one unless that is kept or lies a stride after the one before.
 * @template {{serial: number, kept: boolean}} T
 * @param {T[]} found
 * @param {T} newest
 * @param {number} stride
 */
export function thinAppend(found, newest, stride) {
  const last = found[found.length - 1], before = found[found.length - 2];
  if (before && !last.kept && last.serial - before.serial < stride) found.pop();
  found.push(newest);
}

/** Every other one and the last. @template T @param {T[]} found @returns {T[]} */
const halved = (found) => [...found.slice(0, -1).filter((_, at) => at % 2 === 0), found[found.length - 1]];

/** Past moments in order, with the first and the last always, and all of them while they fit. */
export class Timeline {
  constructor() {
    this.pasts = /** @type {Past[]} */ ([]);
    this.position = -1;
    this.stride = 1;
  }

  /** Record a moment; any after the current position are discarded. @param {Past} past */
  record(past) {
    this.pasts.length = this.position + 1;
    thinAppend(this.pasts, past, this.stride);
    const size = past.moment.theta.byteLength + past.moment.slots.byteLength + OVERHEAD;
    if (this.pasts.length > Math.min(MOST_MOMENTS, Math.max(8, Math.floor(MOST_BYTES / size)))) {
      this.pasts = halved(this.pasts);
      this.stride *= 2;
    }
    this.position = this.pasts.length - 1;
  }

  /** @param {number} position clipped to what there is */
  go(position) {
    this.position = Math.max(0, Math.min(position, this.pasts.length - 1));
    return this.pasts[this.position];
  }

  copy() {
    return Object.assign(new Timeline(), { pasts: this.pasts.slice(), position: this.position, stride: this.stride });
  }
}

/** Losses in the order recorded, shown up to the place with the serial number `shown`. */
export class Curve {
  constructor() {
    this.places = /** @type {Place[]} */ ([]);
    this.stride = 1;
    this.shown = -1;
    this.told = /** @type {number | null} */ (null);
    this.nTold = 0;
  }

  /** Append a place; any after the shown one are discarded. @param {Place} place */
  note(place) {
    if (this.places.length && this.places[this.places.length - 1].serial > this.shown) this.places = this.places.filter(({ serial }) => serial <= this.shown);
    thinAppend(this.places, place, this.stride);
    if (this.places.length > MOST_PLACES) {
      this.places = halved(this.places);
      this.stride *= 2;
      this.told = null;
    }
    this.shown = place.serial;
  }

  /** The last place shown. */
  get newest() {
    for (let at = this.places.length - 1; at > 0; at--) if (this.places[at].serial <= this.shown) return this.places[at];
    return this.places[0];
  }

  /** @param {number} serial */
  showUntil(serial) {
    this.shown = serial;
    this.told = null;
  }

  /** What the page doesn't know yet. */
  news() {
    const whole = this.told === null || this.nTold > MOST_TOLD, first = whole ? -1 : /** @type {number} */ (this.told);
    let at = this.places.length;
    while (at && this.places[at - 1].serial > first) at -= 1;
    const found = this.places.slice(at).filter(({ serial }) => serial <= this.shown);
    this.told = this.shown;
    this.nTold = found.length + (whole ? 0 : this.nTold);
    return { whole, epochs: found.map(({ epoch }) => epoch), train: found.map(({ train }) => train), test: found.map(({ test }) => test) };
  }

  /** A copy that was told nothing. */
  copy() {
    return Object.assign(new Curve(), { places: this.places.slice(), stride: this.stride, shown: this.shown });
  }
}
