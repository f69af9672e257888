// WiringExplorer: channels through two grouped layers, with a shuffle between them or without.

const thousands = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
const DROP = 1.5; // height of a layer's wires, in cells

function render({ model, el }) {
  const c = model.get("channels");
  const divisors = range(c, (i) => i + 1).filter((g) => c % g === 0);
  const groups = choice("groups", "Groups g", Object.fromEntries(divisors.map((g) => [g, String(g)])),
    (value) => put(model, { groups: +value }));
  const shuffled = choice("shuffle", "Between the layers", { off: "nothing", on: "a channel shuffle" },
    (value) => put(model, { shuffle: value === "on" }));
  const kernel = slider("kernel", "kernel k", 1, 7, (value) => put(model, { kernel: value }));
  const rows = ["input", "first", "between"].map((name) => grid(name));
  const output = grid("output", { enter: (_, i) => put(model, { selected: i }) });
  const layers = range(3, () => svg("svg", {
    viewBox: `0 0 ${c} ${DROP}`, "aria-hidden": "true", style: `display: block; width: calc(var(--cell) * ${c})`,
  }));
  const titles = ["input channels", "after layer 1", "what layer 2 reads", "after layer 2: choose one"]
    .map((title) => h("div", { class: "d2l-title", style: "margin: 0.2rem 0" }, title));
  const panels = [...rows, output].flatMap((row, i) => [titles[i], row.element, ...(layers[i] ? [layers[i]] : [])]);
  const stage = h("div", { class: "d2l-stage" }, h("div", {}, ...panels));
  stage.style.setProperty("--across", c);
  stage.style.setProperty("--down", c);
  const sum = h("p", { class: "d2l-sum" });
  const state = status();
  el.append(frame("wiring", "Wiring explorer",
    h("div", { class: "d2l-controls" }, groups.element, shuffled.element, kernel.element), stage, sum, state));

  /** Draw wires, pairs [from, to]; those between live channels are thick. */
  function wire(layer, pairs, above, below) {
    const lit = ([from, to]) => above.has(from) && below.has(to);
    const ordered = [...pairs.filter((p) => !lit(p)), ...pairs.filter(lit)];
    layer.replaceChildren(...ordered.map(([from, to]) => svg("line", {
      x1: from + 0.5, y1: 0, x2: to + 0.5, y2: DROP,
      ...(lit([from, to]) ? { stroke: "var(--accent)", "stroke-width": 0.07, class: "d2l-on" }
        : { stroke: "var(--line)", "stroke-width": 0.02 }),
    })));
  }

  function draw() {
    const g = model.get("groups");
    const on = model.get("shuffle");
    const k = model.get("kernel");
    const size = model.get("size");
    const picked = clamp(model.get("selected"), 0, c - 1);
    const per = c / g;
    const order = range(c, (i) => (on ? (i % g) * per + Math.floor(i / g) : i)); // place i holds this channel
    const group = (i) => Math.floor(i / per);
    const pairs = table(c, c, (from, to) => [from, to]).flat().filter(([from, to]) => group(from) === group(to));
    const read = new Set(range(c).filter((i) => group(i) === group(picked)));
    const came = new Set([...read].map((i) => order[i]));
    const heard = new Set(range(c).filter((i) => [...came].some((j) => group(i) === group(j))));
    const last = new Set([picked]);

    groups.update(g);
    shuffled.update(on ? "on" : "off");
    kernel.update(k);
    wire(layers[0], pairs, heard, came);
    wire(layers[1], order.map((from, to) => [from, to]), came, read);
    wire(layers[2], pairs, read, last);
    [heard, came, read].forEach((live, r) => rows[r].paint(1, c, titles[r].textContent, (_, i) => {
      const text = String(r === 2 ? order[i] : i);
      return { text, kind: live.has(i) ? "lit" : "", label: `channel ${text}${live.has(i) ? ", heard" : ""}` };
    }));
    output.paint(1, c, titles[3].textContent, (_, i) => ({
      text: String(i), kind: i === picked ? "chosen" : "", label: `output ${i}`,
    }));
    if (!output.element.contains(document.activeElement)) output.settle(0, picked);

    const weights = 2 * c * per * k * k;
    const whole = 2 * c * c * k * k;
    sum.textContent = `Weights of both layers 2 · ${c} · ${per} · ${k}² = ${thousands(weights)}, multiply-adds on maps of `
      + `${size} × ${size}: ${thousands(weights * size * size)}; ${g === 1 ? "nothing saved" : `${whole / weights} times fewer than one group`}.`;
    const list = [...heard].join(", ");
    const all = heard.size === c ? "every input" : `${heard.size} of ${c} inputs: ${list}`;
    state.textContent = `Output ${picked} hears of ${all}. ` + (on && g > 1
      ? "The shuffle costs no weight and no multiplication."
      : g > 1 ? "The groups never meet." : "One group: an ordinary layer.");
  }
  return follow(model, ["groups", "shuffle", "kernel", "selected"], draw);
}

export default { render };
