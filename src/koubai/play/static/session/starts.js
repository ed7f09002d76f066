// Many starts of the same network, beside whatever else goes on: by helpers, where there are any, else between messages.
import { Problem } from "../experiment/problem.js";
import { startOf, summary } from "../experiment/starts.js";
import { pause } from "./resting.js";

/** @typedef {import("../experiment/starts.js").Start} Start */
/** @typedef {import("../experiment/experiment.js").Experiment} Experiment */

const FEW_STARTS = 50; // of which each is told when it is done

export class Starts {
  /**
   * @param {(message: any) => void} send
   * @param {import("./session.js").Services} services
   */
  constructor(send, services) {
    this.send = send;
    this.services = services;
    this.asked = this.stopped = 0; // the last request, and that which is to end with what it has
    this.closed = false;
  }

  stop() {
    this.stopped = this.asked;
    this.services.stopStarts?.();
  }

  close() {
    this.closed = true;
  }

  /**
   * Train from many seeds; the last request counts.
   * @param {import("./branch.js").Branch} branch
   * @param {number} count
   * @param {number} epochs
   */
  async train(branch, count, epochs) {
    const asked = (this.asked += 1), { experiment } = branch;
    const told = (/** @type {number} */ done) => {
      if (asked === this.asked && done < count) this.send({ type: "starts", done, count });
    };
    if (experiment.isPerceptron) throw new Problem("starts_perceptron");
    if (this.services.starts) {
      const found = await this.services.starts(branch, count, epochs, told);
      if (asked === this.asked) this.#tell(found, count, experiment, epochs);
      return;
    }
    const found = /** @type {Start[]} */ ([]);
    for (let seed = 0; seed < count && this.stopped !== asked; seed++) {
      found.push(startOf(experiment, seed, epochs));
      if (count < FEW_STARTS || seed % 10 === 9) told(seed + 1);
      await pause();
      if (this.closed || asked !== this.asked) return;
    }
    this.#tell(found, count, experiment, epochs);
  }

  /**
   * @param {Start[]} found fewer than were asked for where these were stopped
   * @param {number} count
   * @param {Experiment} experiment
   * @param {number} epochs
   */
  #tell(found, count, experiment, epochs) {
    if (!found.length) this.send({ type: "starts", done: 0, count, stopped: true });
    else this.send({ ...summary(found, experiment, epochs), asked: count, stopped: found.length < count });
  }
}
