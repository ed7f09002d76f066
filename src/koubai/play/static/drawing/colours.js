// Signs are orange (negative) and blue (positive), classes purple, green and so on, so that neither is taken for the
// other. Each pair is distinguishable in all common forms of colour blindness: Okabe and Ito (2008), Brewer's PRGn.

export const NEGATIVE = [224, 130, 20];
export const POSITIVE = [8, 104, 172];
export const MIDDLE = [243, 243, 243];
export const CLASSES = [
  [123, 50, 148], [0, 136, 76], [140, 132, 0], [222, 90, 130], [70, 170, 205], [120, 84, 50], [150, 190, 60], [90, 90, 90],
];

/** @param {number[]} rgb */
export const css = (rgb) => `rgb(${rgb[0]},${rgb[1]},${rgb[2]})`;

/** @param {number[]} rgb */
const packed = ([r, g, b]) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;

/**
 * @param {number[]} from
 * @param {number[]} to
 * @param {number} share
 */
export const mix = (from, to, share) => from.map((value, index) => Math.round(value + (to[index] - value) * share));

/** 511 colours from −1 (orange) by 0 (nearly white) to 1 (blue), as pixels. */
export const DIVERGING = Uint32Array.from({ length: 511 }, (_, index) => {
  const value = (index - 255) / 255;
  return packed(mix(MIDDLE, value < 0 ? NEGATIVE : POSITIVE, Math.abs(value) ** 0.8));
});

/** Opacity of the output map: points of the same class must stand out from it. */
export const STRENGTH = 0.6;

/** 256 colours from nearly white to dark, for spreads. */
export const RISING = Uint32Array.from({ length: 256 }, (_, index) => packed(mix(MIDDLE, [70, 20, 90], index / 255)));

/** 256 strengths of each class. */
const STRENGTHS = CLASSES.map((rgb) => Uint32Array.from({ length: 256 }, (_, index) => packed(mix(MIDDLE, rgb, index / 255))));

/** 511 colours from the first of two classes to the second. */
const SIDES = Uint32Array.from({ length: 511 }, (_, index) => {
  const value = (index - 255) / 255;
  return packed(mix(MIDDLE, CLASSES[value < 0 ? 0 : 1], Math.abs(value) ** 0.8));
});

/** @param {number} value from −1, the first of two classes, to 1, the second */
export const sided = (value) => SIDES[Math.max(0, Math.min(510, Math.round(255 + 255 * value)))] ?? SIDES[255];

/** @param {number} value within −1 … 1 */
export const signed = (value) => DIVERGING[Math.max(0, Math.min(510, Math.round(255 + 255 * value)))] ?? DIVERGING[255];

/**
 * @param {number} which
 * @param {number} strength within 0 … 1
 */
export const ofClass = (which, strength) => STRENGTHS[which % CLASSES.length][Math.max(0, Math.min(255, Math.round(255 * strength)))];

/**
 * @param {number} label
 * @param {string} task
 * @param {number} scale
 */
export function ofPoint(label, task, scale) {
  if (task !== "regression") return css(CLASSES[Math.max(0, Math.round(label)) % CLASSES.length]);
  const value = Math.max(-1, Math.min(1, label / scale));
  return css(mix([200, 200, 200], value < 0 ? NEGATIVE : POSITIVE, Math.abs(value)));
}

/** The scale of the output map, from −1 to 1, as a CSS background. @param {boolean} number whether it shows numbers, not two classes */
export function ramp(number) {
  const stops = Array.from({ length: 17 }, (_, index) => {
    const pixel = (number ? signed : sided)(((index - 8) / 8) * STRENGTH);
    return css([pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255]);
  });
  return `linear-gradient(to right, ${stops.join(", ")})`;
}
