// What a user asked for and cannot have, as the key of a sentence (play.problem.KEY) and the values in it.

export class Problem extends Error {
  /**
   * @param {string} key
   * @param {Record<string, unknown>} [values]
   */
  constructor(key, values = {}) {
    super(`${key} ${JSON.stringify(values)}`);
    this.key = key;
    this.values = values;
  }

  /** An error as a problem that can be told. @param {unknown} error */
  static of(error) {
    return error instanceof Problem ? error : new Problem("failed", { what: String(error instanceof Error ? error.message : error) });
  }
}
