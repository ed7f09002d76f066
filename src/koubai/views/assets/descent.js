// Plays one comparison from a JSON record; nothing but pixels is computed here.
(function (root) {
  "use strict";
  const data = JSON.parse(root.querySelector("script[type='application/json']").textContent);
  const find = (name) => root.querySelector(name);
  const slider = find("input[type='range']"), button = find("button"), speed = find("select"), shown = find("output");
  const boxes = [...root.querySelectorAll("input[type='checkbox']")];
  const values = [...root.querySelectorAll("td.value")], points = [...root.querySelectorAll("td.point")];
  const heads = data.paths.map((path) => new Path2D(path.head));
  const FAINT = 0.8;  // the width of lines that go back and forth
  let family = "", size = 17;  // the page's font in pixels; the text and marks in pictures scale with it
  const last = data.frames.length - 1;
  let frame = last, playing = false, clock = 0, carried = 0;

  // Axes ----------------------------------------------------------------------------------------
  function ticks(low, high, wanted) {
    const raw = (high - low) / wanted, power = Math.pow(10, Math.floor(Math.log10(raw)));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw) || 10 * power;
    const found = [];
    for (let t = Math.ceil(low / step) * step; t <= high + 1e-9 * step; t += step) found.push(Math.abs(t) < step / 1e6 ? 0 : t);
    return found;
  }
  const raised = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
  const tenTo = (n) => "10" + String(n).split("").map((c) => raised[c]).join("");
  const written = (t) => String(+t.toPrecision(6)).replace("-", "−");

  function letters(share) { return (share * size).toFixed(1) + "px " + family; }

  function prepare(canvas) {
    const scale = window.devicePixelRatio || 1, box = canvas.getBoundingClientRect();
    canvas.width = Math.round(box.width * scale);
    canvas.height = Math.round(box.height * scale);
    const g = canvas.getContext("2d");
    g.setTransform(scale, 0, 0, scale, 0, 0);
    return { g, width: box.width, height: box.height };
  }

  function axes(canvas, spec) {
    const { g, width, height } = prepare(canvas);
    const area = { left: 4.4 * size, top: 0.6 * size, right: width - 0.8 * size, bottom: height - 2.9 * size };
    const x = (t) => area.left + ((t - spec.x[0]) / (spec.x[1] - spec.x[0])) * (area.right - area.left);
    const y = (t) => area.bottom - ((t - spec.y[0]) / (spec.y[1] - spec.y[0])) * (area.bottom - area.top);
    return { g, area, x, y, spec };
  }

  function drawAxes(view) {
    const { g, area, x, y, spec } = view;
    g.strokeStyle = "#333"; g.fillStyle = "#111"; g.lineWidth = 1; g.font = letters(0.88);
    g.strokeRect(area.left, area.top, area.right - area.left, area.bottom - area.top);
    const room = Math.max(2, Math.min(8, Math.floor((area.bottom - area.top) / (2.2 * size))));
    const wide = spec.logX ? whole(spec.x, 6) : ticks(spec.x[0], spec.x[1], 6);
    const tall = spec.named ? spec.named.map((pair) => pair[0]) : spec.logY ? powers(spec.y, room) : ticks(spec.y[0], spec.y[1], room);
    const names = new Map(spec.named || []), height = (t) => names.get(t) ?? (spec.logY ? powered(t) : written(t));
    g.textAlign = "center"; g.textBaseline = "top";
    for (const t of wide) g.fillText(spec.logX ? tenTo(t) : written(t), x(t), area.bottom + 0.3 * size);
    g.textAlign = "right"; g.textBaseline = "middle";
    for (const t of tall) g.fillText(height(t), area.left - 0.35 * size, y(t), area.left - 1.7 * size);
    g.font = letters(1); g.textAlign = "center"; g.textBaseline = "bottom";
    g.fillText(spec.nameX, (area.left + area.right) / 2, area.bottom + 2.8 * size);
    g.save(); g.translate(0.8 * size, (area.top + area.bottom) / 2); g.rotate(-Math.PI / 2); g.textBaseline = "middle";
    g.fillText(spec.nameY, 0, 0); g.restore();
    if (spec.grid) {
      g.strokeStyle = "#e4e4e4";
      for (const t of tall) { g.beginPath(); g.moveTo(area.left + 1, y(t)); g.lineTo(area.right - 1, y(t)); g.stroke(); }
    }
  }
  // On a log scale: powers of ten or, if there are fewer than two, also 2 and 5 times each.
  function powers(range, wanted) {
    if (range[1] - range[0] >= 2) return whole(range, wanted);
    const found = [];
    for (let p = Math.floor(range[0]); p <= range[1]; p++) for (const m of [1, 2, 5]) {
      const t = p + Math.log10(m);
      if (t >= range[0] && t <= range[1]) found.push(t);
    }
    return found;
  }
  const powered = (t) => (Math.abs(t - Math.round(t)) < 1e-9 && Math.abs(t) > 2 ? tenTo(Math.round(t)) : data.panels.values.y[1] - data.panels.values.y[0] >= 2 ? tenTo(Math.round(t)) : written(Math.pow(10, t)));
  function whole(range, wanted) {
    const low = Math.ceil(range[0]), high = Math.floor(range[1]), step = Math.max(1, Math.ceil((high - low) / wanted));
    const found = [];
    for (let t = low; t <= high; t += step) found.push(t);
    return found;
  }

  // The surface, once per window size --------------------------------------------------------------
  function bands(area) {
    const scale = window.devicePixelRatio || 1, s = data.surface;
    const wide = Math.max(2, Math.round((area.right - area.left) * scale)), tall = Math.max(2, Math.round((area.bottom - area.top) * scale));
    const picture = document.createElement("canvas");
    picture.width = wide; picture.height = tall;
    const g = picture.getContext("2d"), image = g.createImageData(wide, tall), band = new Int16Array(wide * tall);
    for (let j = 0; j < tall; j++) {
      const v = (1 - j / (tall - 1)) * (s.ny - 1), j0 = Math.min(s.ny - 2, Math.floor(v)), b = v - j0;
      for (let i = 0; i < wide; i++) {
        const u = (i / (wide - 1)) * (s.nx - 1), i0 = Math.min(s.nx - 2, Math.floor(u)), a = u - i0;
        const k = j0 * s.nx + i0, z = s.values;
        const value = (1 - b) * ((1 - a) * z[k] + a * z[k + 1]) + b * ((1 - a) * z[k + s.nx] + a * z[k + s.nx + 1]);
        band[j * wide + i] = z[k] === null || z[k + 1] === null || z[k + s.nx] === null || z[k + s.nx + 1] === null ? -1 : level(value);
      }
    }
    for (let j = 0; j < tall; j++) for (let i = 0; i < wide; i++) {
      const k = j * wide + i, own = band[k];
      const edge = (i + 1 < wide && band[k + 1] !== own) || (j + 1 < tall && band[k + wide] !== own);
      const grey = own < 0 ? 255 : edge ? 140 : 252 - (68 * own) / Math.max(1, s.levels.length - 2);
      image.data.set([grey, grey, grey, 255], 4 * k);
    }
    g.putImageData(image, 0, 0);
    return picture;
  }
  function level(value) {
    let low = 0, high = data.surface.levels.length - 1;
    while (high - low > 1) { const mid = (low + high) >> 1; if (value >= data.surface.levels[mid]) low = mid; else high = mid; }
    return low;
  }

  // What moves ------------------------------------------------------------------------------------
  // With `stairs`, a value holds until the next one: between two updates nothing changes, whatever the update costs.
  function line(view, xs, ys, upto, path, width, stairs) {
    const { g, x, y } = view;
    g.strokeStyle = path.colour; g.lineWidth = width; g.setLineDash(path.dashes); g.lineJoin = "round";
    g.globalAlpha = width === FAINT ? 0.25 : 1;
    g.beginPath();
    let pen = false;
    for (let k = 0; k <= upto; k++) {
      if (xs[k] === null || ys[k] === null) { pen = false; continue; }
      if (pen && stairs) g.lineTo(x(xs[k]), y(ys[k - 1]));
      if (pen) g.lineTo(x(xs[k]), y(ys[k])); else g.moveTo(x(xs[k]), y(ys[k]));
      pen = true;
    }
    g.stroke(); g.setLineDash([]); g.globalAlpha = 1;
  }
  // A path that goes back and forth is a blob: it is drawn faintly, and the means of its stages on top.
  function means(view, path, upto, xs, ys) {
    if (!path.means) return;
    const done = path.means.ends.filter((end) => end <= upto).length;
    line(view, path.means[xs], path.means[ys], done - 1, path, 2.6);
    view.g.fillStyle = path.colour;
    for (let n = 0; n < done; n++) if (path.means[ys][n] !== null) { view.g.beginPath(); view.g.arc(view.x(path.means[xs][n]), view.y(path.means[ys][n]), 3, 0, 7); view.g.fill(); }
  }
  function head(view, px, py, k, share) {
    if (px === null || py === null) return;
    const { g, x, y } = view, scale = share * size;
    g.save(); g.translate(x(px), y(py)); g.scale(scale, scale);
    g.fillStyle = data.paths[k].colour; g.fill(heads[k]);
    g.lineWidth = 2 / scale; g.strokeStyle = "#fff"; g.stroke(heads[k]); g.restore();
  }
  function star(view, px, py, local) {
    const { g, x, y } = view;
    g.beginPath();
    for (let k = 0; k < 10; k++) {
      const r = (k % 2 ? 0.29 : 0.7) * size, angle = (k * Math.PI) / 5 - Math.PI / 2;
      g.lineTo(x(px) + r * Math.cos(angle), y(py) + r * Math.sin(angle));
    }
    g.closePath(); g.fillStyle = local ? "#fff" : "#f0e442"; g.fill(); g.lineWidth = 1.4; g.strokeStyle = "#000"; g.stroke();
  }
  function inside(view, draw) {
    const { g, area } = view;
    g.save(); g.beginPath(); g.rect(area.left, area.top, area.right - area.left, area.bottom - area.top); g.clip();
    draw(); g.restore();
  }

  let views = {};
  const hooks = { extras: [], views: () => views, draw: () => draw() };  // for what is drawn beside these paths
  root.koubaiDescent = hooks;
  function lay() {
    views = {};
    family = getComputedStyle(root).fontFamily;
    size = parseFloat(getComputedStyle(root).fontSize);
    for (const name of ["surface", "data", "values"]) {
      const canvas = find("canvas." + name);
      if (canvas && data.panels[name]) views[name] = axes(canvas, data.panels[name]);
    }
    if (views.surface && data.surface) views.surface.still = bands(views.surface.area);
    draw();
  }
  function clear(view) {
    view.g.clearRect(0, 0, view.area.right + size, view.area.bottom + 3 * size);
  }
  function draw() {
    const at = data.frames[frame];
    if (views.surface) drawSurface(views.surface, at);
    if (views.data) drawData(views.data, at);
    if (views.values) {
      const view = views.values;
      clear(view); drawAxes(view);
      inside(view, () => each((path, k) => {
        line(view, path.across, path.up, at[k], path, path.thin ? FAINT : 3, view.spec.logX);
        means(view, path, at[k], "across", "up");
        head(view, path.across[at[k]], path.up[at[k]], k, 0.36);
      }));
      inside(view, () => hooks.extras.forEach((paint) => paint("values", view)));
    }
    data.paths.forEach((path, k) => {
      values[k].textContent = path.values[at[k]];
      points[k].textContent = path.points[at[k]];
    });
    const reached = Math.max(...data.paths.map((path, k) => path.counts[at[k]]));
    shown.textContent = reached.toLocaleString();
    slider.value = frame;
    slider.setAttribute("aria-valuetext", shown.textContent);
  }
  function each(paint) {
    data.paths.forEach((path, k) => { if (boxes[k].checked) paint(path, k); });
  }
  function drawSurface(view, at) {
    const { g, area } = view;
    clear(view);
    if (view.still) g.drawImage(view.still, area.left, area.top, area.right - area.left, area.bottom - area.top);
    drawAxes(view);
    inside(view, () => {
      if (data.curve) line(view, data.curve[0], data.curve[1], data.curve[0].length - 1, { colour: "#777", dashes: [] }, 2.5);
      each((path, k) => line(view, path.x, path.y, at[k], path, data.curve ? 1 : path.thin ? FAINT : 3));
      if (!data.curve) each((path, k) => means(view, path, at[k], "x", "y"));
      if (data.curve) each((path, k) => {
        for (let n = 0; n <= at[k]; n++) if (path.x[n] !== null) { g.beginPath(); g.arc(view.x(path.x[n]), view.y(path.y[n]), 2.6, 0, 7); g.fillStyle = path.colour; g.fill(); }
      });
      each((path) => { g.beginPath(); g.arc(view.x(path.x[0]), view.y(path.y[0]), 0.37 * size, 0, 7); g.fillStyle = "#fff"; g.fill(); g.lineWidth = 1.6; g.strokeStyle = "#000"; g.stroke(); });
      each((path, k) => head(view, path.x[at[k]], path.y[at[k]], k, 0.48));
      for (const [px, py, local] of data.minima) star(view, px, py, local);
      hooks.extras.forEach((paint) => paint("surface", view));
    });
  }
  function drawData(view, at) {
    const { g } = view;
    clear(view); drawAxes(view);
    inside(view, () => {
      g.fillStyle = "rgba(120,120,120,.5)";
      data.points[0].forEach((px, n) => { g.beginPath(); g.arc(view.x(px), view.y(data.points[1][n]), 2.2, 0, 7); g.fill(); });
      if (data.answer) { g.globalAlpha = 0.3; fitted(view, data.answer, { colour: "#000", dashes: [] }, 6); g.globalAlpha = 1; }
      each((path, k) => fitted(view, path.lines[at[k]], path, 2.6));
    });
  }
  function fitted(view, parameters, path, width) {
    const [low, high] = view.spec.x, [w, b] = parameters;
    let xs = [low, high], ys = xs.map((px) => w * px + b);
    if (data.model === "logistic") {
      xs = Array.from({ length: 161 }, (_, k) => low + ((high - low) * k) / 160);
      ys = xs.map((px) => 1 / (1 + Math.exp(-(w * px + b))));
    } else if (data.model === "perceptron") {  // the predicted class
      const border = Math.min(high, Math.max(low, -b / w));
      xs = [low, border, border, high];
      ys = [-1, -1, 1, 1].map((side) => (w > 0 ? side : -side));
      if (!w) ys.fill(b > 0 ? 1 : -1);
    }
    line(view, xs, ys, xs.length - 1, path, width);
  }

  // Playing ---------------------------------------------------------------------------------------
  function play(on) {
    playing = on;
    button.textContent = on ? data.words.pause : data.words.play;
    if (on) { if (frame === last) frame = 0; carried = 0; clock = performance.now(); requestAnimationFrame(tick); }
  }
  function tick(now) {
    if (!playing) return;
    carried += ((now - clock) / 1000) * (last / 8) * Number(speed.value);
    clock = now;
    const whole = Math.floor(carried);
    if (whole > 0) { carried -= whole; frame = Math.min(last, frame + whole); draw(); }
    if (frame === last) play(false); else requestAnimationFrame(tick);
  }
  function jump(to) { play(false); frame = Math.max(0, Math.min(last, to)); draw(); }
  button.addEventListener("click", () => play(!playing));
  slider.addEventListener("input", () => jump(Number(slider.value)));
  boxes.forEach((box) => box.addEventListener("change", draw));
  root.addEventListener("keydown", (event) => {
    if (event.target.matches("select, input[type='checkbox'], .own input")) return;
    const moves = { ArrowLeft: frame - 1, ArrowRight: frame + 1, Home: 0, End: last };
    if (event.key === " " && event.target !== button) { event.preventDefault(); play(!playing); }
    else if (event.key in moves && !event.ctrlKey && !event.metaKey) { event.preventDefault(); jump(moves[event.key]); }
  });
  new ResizeObserver(lay).observe(root);
  slider.max = last;
  button.textContent = data.words.play;
  lay();
})(document.currentScript.closest(".koubai-descent"));
