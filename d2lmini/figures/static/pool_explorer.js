// PoolExplorer: an image that moves under its pooling windows, what changes, and the roulette wheel of one window.

const MODES = { max: "maximum", avg: "average", stochastic: "by chance (stochastic)", first: "first pixel only" };
const WHEEL = ["#8cc6ee", "#f6c453", "#8fd3b8", "#f0a878", "#d9b3d6", "#d6cf8a", "#b9c4cc", "#f4d9b0"];

/** The point at this share of a full turn, clockwise from the top. */
const onCircle = (share, radius) => [radius * Math.sin(2 * Math.PI * share), -radius * Math.cos(2 * Math.PI * share)];

function wedge(from, to, fill) {
  const look = { fill, stroke: "#111", "stroke-width": 0.8 };
  if (to - from > 0.9999) return svg("circle", { r: 46, ...look });
  const [[x0, y0], [x1, y1]] = [onCircle(from, 46), onCircle(to, 46)];
  return svg("path", { d: `M0 0L${x0} ${y0}A46 46 0 ${to - from > 0.5 ? 1 : 0} 1 ${x1} ${y1}Z`, ...look });
}

/** The outputs that pooling leaves of x, (o, o). */
function pooled(x, k, s, mode) {
  const o = Math.floor((x.length - k) / s) + 1;
  return table(o, o, (i, j) => {
    const values = table(k, k, (a, b) => x[i * s + a][j * s + b]).flat();
    const sum = values.reduce((a, b) => a + b, 0);
    if (mode === "max") return Math.max(...values);
    if (mode === "avg") return sum / values.length;
    if (mode === "first") return values[0];
    return sum ? values.reduce((all, v) => all + v * v, 0) / sum : 0;
  });
}

function render({ model, el }) {
  const n = model.get("image").length;
  const sliders = [["shift", "shift right", 0, 4], ["kernel", "window k", 1, Math.min(n, 4)], ["stride", "stride s", 1, 4]]
    .map(([name, ...limits]) => [name, slider(name, ...limits, (value) => put(model, { [name]: value }))]);
  const mode = choice("mode", "Each window gives", MODES, (value) => put(model, { mode: value }));
  const input = grid("input");
  const before = grid("before");
  const output = grid("output", { enter: (r, c) => put(model, { selected: [r, c] }) });
  const panels = [panel("input", input.element), panel("before the shift", before.element), panel("now", output.element)];
  const stage = h("div", { class: "d2l-stage" }, ...panels);
  const sum = h("p", { class: "d2l-sum" });
  const state = status();
  const wheel = svg("svg", { viewBox: "-50 -50 100 100", role: "img", style: "width: 11rem; max-width: 100%" });
  const tally = h("p", {});
  let values = []; // of the chosen window
  let seen = ""; // the window that the draws belong to
  let draws = [];
  let ball = null; // where the last draw fell, as a share of a turn

  function draw_from_wheel(times) {
    const whole = values.reduce((a, b) => a + b, 0);
    for (let i = 0; i < times && whole; i++) {
      ball = Math.random();
      let drawn = 0;
      for (let end = values[0]; ball * whole >= end && drawn < values.length - 1; end += values[drawn]) drawn += 1;
      draws[drawn] += 1;
    }
    paint_wheel();
  }
  const buttons = h("div", { class: "d2l-buttons" },
    button("spin once", () => draw_from_wheel(1)), button("spin 100 times", () => draw_from_wheel(100)));
  const roulette = h("div", { class: "d2l-stage" },
    panel("the wheel of this window", wheel), h("div", { style: "flex: 1 1 14rem; min-width: 0" }, buttons, tally));
  el.append(frame("pool", "Pooling explorer",
    h("div", { class: "d2l-controls" }, ...sliders.map(([, s]) => s.element), mode.element), stage, sum, state, roulette));

  function paint_wheel() {
    const whole = values.reduce((a, b) => a + b, 0);
    const parts = [];
    let from = 0;
    values.forEach((value, i) => {
      if (!value) return;
      const to = from + value / whole;
      const [x, y] = onCircle((from + to) / 2, value === whole ? 0 : 30);
      const text = svg("text", { x, y, "text-anchor": "middle", "dominant-baseline": "central", "font-size": 11, fill: "#111" }, show(value));
      parts.push([wedge(from, to, WHEEL[i % WHEEL.length]), text]);
      from = to;
    });
    const [x, y] = onCircle(ball ?? 0, 41);
    const mark = ball === null ? [] : [svg("circle", { cx: x, cy: y, r: 4, fill: "#111", stroke: "#fff" })];
    wheel.replaceChildren(...parts.map(([w]) => w), ...parts.map(([, t]) => t), ...mark);
    const chances = values.map((v) => `${show(v)} with chance ${show(whole ? v / whole : 0)}`);
    wheel.setAttribute("aria-label", whole ? `roulette wheel: ${chances.join(", ")}` : "no wheel: all values are zero");
    roulette.hidden = model.get("mode") !== "stochastic";
    const count = draws.reduce((a, b) => a + b, 0);
    const mean = count ? draws.reduce((all, times, i) => all + times * values[i], 0) / count : 0;
    const drawn = values.map((v, i) => `${show(v)}: ${draws[i]}`).filter((_, i) => values[i]);
    tally.textContent = !whole ? "All values of this window are zero: there is nothing to draw, and the output is 0."
      : !count ? "Spin the wheel: in training one pixel of the window is drawn in this way."
        : `${plural(count, "spin")}. Drawn ${drawn.join(", ")}. Mean of the draws ${show(mean)}.`;
  }

  function draw() {
    const image = model.get("image");
    const [shift, k, s] = sliders.map(([name]) => model.get(name));
    const kind = model.get("mode");
    const x = table(n, n, (r, c) => image[r][c - shift] ?? 0);
    const [old, now] = [image, x].map((picture) => pooled(picture, k, s, kind));
    const o = now.length;
    const [r, c] = model.get("selected").map((i) => clamp(i, 0, o - 1));
    values = table(k, k, (a, b) => x[r * s + a][c * s + b]).flat();
    const whole = values.reduce((a, b) => a + b, 0);
    const largest = values.indexOf(Math.max(...values));
    const share = (i) => ({
      max: +(i === largest), avg: 1 / values.length, first: +(i === 0), stochastic: whole ? values[i] / whole : 0,
    })[kind];
    const changed = (i, j) => Math.abs(old[i][j] - now[i][j]) > 1e-9;
    const count = now.flatMap((row, i) => row.filter((_, j) => changed(i, j))).length;

    sliders.forEach(([name, slider]) => slider.update(model.get(name)));
    mode.update(kind);
    stage.style.setProperty("--across", n + 2 * Math.max(o, 2));
    stage.style.setProperty("--down", Math.max(n, 2 * o + 1));
    input.paint(n, n, `input, ${n} rows and ${n} columns, moved by ${shift}`, (i, j) => {
      const [a, b] = [i - r * s, j - c * s];
      const inside = a >= 0 && b >= 0 && a < k && b < k;
      const part = inside ? share(a * k + b) : 0;
      return { text: show(x[i][j]), kind: classes(j < shift && "pad", inside && "lit"), tag: part ? show(part) : "" };
    });
    before.paint(o, o, "output before the shift", (i, j) => ({ text: show(old[i][j]) }));
    output.paint(o, o, "output now", (i, j) => ({
      text: show(now[i][j]), kind: classes(changed(i, j) && "lit", i === r && j === c && "chosen"),
    }));
    if (!output.element.contains(document.activeElement)) output.settle(r, c);

    const list = values.map(show).join(", ");
    const value = show(now[r][c]);
    const terms = () => values.filter((v) => v).map((v) => `${show(v / whole)}·${show(v)}`).join(" + ");
    sum.textContent = {
      max: `y[${r}, ${c}] = max(${list}) = ${value}`,
      avg: `y[${r}, ${c}] = (${values.map(show).join(" + ")}) / ${values.length} = ${value}`,
      first: `y[${r}, ${c}] = ${value}, the first of ${list}`,
      stochastic: `y[${r}, ${c}] = ${whole ? `${terms()} = ${value}` : "0, since there is nothing to draw"}`,
    }[kind];
    const outputs = plural(o * o, "output");
    state.textContent = `Output row ${r}, column ${c} is ${value}. ` + (shift
      ? `The image has moved by ${plural(shift, "pixel")}: ${count} of ${outputs} changed.`
      : `${outputs} from ${n * n} pixels. Move the image to see which of them change.`);
    const window = JSON.stringify([values, r, c]);
    if (window !== seen) [seen, draws, ball] = [window, values.map(() => 0), null];
    paint_wheel();
  }
  return follow(model, ["image", "kernel", "stride", "shift", "mode", "selected"], draw);
}

export default { render };
