// What was done, in order: enough to repeat it, as koubai.play.replay does.

/** Epochs, steps of a unit and their number, an edit, or changed settings. @typedef {{epochs?: number, step?: string, count?: number, edit?: any, settings?: any}} Entry */

/** An entry and what came before it: a past place is just a link. @typedef {{entry: Entry, before: Link | null, length: number}} Link */

/** Most entries; an uninterrupted stretch of training counts as one. */
export const MOST = 20000;

export class Journal {
  /**
   * @param {any} settings at the beginning
   * @param {Link | null} last
   */
  constructor(settings, last = null) {
    this.settings = settings;
    this.last = last;
  }

  get isFull() {
    return this.last !== null && this.last.length > MOST;
  }

  /** Append an action, or merge it into the last one; once full, nothing more is recorded. @param {Entry} entry */
  write(entry) {
    const { last } = this, both = last && grown(last.entry, entry);
    if (last && both) this.last = { entry: both, before: last.before, length: last.length };
    else if (!this.isFull) this.last = { entry, before: last, length: last ? last.length + 1 : 1 };
  }

  /** @returns {Entry[]} */
  entries() {
    const found = [];
    for (let link = this.last; link; link = link.before) found.push(link.entry);
    return found.reverse();
  }
}

/**
 * One entry that stands for both, or null.
 * @param {Entry} last
 * @param {Entry} entry
 * @returns {Entry | null}
 */
function grown(last, entry) {
  if (last.epochs !== undefined && entry.epochs !== undefined) return { epochs: last.epochs + entry.epochs };
  if (last.step !== undefined && last.step === entry.step) return { step: last.step, count: (last.count ?? 1) + (entry.count ?? 1) };
  if (last.edit && entry.edit && ["layer", "source", "target", "bias"].every((name) => last.edit[name] === entry.edit[name])) return entry;
  if (last.settings && entry.settings) {
    const both = { ...last.settings, ...entry.settings };
    return "optimizer" in both ? null : { settings: both }; // an optimizer that is changed and changed back starts anew
  }
  return null;
}
