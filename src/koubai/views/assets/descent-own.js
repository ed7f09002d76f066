// A descent of one's own: from where the picture is clicked, with α and μ from sliders, computed here.
(function (root) {
  "use strict";
  const given = JSON.parse(root.querySelector("script.own").textContent);
  const part = root.querySelector("fieldset.own"), canvas = root.querySelector("canvas.surface");
  const [alpha, mu] = part.querySelectorAll("input[type='range']"), [alphaShown, muShown] = part.querySelectorAll("output");
  const boxes = [...part.querySelectorAll("input[type='number']")], found = part.querySelector(".found");
  const COLOUR = "#b5179e", MOST = 1000;
  let start = null, points = [], values = [];

  // Numbers with their derivatives by every variable: [value, d/dx, d/dy] ------------------------------
  const n = given.variables.length;
  const map = (a, value, slope) => [value, ...a.slice(1).map((d) => slope * d)];
  const mix = (a, b, value, da, db) => [value, ...a.slice(1).map((d, k) => da * d + db * b[k + 1])];
  const sigmoid = (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
  const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  const one = {
    neg: (x) => [-x, -1], sqrt: (x) => [Math.sqrt(x), 0.5 / Math.sqrt(x)], exp: (x) => [Math.exp(x), Math.exp(x)],
    log: (x) => [Math.log(x), 1 / x], log10: (x) => [Math.log10(x), 1 / (x * Math.LN10)], abs: (x) => [Math.abs(x), Math.sign(x)],
    sin: (x) => [Math.sin(x), Math.cos(x)], cos: (x) => [Math.cos(x), -Math.sin(x)],
    tan: (x) => [Math.tan(x), 1 + Math.tan(x) ** 2], asin: (x) => [Math.asin(x), 1 / Math.sqrt(1 - x * x)],
    acos: (x) => [Math.acos(x), -1 / Math.sqrt(1 - x * x)], atan: (x) => [Math.atan(x), 1 / (1 + x * x)],
    sinh: (x) => [Math.sinh(x), Math.cosh(x)], cosh: (x) => [Math.cosh(x), Math.sinh(x)],
    tanh: (x) => [Math.tanh(x), 1 - Math.tanh(x) ** 2], sigmoid: (x) => [sigmoid(x), sigmoid(x) * (1 - sigmoid(x))],
    relu: (x) => [Math.max(x, 0), x > 0 ? 1 : 0], softplus: (x) => [softplus(x), sigmoid(x)],
  };
  const two = {
    "+": (a, b) => mix(a, b, a[0] + b[0], 1, 1), "-": (a, b) => mix(a, b, a[0] - b[0], 1, -1),
    "*": (a, b) => mix(a, b, a[0] * b[0], b[0], a[0]), "/": (a, b) => mix(a, b, a[0] / b[0], 1 / b[0], -a[0] / b[0] ** 2),
    "**": (a, b) => {
      const value = a[0] ** b[0], constant = b.slice(1).every((d) => d === 0);
      const slope = b[0] === 0 ? 0 : b[0] * a[0] ** (b[0] - 1);
      return mix(a, b, value, slope, constant ? 0 : value * Math.log(a[0]));
    },
    max: (a, b) => (a[0] >= b[0] ? a : b), min: (a, b) => (a[0] <= b[0] ? a : b),
  };
  function evaluate(tree, at) {
    if (typeof tree === "number") return [tree, ...new Array(n).fill(0)];
    if (typeof tree === "string") {
      const k = given.variables.indexOf(tree);
      return [at[k], ...given.variables.map((_, j) => (j === k ? 1 : 0))];
    }
    const [name, ...rest] = tree, parts = rest.map((piece) => evaluate(piece, at));
    if (parts.length === 1) { const [value, slope] = one[name](parts[0][0]); return map(parts[0], value, slope); }
    return two[name](parts[0], parts[1]);
  }

  // A fit: the sum of the rows' losses, and its derivatives by slope and intercept ------------------------
  const losses = {
    line: (u, y) => [(u - y) ** 2, 2 * (u - y)],
    logistic: (u, y) => [softplus(u) - y * u, sigmoid(u) - y],
    perceptron: (u, y) => [Math.max(0, -y * u), y * u < 0 ? -y : y * u > 0 ? 0 : -Math.max(0, y)],
  };
  function overRows({ model, x, y, intercept }, [slope, b = intercept]) {
    const sums = [0, 0, 0];
    x.forEach((at, row) => {
      const [value, delta] = losses[model](slope * at + b, y[row]);
      sums[0] += value; sums[1] += delta * at; sums[2] += delta;
    });
    return sums.slice(0, n + 1);
  }
  const lossAt = (at) => (given.rows ? overRows(given.rows, at) : evaluate(given.tree, at));

  // The descent: v ← μ v − α ∇f, x ← x + v ------------------------------------------------------------
  const rate = () => given.rate * 10 ** Number(alpha.value), damping = () => Number(mu.value);
  const written = (x) => (Math.abs(x) >= 1e5 || (x !== 0 && Math.abs(x) < 1e-3) ? x.toExponential(2) : String(+x.toPrecision(4))).replace("-", "−");
  function run() {
    alphaShown.textContent = written(rate());
    muShown.textContent = written(damping());
    points = []; values = [];
    if (start) {
      let at = [...start], v = at.map(() => 0);
      for (let step = 0; step <= MOST; step++) {
        const [value, ...slope] = lossAt(at);
        points.push([...at]); values.push(value);
        if (!Number.isFinite(value) || !slope.every(Number.isFinite) || Math.hypot(...slope) < 1e-8 || step === MOST) break;
        v = v.map((speed, k) => damping() * speed - rate() * slope[k]);
        at = at.map((x, k) => x + v[k]);
      }
      const last = points[points.length - 1];
      found.textContent = given.words.found.replace("{steps}", String(points.length - 1))
        .replace("{point}", `(${last.map(written).join(", ")})`).replace("{value}", written(values[values.length - 1]));
    }
    root.koubaiDescent.draw();
  }
  function begin(at) {
    start = at;
    boxes.forEach((box, k) => { box.value = String(+at[k].toPrecision(4)); });
    run();
  }

  // Drawing, after the other paths ---------------------------------------------------------------------
  function trace(view, xs, ys) {
    const { g, x, y } = view;
    g.strokeStyle = COLOUR; g.fillStyle = COLOUR; g.lineWidth = 2.5; g.beginPath();
    let pen = false;
    xs.forEach((px, k) => {
      if (!Number.isFinite(px) || !Number.isFinite(ys[k])) { pen = false; return; }
      if (pen) g.lineTo(x(px), y(ys[k])); else g.moveTo(x(px), y(ys[k]));
      pen = true;
    });
    g.stroke();
    if (xs.length <= 80) xs.forEach((px, k) => { if (Number.isFinite(ys[k])) { g.beginPath(); g.arc(x(px), y(ys[k]), 3, 0, 7); g.fill(); } });
  }
  root.koubaiDescent.extras.push((name, view) => {
    if (!points.length) return;
    if (name === "surface") trace(view, points.map((p) => p[0]), n === 2 ? points.map((p) => p[1]) : values);
    if (name === "values" && !view.spec.logX) trace(view, values.map((_, k) => k), values.map((value) => Math.log10(value - given.lowest)));
  });
  canvas.style.cursor = "crosshair";
  canvas.addEventListener("click", (event) => {
    const view = root.koubaiDescent.views().surface, box = canvas.getBoundingClientRect(), { area, spec } = view;
    const across = (event.clientX - box.left - area.left) / (area.right - area.left);
    const up = (area.bottom - (event.clientY - box.top)) / (area.bottom - area.top);
    if (across < 0 || across > 1 || up < 0 || up > 1) return;
    const at = [spec.x[0] + across * (spec.x[1] - spec.x[0]), spec.y[0] + up * (spec.y[1] - spec.y[0])];
    begin(at.slice(0, n));
  });
  [alpha, mu].forEach((slider) => slider.addEventListener("input", run));
  boxes.forEach((box) => box.addEventListener("change", () => {
    const at = boxes.map((each) => Number(each.value));
    if (boxes.every((each) => each.value !== "") && at.every(Number.isFinite)) begin(at);
  }));
  run();
})(document.currentScript.closest(".koubai-descent"));
