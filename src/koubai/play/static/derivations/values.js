// Numbers of a derivation: exact fractions while these are small, otherwise floats, and how each is written.

/** @typedef {Fraction | number} Value */
/** @typedef {{digits: number, fractions: boolean}} Notation */
/** @typedef {{negative: boolean, mantissa: string, denominator: string, exponent: number | null, exact: boolean}} Written */

const GIVEN_LIMIT = 1000, KEPT_LIMIT = 10_000n, LARGEST_EXPONENT = 1000, LONGEST_DECIMAL = 6;

/** @param {bigint} a */
const absolute = (a) => (a < 0n ? -a : a);

export class Fraction {
  /** @param {bigint} above @param {bigint} [below] */
  constructor(above, below = 1n) {
    let a = absolute(above), b = absolute(below);
    while (b) [a, b] = [b, a % b];
    const sign = below < 0n ? -1n : 1n, common = a || 1n;
    this.above = (sign * above) / common;
    this.below = (sign * below) / common;
  }

  /** The nearest float, also of numbers with thousands of digits. */
  valueOf() {
    const bits = (/** @type {bigint} */ each) => absolute(each).toString(2).length;
    if (bits(this.above) <= 53 && bits(this.below) <= 53) return Number(this.above) / Number(this.below);
    const shift = 80 - bits(this.above) + bits(this.below);
    const scaled = shift > 0 ? (this.above << BigInt(shift)) / this.below : this.above / (this.below << BigInt(-shift));
    const half = Math.trunc(shift / 2); // twice, since 2 ** -shift alone may be no float
    return Number(scaled) * 2 ** -half * 2 ** (half - shift);
  }
}

/** @param {string | number} text a fraction as Python writes it, or a float @returns {Value} */
export function parsed(text) {
  if (typeof text === "number") return text;
  const [above, below] = text.split("/");
  return new Fraction(BigInt(above), BigInt(below ?? "1"));
}

/** @param {number} whole */
export const exactly = (whole) => new Fraction(BigInt(whole));

/**
 * The simple fraction that a given number stands for, if there is one, else the float.
 * @param {number} value
 * @returns {Value}
 */
export function asGiven(value) {
  if (!Number.isFinite(value) || Math.abs(value) > Number(KEPT_LIMIT)) return value;
  let [p0, q0, p1, q1] = [1, 0, Math.floor(value), 1], rest = value - Math.floor(value);
  while (p1 / q1 !== value && rest) {
    const whole = Math.floor(1 / rest);
    rest = 1 / rest - whole;
    [p0, q0, p1, q1] = [p1, q1, whole * p1 + p0, whole * q1 + q0];
    if (q1 > GIVEN_LIMIT || !Number.isFinite(q1)) return value;
  }
  return p1 / q1 === value && Math.abs(p1) <= Number(KEPT_LIMIT) ? new Fraction(BigInt(p1), BigInt(q1)) : value;
}

/** An exact number if it is short enough to be read, else a float. @param {Value} value @returns {Value} */
export function tidy(value) {
  if (!(value instanceof Fraction)) return value;
  return absolute(value.above) > KEPT_LIMIT || value.below > KEPT_LIMIT ? value.valueOf() : value;
}

/** @param {Value} a @param {Value} b @returns {Value} */
export function times(a, b) {
  if (a instanceof Fraction && b instanceof Fraction) return tidy(new Fraction(a.above * b.above, a.below * b.below));
  return a.valueOf() * b.valueOf();
}

/** @param {Value} a @param {Value} b @returns {Value} */
export function over(a, b) {
  if (b.valueOf() === 0) return a.valueOf() === 0 ? NaN : Math.sign(a.valueOf()) * Infinity;
  if (a instanceof Fraction && b instanceof Fraction) return tidy(new Fraction(a.above * b.below, a.below * b.above));
  return a.valueOf() / b.valueOf();
}

/** @param {Value} a @returns {Value} */
export const minus = (a) => (a instanceof Fraction ? new Fraction(-a.above, a.below) : -a);

/** The sum; of floats, with the rounding errors added up too. @param {Value[]} values @returns {Value} */
export function total(values) {
  if (values.every((each) => each instanceof Fraction))
    return tidy(/** @type {Fraction[]} */ (values).reduce((a, b) => new Fraction(a.above * b.below + b.above * a.below, a.below * b.below), exactly(0)));
  let sum = 0, lost = 0;
  for (const each of values) {
    const value = each.valueOf(), next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return Number.isFinite(lost) ? sum + lost : sum;
}

/** @param {Value} base @param {Value} exponent @returns {Value} */
export function power(base, exponent) {
  if (exponent instanceof Fraction && exponent.below === 1n && base instanceof Fraction) {
    const n = Number(exponent.above);
    if (Math.abs(n) <= LARGEST_EXPONENT && (base.above !== 0n || n >= 0)) {
      const k = BigInt(Math.abs(n)), [a, b] = [base.above ** k, base.below ** k];
      return tidy(n < 0 ? new Fraction(b, a) : new Fraction(a, b));
    }
  }
  return base.valueOf() ** exponent.valueOf();
}

/** The error function: its series without cancellation. @param {number} x */
function erf(x) {
  if (Number.isNaN(x) || Math.abs(x) > 6) return Math.sign(x);
  let term = x, sum = x;
  for (let n = 1; n < 200 && Math.abs(term) > 1e-17 * Math.abs(sum); n++) sum += term *= (2 * x * x) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** @param {Fraction} x @returns {Fraction | null} */
function exactRoot(x) {
  const root = (/** @type {bigint} */ each) => BigInt(Math.round(Math.sqrt(Number(each)))), [a, b] = [root(x.above), root(x.below)];
  return a * a === x.above && b * b === x.below ? new Fraction(a, b) : null;
}

/**
 * The value of a named function, exact where it can be.
 * @param {string} name
 * @param {Value[]} given
 * @returns {Value}
 */
export function call(name, given) {
  const [x] = given, exact = x instanceof Fraction, float = x.valueOf();
  switch (name) {
    case "max":
    case "min": {
      const order = [...given].sort((a, b) => a.valueOf() - b.valueOf());
      return order[name === "max" ? order.length - 1 : 0];
    }
    case "abs":
      return float < 0 ? minus(x) : x;
    case "sign":
      return exactly(Number(float > 0) - Number(float < 0));
    case "exp":
      return exact && float === 0 ? exactly(1) : Math.exp(float);
    case "log":
      return exact && float === 1 ? exactly(0) : Math.log(float);
    case "sqrt":
      return (exact && float >= 0 && exactRoot(x)) || Math.sqrt(float);
    case "cos":
      return exact && float === 0 ? exactly(1) : Math.cos(float);
  }
  if (exact && float === 0) return exactly(0);
  return name === "tanh" ? Math.tanh(float) : name === "sin" ? Math.sin(float) : erf(float);
}

/**
 * The notation in which these numbers were given: decimals if there is a tenth or a fifth among them.
 * @param {Iterable<Value>} given
 * @returns {Notation}
 */
export function notationOf(given) {
  for (const each of given) if (each instanceof Fraction && each.below % 5n === 0n) return { digits: 4, fractions: false };
  return { digits: 4, fractions: true };
}

/** @param {Value} value @param {Notation} notation @returns {Written} */
export function write(value, notation) {
  if (value instanceof Fraction) {
    const negative = value.above < 0n, size = absolute(value.above), decimal = endingDecimal(size, value.below);
    if (value.below === 1n || (decimal !== null && !notation.fractions)) return { negative, mantissa: decimal ?? String(size), denominator: "", exponent: null, exact: true };
    return { negative, mantissa: String(size), denominator: String(value.below), exponent: null, exact: true };
  }
  if (!Number.isFinite(value)) return { negative: value < 0, mantissa: Number.isNaN(value) ? "nan" : "∞", denominator: "", exponent: null, exact: true };
  return rounded(value, notation.digits);
}

/** @param {bigint} above @param {bigint} below */
function endingDecimal(above, below) {
  for (let places = 0; places <= LONGEST_DECIMAL; places++) {
    const scale = 10n ** BigInt(places);
    if ((above * scale) % below === 0n) {
      const digits = String((above * scale) / below).padStart(places + 1, "0");
      return places ? `${digits.slice(0, -places)}.${digits.slice(-places)}` : digits;
    }
  }
  return null;
}

/** Scientific notation with so many decimals; a tie goes to the even digit, as in Python. @param {number} value @param {number} places */
function scientific(value, places) {
  const [digits, power] = Math.abs(value).toExponential(100).split("e"), rest = digits.slice(2 + places);
  if (!/^50*$/.test(rest) || Number(digits[places ? 1 + places : 0]) % 2) return value.toExponential(places);
  return `${value < 0 ? "-" : ""}${places ? digits.slice(0, 2 + places) : digits[0]}e${power}`;
}

/** @param {number} value @param {number} digits @returns {Written} */
function rounded(value, digits) {
  let near = Number(scientific(value, digits - 1));
  if (near === 0) return { negative: false, mantissa: "0", denominator: "", exponent: null, exact: value === 0 };
  if (!Number.isFinite(near)) near = value; // rounded up beyond the largest float
  const size = Number(near.toExponential().split("e")[1]), exact = near === value;
  let shown, exponent = null;
  if (size >= -4 && size < Math.max(6, digits)) shown = Math.abs(near).toFixed(Math.max(0, digits - 1 - size));
  else {
    const [mantissa, tail] = scientific(Math.abs(value), digits - 1).split("e");
    [shown, exponent] = [mantissa, Number(tail)];
  }
  if (exact && shown.includes(".")) shown = shown.replace(/0+$/, "").replace(/\.$/, "");
  return { negative: near < 0, mantissa: shown, denominator: "", exponent, exact };
}
