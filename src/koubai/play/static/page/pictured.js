// Which settings a picture of the network depends on: all but those that only say how it trains.

const OF_TRAINING = new Set(["learning_rate", "schedule", "l1", "l2", "batch_size", "optimizer", "stop_at", "pace"]);

/** Remembers the settings that pictures were drawn for; panels are told of others as a change of "pictured". */
export class Pictured {
  constructor() {
    this.last = "";
  }

  /** Whether pictures are to be drawn anew. @param {Record<string, any>} settings */
  differ(settings) {
    const now = JSON.stringify(Object.entries(settings).filter(([name]) => !OF_TRAINING.has(name)));
    if (now === this.last) return false;
    this.last = now;
    return true;
  }
}
