// The perceptron's own learning rule: w ← w + η y x for an example that is misclassified (lecture slide 18).

/** @typedef {import("./experiment.js").Experiment} Experiment */

/**
 * Show examples to the perceptron one by one; θ is (w, b), the bias the weight of a 1.
 * @param {Experiment} experiment
 * @param {import("./experiment.js").Moment} moment changes
 * @param {number[]} chosen training rows
 */
export function perceptronStep({ train, data, settings }, moment, chosen) {
  if (!moment.cursor) moment.mistakes = 0;
  const { d } = data;
  for (const row of chosen) {
    const y = train.targets[row];
    let score = moment.theta[d];
    for (let j = 0; j < d; j++) score += moment.theta[j] * train.inputs[row * d + j];
    moment.step += 1;
    if ((score > 0 ? 1 : -1) === y) continue;
    moment.mistakes += 1;
    moment.allMistakes += 1;
    const change = settings.learning_rate * y;
    for (let j = 0; j < d; j++) moment.theta[j] += change * train.inputs[row * d + j];
    moment.theta[d] += change;
  }
}
