// The playground's session: it obeys messages in order, trains in slices, and reports what came of it.
import { isTable } from "../data/data.js";
import { lacksImages } from "../data/images.js";
import { Places } from "../experiment/maps.js";
import { Problem } from "../experiment/problem.js";
import { Branch, differences } from "./branch.js";
import { changed, parsed } from "./checks.js";
import { pause } from "./resting.js";
import { Starts } from "./starts.js";
import { frameOf, hello, lossesOf, pointsOf, stateOf } from "./telling.js";

/** @typedef {import("./branch.js").Ground} Ground */
/** @typedef {import("../data/data.js").Prepared} Prepared */

/**
 * What the session asks of its surroundings.
 * @typedef {object} Services
 * @property {(settings: any) => Promise<Prepared>} rows of the table that settings name
 * @property {(branch: Branch, asked: any) => Promise<{title: string, html: string}>} explain
 * @property {(branch: Branch, kind: string) => Promise<{name: string, media_type: string, bytes: Uint8Array}>} download
 * @property {((document: any) => void)} [kept] learns how the run stands
 * @property {((branch: Branch, count: number, epochs: number, told: (done: number) => void) => Promise<any>) | null} starts by helpers, if there are any
 * @property {() => void} [stopStarts] lets the helpers end with what they have
 */

const SLICE = 6, LONG_SLICE = 24; // milliseconds of training between looks at the messages
const KEPT_EVERY = 400; // milliseconds between two tellings of how the run stands
const FINE = 100, FEW_NODES = 8; // the output's own grid, and up to how many nodes it is drawn so while training

/** Messages that make a final state that is still being computed obsolete. */
const SUPERSEDING = new Set(["settings", "run", "pause", "reset", "step", "edit", "seek", "swap", "instant", "restore"]);

/** Messages after which the run is another than before. */
const CHANGING = new Set(["settings", "pause", "reset", "step", "edit", "seek", "swap", "instant"]);

/** Names of the settings by which a table's rows are prepared. */
const OF_TABLE = ["dataset", "train_ratio", "data_seed", "table", "target", "columns"];

export class Session {
  /**
   * @param {Ground} ground
   * @param {(message: any, transfer?: Transferable[]) => void} send
   * @param {Services} services
   */
  constructor(ground, send, services) {
    this.ground = ground;
    this.send = send;
    this.services = services;
    this.running = this.halted = this.closed = false;
    this.until = /** @type {number | null} */ (null);
    this.grid = 50;
    this.look = /** @type {import("../experiment/seen.js").Look} */ ({ row: 0, pixels: null, target: null });
    this.withMaps = true;
    this.frameId = this.acked = this.waiting = 0;
    this.others = /** @type {Branch[]} */ ([]);
    this.turn = Promise.resolve();
    this.wake = () => {};
    this.looping = false;
    this.prepared = /** @type {{of: string, rows: Prepared} | null} */ (null);
    this.keptAt = 0;
    this.starts = new Starts(send, services);
    this.branch = /** @type {Branch} */ (/** @type {unknown} */ (null)); // until it is opened
    this.places = { coarse: new Places(), fine: new Places() };
  }

  /**
   * Begin with these settings; where they are refused, with the usual ones.
   * @param {any} first
   * @param {any} [document] of a run to go on with
   */
  async open(first, document = null) {
    const { catalogue } = this.ground;
    let settings = catalogue.defaults;
    try {
      settings = changed(catalogue, wide(catalogue.defaults, first, catalogue.bounds.widest), first ?? {});
      const prepared = await this.#rows(document?.settings ?? settings);
      this.branch = document ? Branch.restored(this.ground, document, prepared) : Branch.of(this.ground, settings, prepared);
    } catch (error) {
      this.#refuse(error);
      settings = catalogue.defaults;
      this.branch = Branch.of(this.ground, settings);
    }
    this.send(hello(catalogue, this.branch.settings));
    this.#tellAll();
  }

  /**
   * Obey one message; it waits for its turn, but a pause takes effect at once.
   * @param {any} message
   * @returns {Promise<void>}
   */
  receive(message) {
    let part;
    try {
      part = parsed(this.ground.catalogue, message);
    } catch (error) {
      this.#refuse(error);
      return Promise.resolve();
    }
    const kind = message.type;
    if (kind === "ack") {
      this.acked = Math.max(this.acked, Math.min(part.id, this.frameId));
      return Promise.resolve();
    }
    if (kind === "pause" || kind === "reset") [this.running, this.halted] = [false, true];
    const weight = Number(SUPERSEDING.has(kind));
    this.waiting += weight;
    this.turn = this.turn.then(async () => {
      this.waiting -= weight;
      try {
        await this.#obey(kind, part);
        if (CHANGING.has(kind)) this.#keep();
      } catch (error) {
        this.#refuse(error);
      }
      this.wake();
    });
    return this.turn;
  }

  close() {
    this.running = false;
    this.closed = true;
    this.starts.close();
    this.wake();
  }

  /** Tell whoever keeps the run elsewhere how it stands, if anybody does; seldom while it changes all the time. */
  #keep() {
    const now = performance.now();
    if (!this.services.kept || (this.running && now - this.keptAt < KEPT_EVERY)) return;
    this.keptAt = now;
    this.services.kept({ ...this.branch.whole(), running: this.running });
  }

  // ------------------------------------------------------------------ what is told

  /** @param {unknown} error */
  #refuse(error) {
    if (error instanceof Problem) this.send({ type: "problem", key: error.key, values: error.values });
    else {
      console.error(error);
      this.send({ type: "problem", key: "failed", values: { what: String(error instanceof Error ? error.message : error).slice(0, 300) } });
    }
  }

  #tellState() {
    this.send(stateOf(this.branch, this.running, this.others));
  }

  /** @param {boolean} [instant] */
  #tell(instant = false) {
    this.frameId += 1;
    const { sizes, seesImages } = this.branch.experiment, few = sizes.slice(1).reduce((sum, nodes) => sum + nodes, 0) <= FEW_NODES;
    const side = Math.max(FINE, this.grid), isFine = !seesImages && (few || !this.running); // while much is computed, a coarse map that moves is the better one
    const fine = isFine ? { places: this.places.fine.over(this.branch.experiment, side), grid: side } : null;
    const { message, transfer } = frameOf(this.branch, this.places.coarse.over(this.branch.experiment, this.grid), this.grid, fine, this.withMaps, { id: this.frameId, running: this.running, instant }, this.look);
    this.send({ type: "losses", ...lossesOf(this.branch.curve.news()) }); // with the frame, so that both are drawn at once
    this.send(message, transfer);
  }

  #tellAll() {
    this.#tellState();
    this.send(pointsOf(this.branch));
    this.branch.curve.told = null;
    this.#tell();
  }

  /** The same network in another state: the frame first, so that no number is ahead of its picture. */
  #tellBriefly() {
    this.#tell();
    this.#tellState();
  }

  /**
   * The rows of the table that settings name, of the last preparation if nothing of it changed.
   * @param {any} settings
   * @returns {Promise<Prepared | null>}
   */
  async #rows(settings) {
    if (!isTable(settings)) return null;
    if (lacksImages(this.ground.catalogue, settings)) throw new Problem("no_images");
    const asked = this.prepared?.rows.recipe ? settings : Object.fromEntries(OF_TABLE.map((name) => [name, settings[name]]));
    const of = JSON.stringify(asked);
    if (this.prepared?.of !== of) this.prepared = { of, rows: await this.services.rows(settings) };
    return this.prepared.rows;
  }

  // ------------------------------------------------------------------ messages

  /**
   * @param {string} kind
   * @param {any} part
   */
  async #obey(kind, part) {
    switch (kind) {
      case "run":
        return this.#run(part.until);
      case "pause":
        return this.#tellBriefly();
      case "settings":
        return this.#settings(part.settings, part.instant);
      case "edit":
        this.branch.edit(part);
        return this.#tellBriefly();
      case "view":
        [this.grid, this.withMaps] = [part.grid, part.maps];
        return this.#tell();
      case "look":
        this.look = part;
        return this.#tell();
      case "branch":
        this.others.unshift(this.branch.copy());
        return this.#tellState();
      case "drop":
        this.others = [];
        return this.#tellState();
      case "explain":
      case "download":
        return void this.#answer(kind, part).catch((error) => this.#refuse(error));
      case "starts":
        return void this.starts.train(this.branch, part.count, part.epochs).catch((error) => this.#refuse(error));
      case "stop_starts":
        return this.starts.stop();
      default:
        return this.#elsewhere(kind, part);
    }
  }

  /**
   * Answer a question that changes nothing, while all else goes on.
   * @param {string} kind
   * @param {any} part
   */
  async #answer(kind, part) {
    if (kind === "explain") this.send({ type: "explanation", ...(await this.services.explain(this.branch, part)) });
    else this.send({ type: "download", ...(await this.services.download(this.branch, part.kind)) });
  }

  /** @param {any} given @param {boolean} instant whether the final state is asked for next, before which nothing is told */
  async #settings(given, instant) {
    const wanted = changed(this.ground.catalogue, this.branch.settings, given);
    if (!differences(this.branch.settings, wanted).length) return this.#tellAll();
    const prepared = await this.#rows(wanted), { data, sizes } = this.branch.experiment;
    this.branch = this.branch.changed(wanted, prepared);
    if (this.branch.experiment.data !== data || this.branch.experiment.sizes.join() !== sizes.join()) return this.#tellAll();
    this.branch.curve.told = null;
    if (instant) return;
    this.#tellState();
    this.#tell();
  }

  /**
   * Go to another state.
   * @param {string} kind
   * @param {any} part
   */
  async #elsewhere(kind, part) {
    this.running = false;
    if (kind === "reset") this.branch = Branch.begin(this.ground, this.branch.experiment);
    else if (kind === "step") await this.#step(part.unit, part.count);
    else if (kind === "seek") this.branch.seek(part.position);
    else if (kind === "instant") await this.#instant(part.epochs);
    else if (kind === "restore") {
      await this.#restore(part.document);
      return this.#tellAll();
    } else if (kind === "swap") {
      this.#swap(part.index);
      return this.#tellAll();
    }
    this.#tell(kind === "instant");
    this.#tellState();
  }

  /** Go on with a run that went on elsewhere. @param {any} document */
  async #restore(document) {
    const { live, view } = this.ground.catalogue, names = differences(this.branch.settings, document.settings);
    if (JSON.stringify(document.began) === JSON.stringify(this.branch.journal.settings) && names.every((name) => live.includes(name) && !view.includes(name))) {
      this.branch.follow(document);
      return;
    }
    this.branch = Branch.restored(this.ground, document, await this.#rows(document.settings));
  }

  /** @param {number} index */
  #swap(index) {
    if (!this.others.length) throw new Problem("no_branch");
    const at = Math.min(index, this.others.length - 1), theirs = this.others[at];
    theirs.look({ ...this.branch.settings, axes: theirs.settings.axes });
    this.others[at] = this.branch;
    this.branch = theirs;
  }

  /**
   * @param {string} unit
   * @param {number} count
   */
  async #step(unit, count) {
    this.halted = false;
    for (let done = 0; done < count && !this.halted && !this.closed; ) {
      const some = Math.min(count - done, unit === "epoch" ? 20 : 200);
      this.branch.step(unit, some);
      done += some;
      if (done < count) await pause();
    }
  }

  // ------------------------------------------------------------------ training

  /** Train a new run from its start to its end, unless another message makes that obsolete. @param {number} epochs */
  async #instant(epochs) {
    this.branch = Branch.begin(this.ground, this.branch.experiment);
    const { branch } = this;
    for (let since = performance.now(); branch.moment.epoch < epochs && branch.isFinite; ) {
      const left = epochs - branch.moment.epoch, some = Math.min(left, Math.max(1, Math.ceil(0.25 * branch.moment.epoch))); // so that the curve has its bends
      branch.trainEpochs(some);
      if (performance.now() - since < LONG_SLICE) continue;
      await pause();
      since = performance.now();
      if (this.waiting || this.closed) break;
    }
    branch.judge();
  }

  /** @param {number | null} until */
  #run(until) {
    const end = until ?? this.branch.settings.stop_at;
    if (end !== null && this.branch.moment.epoch >= end) throw new Problem("ended", { end });
    [this.until, this.running] = [until, true];
    this.#tellState();
    if (!this.looping) this.#keepRunning().catch((error) => this.#refuse(error));
  }

  /** Train slice by slice; a frame goes out whenever the page has drawn the last one. */
  async #keepRunning() {
    this.looping = true;
    try {
      for (let before = performance.now(), due = 1; this.running && !this.closed; ) {
        const { pace } = this.branch.settings, now = performance.now();
        if (!pace || due >= 1) {
          const turn = this.turn;
          await turn;
          if (!this.running || this.closed) break;
          this.#goOn(pace ? Math.floor(due) : 1e9);
        }
        if (pace) {
          due = Math.min(due - Math.floor(due) + (pace * (now - before)) / 1000, Math.max(1, pace));
          before = now;
          await this.#sleep((1000 * (1 - due)) / pace);
        } else {
          [due, before] = [1, now];
          await pause();
        }
      }
    } catch (error) {
      this.running = false;
      this.#tellState();
      throw error;
    } finally {
      this.looping = false;
    }
  }

  /** Wait, but only until the next message is done. @param {number} milliseconds */
  #sleep(milliseconds) {
    if (milliseconds <= 0) return pause();
    return /** @type {Promise<void>} */ (new Promise((done) => {
      const timer = setTimeout(done, milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        done();
      };
    }));
  }

  /** @param {number} due epochs */
  #goOn(due) {
    const { branch } = this, end = this.until ?? branch.settings.stop_at;
    const left = end === null ? due : Math.min(due, end - branch.moment.epoch);
    if (left > 0) branch.train(SLICE, left);
    if (end !== null && branch.moment.epoch >= end) this.running = false;
    if (!branch.isFinite) this.running = false;
    this.#keep();
    if (!this.running) this.#tellBriefly();
    else if (this.acked >= this.frameId) this.#tell();
    if (!branch.isFinite) this.send({ type: "problem", key: "diverged", values: {} });
  }
}

/**
 * Settings among which a program's own may have layers wider than the page allows.
 * @param {any} defaults
 * @param {{hidden?: number[]} | null} first
 * @param {number} widest
 */
const wide = (defaults, first, widest) => (Array.isArray(first?.hidden) && first.hidden.every((nodes) => nodes <= widest) ? { ...defaults, hidden: first.hidden } : defaults);
