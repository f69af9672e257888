// TrialExplorer: trials as points of price and score; one is chosen, and its settings and its curve are shown.

const [WIDE, HIGH, LEFT, LOW, TOP, RIGHT] = [340, 250, 48, 40, 12, 14]; // pixels of a picture and of its margins
const thousands = (value) => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");

/** Numbers 1, 2, 5 times powers of ten between low and high. */
function ticks(low, high) {
  const all = range(13, (e) => [1, 2, 5].map((m) => m * 10 ** e)).flat();
  return all.filter((v) => v >= low && v <= high);
}

/** Axes with a scale each: x and y turn values into pixels. */
function axes(x, y, xTicks, xLabel, yLabel) {
  const text = (attributes, words) => svg("text", { "font-size": 12, fill: "currentColor", ...attributes }, words);
  const yTicks = [0, 0.2, 0.4, 0.6, 0.8, 1].filter((v) => y(v) >= TOP - 1);
  return svg("g", {},
    ...yTicks.map((v) => svg("line", { x1: LEFT, x2: WIDE - RIGHT, y1: y(v), y2: y(v), stroke: "var(--line)", "stroke-width": 0.4 })),
    ...yTicks.map((v) => text({ x: LEFT - 6, y: y(v) + 4, "text-anchor": "end" }, String(v))),
    ...xTicks.map((v) => text({ x: x(v), y: HIGH - LOW + 16, "text-anchor": "middle" }, thousands(v))),
    text({ x: (LEFT + WIDE - RIGHT) / 2, y: HIGH - 6, "text-anchor": "middle" }, xLabel),
    text({ x: 11, y: (TOP + HIGH - LOW) / 2, "text-anchor": "middle", transform: `rotate(-90 11 ${(TOP + HIGH - LOW) / 2})` }, yLabel));
}

function render({ model, el }) {
  const points = model.get("points");
  const [cost, score] = [model.get("cost"), model.get("score")];
  const beats = (p, q) => p.cost <= q.cost && p.score >= q.score && (p.cost < q.cost || p.score > q.score);
  const front = range(points.length).filter((i) => !points.some((p) => beats(p, points[i])))
    .sort((i, j) => points[i].cost - points[j].cost);
  const order = range(points.length).sort((i, j) => points[i].cost - points[j].cost || points[i].score - points[j].score);

  const costs = points.map((p) => p.cost);
  const [low, high] = [Math.min(...costs) / 1.2, Math.max(...costs) * 1.2];
  const x = (v) => LEFT + ((WIDE - RIGHT - LEFT) * Math.log(v / low)) / Math.log(high / low);
  const top = Math.min(1, Math.max(...points.flatMap((p) => p.curve.map(([, s]) => s))) + 0.08);
  const y = (v) => HIGH - LOW - ((HIGH - LOW - TOP) * v) / top;

  const walk = slider("place", `by ${cost}`, 0, points.length - 1, (place) => put(model, { selected: order[place] }));
  const step = (by) => () => {
    const own = points[chosen()].cost;
    const next = by > 0 ? front.find((i) => points[i].cost > own) : [...front].reverse().find((i) => points[i].cost < own);
    if (next !== undefined) put(model, { selected: next });
  };
  const buttons = h("div", { class: "d2l-buttons" }, button("cheaper on the front", step(-1)), button("dearer on the front", step(1)));
  const picture = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "data-name": "trials" });
  const curve = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "data-name": "curve" });
  const settings = h("div", { class: "d2l-settings" });
  const state = status();
  el.append(frame("trials", "Trial explorer",
    h("div", { class: "d2l-controls" }, walk.element, buttons),
    h("div", { class: "d2l-charts" }, panel("all trials: choose one", picture), panel("its score on the way", curve)),
    settings, state));

  const corners = front.flatMap((i, k) => [
    ...(k ? [`${x(points[i].cost)},${y(points[front[k - 1]].score)}`] : []), `${x(points[i].cost)},${y(points[i].score)}`]);
  const dots = points.map((p, i) => svg("circle", {
    cx: x(p.cost), cy: y(p.score), "data-trial": i, "stroke-width": 1.5,
    fill: front.includes(i) ? "var(--accent)" : "var(--paper)", stroke: front.includes(i) ? "var(--accent)" : "var(--muted)",
  }));
  dots.forEach((dot, i) => dot.addEventListener("click", () => put(model, { selected: i })));
  const ring = svg("circle", { r: 10, fill: "none", stroke: "#d9600f", "stroke-width": 3, "pointer-events": "none" });
  picture.append(axes(x, y, ticks(low, high), cost, score),
    svg("polyline", { points: corners.join(" "), fill: "none", stroke: "var(--accent)", "stroke-width": 2 }), ...dots, ring);

  const chosen = () => clamp(model.get("selected"), 0, points.length - 1);

  return follow(model, ["selected"], () => {
    const i = chosen();
    const own = points[i];
    walk.update(order.indexOf(i));
    dots.forEach((dot, k) => dot.setAttribute("r", k === i ? 6 : 5));
    ring.setAttribute("cx", x(own.cost));
    ring.setAttribute("cy", y(own.score));
    const last = Math.max(...points.flatMap((p) => p.curve.map(([b]) => b)));
    const at = (b) => LEFT + ((WIDE - RIGHT - LEFT) * b) / last;
    curve.replaceChildren(axes(at, y, [0, last / 2, last], "budget", score),
      svg("polyline", { points: own.curve.map(([b, s]) => `${at(b)},${y(s)}`).join(" "), fill: "none", stroke: "#d9600f", "stroke-width": 2.5 }),
      ...own.curve.map(([b, s]) => svg("circle", { cx: at(b), cy: y(s), r: 3.5, fill: "#d9600f" })));
    curve.setAttribute("aria-label", `score by budget: ${own.curve.map(([b, s]) => `${b}: ${s.toFixed(2)}`).join(", ")}`);
    picture.setAttribute("aria-label", `${points.length} trials, ${front.length} of them on the front; trial ${i} is chosen`);
    settings.replaceChildren(...Object.entries(own.settings).map(([name, value]) => h("div", {}, h("b", {}, name), h("span", {}, value))));
    const better = range(points.length).filter((k) => beats(points[k], own));
    const place = better.length ? `Beaten by ${plural(better.length, "trial")}: at least as good, and not dearer.`
      : "On the front: nothing here is both as cheap and as good.";
    state.textContent = `Trial ${i}: ${thousands(own.cost)} ${cost}, ${score} ${own.score.toFixed(2)}. ${place}`;
  });
}

export default { render };
