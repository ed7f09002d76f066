// One run and its past: what the user does to it, and how it trains. A playground has several branches.
import { load, onAxes } from "../data/data.js";
import { areFinite } from "../data/numbers.js";
import { suits } from "../experiment/ending.js";
import { Experiment, copyOf, placeOf } from "../experiment/experiment.js";
import { Problem } from "../experiment/problem.js";
import { Journal } from "./journal.js";
import { Curve, Timeline } from "./timeline.js";

/** @typedef {import("../experiment/experiment.js").Moment} Moment */

/** What all branches share. @typedef {{engine: import("../engine/engine.js").Engine, catalogue: any}} Ground */

export class Branch {
  /**
   * @param {Ground} ground
   * @param {Experiment} experiment
   */
  constructor(ground, experiment) {
    this.ground = ground;
    this.experiment = experiment;
    this.moment = experiment.begin();
    this.journal = new Journal(experiment.settings);
    this.timeline = new Timeline();
    this.curve = new Curve();
    this.serial = -1;
    this.speed = 0; // epochs a millisecond when it last trained
    this.last = /** @type {import("../experiment/experiment.js").ManualUpdate | null} */ (null);
    this.judged = /** @type {ReturnType<Experiment["losses"]>} */ (/** @type {unknown} */ (null));
    this.notes = /** @type {{key: string, values: object}[]} */ ([]);
  }

  /**
   * @param {Ground} ground
   * @param {any} settings
   * @param {import("../data/data.js").Prepared | null} [prepared]
   */
  static of(ground, settings, prepared = null) {
    const { settings: fitting, notes } = withSuitableLoss(ground, settings, load(settings, ground.catalogue, prepared));
    const branch = Branch.begin(ground, new Experiment(ground.engine, ground.catalogue, fitting, load(fitting, ground.catalogue, prepared)));
    branch.notes = notes;
    return branch;
  }

  /**
   * @param {Ground} ground
   * @param {Experiment} experiment
   */
  static begin(ground, experiment) {
    const branch = new Branch(ground, experiment);
    branch.note(true);
    return branch;
  }

  get settings() {
    return this.experiment.settings;
  }

  /** Epochs done, with the share of the current one. */
  get epoch() {
    return this.moment.epoch + this.moment.cursor / Math.max(1, this.experiment.train.n);
  }

  get isFinite() {
    return areFinite(this.moment.theta) && Number.isFinite(this.judged.train);
  }

  // ------------------------------------------------------------------ forward

  /** Record the current moment with its losses. @param {boolean} [kept] @param {boolean} [isCounted] whether shares classified correctly are asked for */
  note(kept = false, isCounted = true) {
    this.judged = this.experiment.losses(this.moment.theta, isCounted);
    this.serial += 1;
    if (Number.isFinite(this.judged.train) || !this.curve.places.length) // what is no number has no place on a curve
      this.curve.note({ serial: this.serial, epoch: this.epoch, train: this.judged.train, test: this.judged.test, kept });
    this.timeline.record({ moment: copyOf(this.moment), experiment: this.experiment, serial: this.serial, done: this.journal.last, kept });
  }

  /**
   * Train for about so long and at most so many epochs; return how many.
   * @param {number} milliseconds
   * @param {number} most
   */
  train(milliseconds, most) {
    const begin = performance.now(), done = this.experiment.advanceFor(this.moment, milliseconds, most, Math.max(1, Math.floor(milliseconds * this.speed)));
    if (!done) return 0;
    this.speed = done / Math.max(performance.now() - begin, 0.1);
    this.#trained(done);
    return done;
  }

  /**
   * Train on the way to a state that alone is told: what of it is right is not counted before `judge`.
   * @param {number} epochs
   */
  trainEpochs(epochs) {
    this.experiment.advance(this.moment, epochs);
    this.#trained(epochs, false);
  }

  /** Judge the current moment in full. */
  judge() {
    this.judged = this.experiment.losses(this.moment.theta);
  }

  /** @param {number} epochs @param {boolean} [isCounted] */
  #trained(epochs, isCounted = true) {
    this.journal.write({ epochs });
    this.last = null;
    this.note(false, isCounted);
  }

  /**
   * @param {string} unit
   * @param {number} count
   */
  step(unit, count) {
    for (let k = 0; k < count; k++) {
      this.last = this.experiment.step(this.moment, unit);
      this.journal.write({ step: unit, count: 1 });
    }
    this.note(true);
  }

  // ------------------------------------------------------------------ changes

  /**
   * This run under changed settings, or a new one if they need it; where settings are refused, nothing changes.
   * @param {any} wanted
   * @param {import("../data/data.js").Prepared | null} prepared rows of the table that is wanted
   * @returns {Branch}
   */
  changed(wanted, prepared) {
    const { catalogue } = this.ground, names = differences(this.settings, wanted);
    if (!names.length) return this;
    const news = names.filter((name) => !catalogue.view.includes(name));
    if (names.some((name) => !catalogue.live.includes(name))) {
      const isOfData = names.some((name) => catalogue.of_data.includes(name));
      if (isOfData) return Branch.of(this.ground, wanted, prepared);
      return Branch.begin(this.ground, new Experiment(this.ground.engine, catalogue, wanted, recipeOf(onAxes(this.experiment.data, wanted), prepared)));
    }
    if (news.length) {
      const told = Object.fromEntries(news.map((name) => [name, wanted[name]]));
      this.#follow(told);
      this.journal.write({ settings: told });
      this.last = null;
    }
    this.look(wanted);
    if (news.length) this.#renew();
    return this;
  }

  /** Change settings during the run; a new optimizer starts afresh. @param {any} told */
  #follow(told) {
    const before = this.experiment.plan.optimizer, after = this.experiment.sameBut({ ...this.settings, ...told });
    if (JSON.stringify(after.plan.optimizer) !== JSON.stringify(before)) {
      this.moment.slots = after.freshSlots();
      this.moment.step = 0;
    }
    this.experiment = after;
  }

  /** Apply the settings of looks. @param {any} wanted */
  look(wanted) {
    const seen = { ...this.settings };
    for (const name of this.ground.catalogue.view) seen[name] = wanted[name];
    if (!differences(this.settings, seen).length) return;
    const moved = JSON.stringify(seen.axes) !== JSON.stringify(this.settings.axes);
    this.experiment = this.experiment.seen(seen, moved ? onAxes(this.experiment.data, seen) : this.experiment.data);
  }

  #renew() {
    const { pasts, position } = this.timeline;
    pasts[position] = { ...pasts[position], moment: copyOf(this.moment), experiment: this.experiment, done: this.journal.last };
  }

  /** Set a weight or a bias. @param {{layer: number, source: number, target: number, bias: boolean, value: number}} edit */
  edit(edit) {
    const place = placeOf(this.experiment, edit);
    if (place < 0) throw new Problem("no_weight");
    this.moment.theta[place] = edit.value;
    const { layer, source, target, bias, value } = edit, { journal, timeline, curve } = this, before = journal.last?.length ?? 0;
    journal.write({ edit: { layer, source, target, bias, value } });
    this.last = null;
    const isAgain = !journal.isFull && journal.last?.length === before, past = timeline.pasts[timeline.position];
    if (isAgain && timeline.position > 0 && past.serial === this.serial) { // a slider that is drawn leaves one state, not one for each of its places
      timeline.position -= 1;
      curve.places = curve.places.filter(({ serial }) => serial !== this.serial);
      curve.told = null;
    }
    this.note(true);
  }

  /**
   * Go to a past moment: θ, the optimizer's state and the settings of then. Looks stay, and the epoch to stop at, which
   * concerns the future.
   * @param {number} position
   */
  seek(position) {
    const now = this.settings, past = this.timeline.go(position), { data } = this.experiment;
    this.moment = copyOf(past.moment);
    this.last = null;
    this.journal.last = past.done;
    this.curve.showUntil(past.serial);
    this.experiment = past.experiment.seen({ ...past.experiment.settings, ...Object.fromEntries(this.ground.catalogue.view.map((/** @type {string} */ name) => [name, now[name]])) }, data);
    if (now.stop_at !== this.settings.stop_at) {
      this.#follow({ stop_at: now.stop_at });
      this.journal.write({ settings: { stop_at: now.stop_at } });
    }
    this.judged = this.experiment.losses(this.moment.theta);
  }

  /** The state of the run as plain data, with the last update made by hand. */
  document() {
    const { last, settings, moment } = this;
    return { settings, moment: plainMoment(moment), last: last && { before: plainMoment(last.before), chosen: last.chosen, rate: last.rate } };
  }

  /** The same with what led here, from which the run can go on elsewhere. */
  whole() {
    return { ...this.document(), began: this.journal.settings, done: this.journal.isFull ? null : this.journal.entries() };
  }

  /**
   * The run of a whole document: its state, but not its past.
   * @param {Ground} ground
   * @param {any} document
   * @param {import("../data/data.js").Prepared | null} prepared
   */
  static restored(ground, document, prepared) {
    const { settings } = document;
    const branch = new Branch(ground, new Experiment(ground.engine, ground.catalogue, settings, load(settings, ground.catalogue, prepared)));
    branch.#take(document);
    return branch;
  }

  /**
   * Take over the state of a run that began as this one did.
   * @param {any} document
   */
  follow(document) {
    this.experiment = this.experiment.sameBut(document.settings);
    this.last = null;
    this.#take(document);
  }

  /** @param {any} document whose state and journal become this run's */
  #take({ moment, began, done }) {
    this.moment = { ...moment, theta: Float64Array.from(moment.theta), slots: Float64Array.from(moment.slots) };
    this.journal = new Journal(began);
    for (const entry of done ?? []) this.journal.write(entry);
    this.note(true);
  }

  /** A run in the same state that shares nothing that changes with this one. */
  copy() {
    return Object.assign(new Branch(this.ground, this.experiment), {
      moment: copyOf(this.moment), journal: new Journal(this.journal.settings, this.journal.last), timeline: this.timeline.copy(),
      curve: this.curve.copy(), serial: this.serial, last: this.last, judged: this.judged,
    });
  }
}

/** @param {Moment} moment */
const plainMoment = (moment) => ({ ...moment, theta: Array.from(moment.theta), slots: Array.from(moment.slots) });

/**
 * Names of the settings that differ.
 * @param {any} before
 * @param {any} after
 */
export const differences = (before, after) => Object.keys(after).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));

/**
 * A loss that was chosen for other data gives way to the usual one, which is said.
 * @param {Ground} ground
 * @param {any} settings
 * @param {import("../data/data.js").Data} data
 */
function withSuitableLoss({ catalogue }, settings, data) {
  if (settings.mode === "perceptron" || suits(catalogue, settings.loss, data)) return { settings, notes: [] };
  return { settings: { ...settings, loss: "auto" }, notes: [{ key: "loss_changed", values: { loss: settings.loss } }] };
}

/**
 * @param {import("../data/data.js").Data} data
 * @param {import("../data/data.js").Prepared | null} prepared
 */
const recipeOf = (data, prepared) => (prepared?.recipe ? { ...data, recipe: prepared.recipe } : data);
