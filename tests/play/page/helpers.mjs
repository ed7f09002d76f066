// Asks for many starts of helpers that answer late: twice, the second time before the first are done; then some that are stopped, and others after
// them. Prints what came of each.
import { pathToFileURL } from "node:url";

globalThis.navigator ??= { hardwareConcurrency: 2 }; // which older Node.js has not
const { SessionTransport } = await import(pathToFileURL(`${process.argv[2]}/session/transport.js`).href);

/** Answers each order after a while, in order; a start is known by the settings that it was trained under. */
class Helper {
  settings = "";
  queue = Promise.resolve();
  ended = false;
  terminate() {
    this.ended = true;
  }
  postMessage({ answer, help }) {
    if (answer?.answer) said(answer);
    if (!help) return;
    this.queue = this.queue.then(async () => {
      if (help.settings) this.settings = help.settings;
      else {
        await new Promise((done) => setTimeout(done, 2));
        if (!this.ended) this.onmessage({ data: { job: help.job, start: `${this.settings} ${help.seed}` } });
      }
    });
  }
}

const home = { kept: null, catalogue: async () => ({}), engine: async () => ({ module: null, description: null }), worker: () => new Helper() };
const transport = new SessionTransport(home);
await transport.begun;
let said = () => {};
const asked = (id, settings) => transport.worker.onmessage({ data: { ask: "starts", id, part: { settings, data: null, count: 9, epochs: 1 } } });
const come = (wanted) => new Promise((done) => (said = ({ id, answer }) => id === wanted && done(answer)));
const second = come(2);
asked(1, "old");
setTimeout(() => asked(2, "new"), 3);
const again = (await second).sort(), third = come(3);
asked(3, "stopped");
setTimeout(() => transport.worker.onmessage({ data: { ask: "stop" } }), 6);
const stopped = await third, fourth = come(4);
asked(4, "after");
console.log(JSON.stringify({ again, stopped, after: (await fourth).sort() }));
