// Whether a browser has the vector instructions that the engine is made of.

/** The smallest module that uses one. */
const SMALLEST = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11);

export const hasSimd = () => typeof WebAssembly === "object" && WebAssembly.validate(SMALLEST);
