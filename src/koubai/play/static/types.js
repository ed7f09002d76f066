// The types that panels share. Messages follow src/koubai/play/messages.py.

/**
 * @typedef {Object} Layer
 * @property {number} n_in
 * @property {number} n_out
 * @property {number} weights_at Position of the weights (n_in, n_out) in θ.
 * @property {number} biases_at Position of the biases (n_out) in θ.
 * @property {string} activation
 */

/** @typedef {{sizes: number[], n_parameters: number, layers: Layer[]}} Network */

/**
 * @typedef {Object} Frame
 * @property {any} header
 * @property {Record<string, {data: Float32Array | Uint8Array, shape: number[]}>} blocks
 */

/** @typedef {{epochs: number[], train: number[], test: number[]}} Losses */

/** @typedef {{x: number[], y: number[], label: number[], test: boolean[], axes: string[], range: number[][]}} Points */

/** @typedef {{kind: "node" | "link" | "row", layer: number, source: number, target: number, row?: number}} Selection */

/**
 * @typedef {Object} State
 * @property {"en" | "ja"} lang
 * @property {"light" | "dark"} theme
 * @property {boolean} connected
 * @property {any} catalogue
 * @property {any} defaults The server's initial settings; the link holds the differences.
 * @property {any} settings
 * @property {Network | null} network
 * @property {string} task
 * @property {string[]} classes
 * @property {string[]} feature_names
 * @property {boolean} running
 * @property {number} epoch
 * @property {number} step
 * @property {any} timeline
 * @property {string[]} notes
 * @property {Frame | null} frame
 * @property {Points | null} data
 * @property {Losses} losses
 * @property {Losses | null} future What lies ahead after going back to a past state.
 * @property {{frame: Frame, losses: Losses, data: Points | null, settings: any} | null} other The other branch's run.
 * @property {Selection | null} selection
 * @property {{title: string, html: string} | null} explanation
 * @property {any} question The question answered by the current explanation.
 * @property {any} starts
 * @property {string} problem
 * @property {boolean} instant
 * @property {number} instant_ms Time from the last change to its final state on screen.
 * @property {number} fps
 * @property {any[]} lessons
 * @property {any} lesson
 * @property {number} lesson_step
 * @property {any} table
 * @property {number} brush The class of drawn points.
 * @property {string} unit
 * @property {number} until The epoch up to which a step of that size runs.
 * @property {boolean} waiting Whether an answer is slow to arrive.
 * @property {{rows: number[], changed: boolean | null} | null} learnt The examples of the last single step, as row indices in the data.
 * @property {number} row The example that questions are about, counted from 0.
 * @property {any} hover_node
 */

/**
 * @typedef {Object} Transport
 * @property {(message: object) => void} send
 * @property {(listener: (message: any) => void) => void} onmessage Objects for JSON, ArrayBuffer for frames.
 * @property {(listener: (open: boolean) => void) => void} onstatus
 * @property {(lang: string) => Promise<Record<string, string>>} fetch_texts
 * @property {() => Promise<any[]>} fetch_lessons
 * @property {(name: string) => Promise<any>} fetch_lesson
 * @property {(file: File) => Promise<any>} send_table
 */

/**
 * @typedef {Object} Context
 * @property {import("./store.js").Store} store
 * @property {Transport} transport
 * @property {import("./texts.js").Texts} texts
 * @property {(message: object) => void} send
 * @property {(settings: object) => void} change Sends changed settings; in instant mode, requests the final state.
 */

/** @typedef {{element: HTMLElement, update: (state: State, changed: Set<string>) => void, resized?: () => void}} Panel */

export {};
