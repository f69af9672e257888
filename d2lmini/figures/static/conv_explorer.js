// ConvExplorer: an input, a kernel and an output whose cells show what they read and who reads them.

const SLIDERS = [
  ["input_size", "input size n", 2, 9],
  ["kernel", "kernel k", 1, 5],
  ["stride", "stride s", 1, 4],
  ["padding", "padding p", 0, 3],
  ["dilation", "dilation d", 1, 3],
];

function render({ model, el }) {
  const sliders = SLIDERS.map(([name, ...limits]) => slider(name, ...limits, (value) => put(model, { [name]: value })));
  const ways = { false: "as it is (correlation)", true: "turned by 180° (convolution)" };
  const flip = choice("flip", "The kernel is laid on", ways, (value) => put(model, { flip: value === "true" }));
  const formula = h("p", { class: "d2l-formula" });
  const sum = h("p", { class: "d2l-sum" });
  const state = status();
  let probe = null; // the input cell under the mouse or the focus

  const look = (at) => {
    probe = at;
    draw();
  };
  const input = grid("input", { enter: (r, c) => look([r, c]), leave: () => look(null) });
  const weights = weightsGrid((values) => put(model, { weights: values }));
  const output = grid("output", { enter: (r, c) => { look(null); put(model, { selected: [r, c] }); } });
  const inputPanel = panel("input", input.element);
  const kernelPanel = panel("kernel", weights.element);
  const outputPanel = panel("output", output.element);
  const stage = h("div", { class: "d2l-stage" }, inputPanel, kernelPanel, outputPanel);
  el.append(frame("conv", "Convolution explorer",
    h("div", { class: "d2l-controls" }, ...sliders.map((s) => s.element), flip.element), formula, stage, sum, state));

  function draw() {
    const [n, k, s, p, d] = SLIDERS.map(([name]) => model.get(name));
    const turned = model.get("flip");
    const x = model.get("image").length === n ? model.get("image") : counting(n);
    const w = model.get("weights").length === k ? model.get("weights") : counting(k);
    const laid = (a, b) => (turned ? w[k - 1 - a][k - 1 - b] : w[a][b]); // the weight over row a, column b of the window
    const side = n + 2 * p;
    const reach = d * (k - 1) + 1;
    const o = side < reach ? 0 : Math.floor((side - reach) / s) + 1;
    const value = (r, c) => x[r]?.[c] ?? 0; // the padding is zero
    const window = (r, c) => table(k, k, (a, b) => [value(r * s - p + a * d, c * s - p + b * d), laid(a, b)]).flat();
    /** The tap with which output i reads padded index j; null where it does not. */
    const tap = (i, j) => {
      const steps = (j - i * s) / d;
      return Number.isInteger(steps) && steps >= 0 && steps < k ? steps : null;
    };
    const weightBetween = (r, c, i, j) => {
      const [a, b] = [tap(r, i), tap(c, j)];
      return a === null || b === null ? null : laid(a, b);
    };

    sliders.forEach((slider, i) => slider.update([n, k, s, p, d][i]));
    flip.update(turned);
    formula.textContent = "output size = ⌊(n + 2p − d(k − 1) − 1) / s⌋ + 1 = "
      + `⌊(${n} + 2·${p} − ${d}·(${k} − 1) − 1) / ${s}⌋ + 1` + (o ? ` = ${o}` : "");
    weights.paint(w);
    inputPanel.firstChild.textContent = `input ${n}×${n}${p ? `, padded ${side}×${side}` : ""}`;
    kernelPanel.firstChild.textContent = `kernel ${k}×${k}`;
    outputPanel.firstChild.textContent = o ? `output ${o}×${o}` : "no output";
    stage.style.setProperty("--across", side + k + Math.max(o, 2));
    stage.style.setProperty("--down", Math.max(side, k + Math.max(o, 2) + 1));
    stage.classList.toggle("d2l-dense", side > 9);

    const [r, c] = model.get("selected").map((i) => clamp(i, 0, o - 1));
    const chosen = o && !probe;
    input.paint(side, side, `input, ${side} rows and ${side} columns with padding`, (i, j) => {
      const weight = chosen ? weightBetween(r, c, i, j) : null;
      const padded = x[i - p]?.[j - p] === undefined;
      const text = show(value(i - p, j - p));
      const probed = probe && probe[0] === i && probe[1] === j;
      return {
        text,
        kind: classes(padded && "pad", weight !== null && "lit", probed && "chosen"),
        tag: weight === null ? "" : show(weight),
        label: padded ? `padding: ${text}` : `row ${i - p}, column ${j - p}: ${text}`,
      };
    });
    output.element.hidden = !o;
    output.paint(o, o, `output, ${o} rows and ${o} columns`, (i, j) => {
      const weight = probe ? weightBetween(i, j, ...probe) : null;
      return {
        text: show(total(window(i, j))), tag: weight === null ? "" : show(weight),
        kind: weight !== null ? "lit" : chosen && i === r && j === c ? "chosen" : "",
      };
    });
    if (o && !output.element.contains(document.activeElement)) output.settle(r, c);

    if (!o) {
      sum.textContent = "";
      state.textContent = `The window spans ${plural(reach, "pixel")} and the padded input has ${side}: it does not fit, `
        + "so there is no output. Take a smaller kernel, less dilation or more padding.";
    } else if (probe) {
      const readers = table(o, o, (i, j) => weightBetween(i, j, ...probe) !== null).flat().filter(Boolean).length;
      const [i, j] = probe.map((index) => index - p);
      const what = x[i]?.[j] === undefined ? "The padding at" : "Input";
      sum.textContent = readers ? "The small number in an output is the weight that this input gets there." : "";
      state.textContent = `${what} row ${show(i)}, column ${show(j)} is read by `
        + `${readers ? plural(readers, "output") : "no output"}.`;
    } else {
      sum.textContent = `y[${r}, ${c}] = ${products(window(r, c))} = ${show(total(window(r, c)))}`;
      const [top, left] = [r * s - p, c * s - p];
      const outside = [top, left].some((first) => first < 0 || first + reach > n);
      const unread = (side - reach) % s;
      const last = unread === 1 ? "row and column" : `${unread} rows and columns`;
      state.textContent = `Output row ${r}, column ${c} is ${show(total(window(r, c)))}: it reads ${span("row", top, k, d)} and `
        + `${span("column", left, k, d)} of the input${outside ? `; what lies outside 0 to ${n - 1} is padding` : ""}.`
        + (unread ? ` The last ${last} of the ${p ? "padded " : ""}input are never read.` : "");
    }
  }
  return follow(model, [...SLIDERS.map(([name]) => name), "flip", "image", "weights", "selected"], draw);
}

export default { render };
