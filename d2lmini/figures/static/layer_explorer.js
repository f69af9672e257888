// LayerExplorer: channels are multiplied one by one, their sums and the bias make one number of one output.

const PAUSE = 1400; // milliseconds a position stays while the figure plays

function render({ model, el }) {
  const stride = slider("stride", "stride s", 1, 3, (value) => put(model, { stride: value }));
  const padding = slider("padding", "padding p", 0, 2, (value) => put(model, { padding: value }));
  const filters = model.get("weights").length;
  const select = (filter, r, c) => put(model, { selected: [filter, r, c] });
  const filter = choice("filter", "Filter", Object.fromEntries(range(filters, (f) => [f, String(f)])),
    (value) => select(+value, ...model.get("selected").slice(1)));
  let timer = null;
  const play = button("Play", () => {
    timer = timer ? clearInterval(timer) : setInterval(() => step(1), PAUSE);
    play.textContent = timer ? "Pause" : "Play";
  });
  const buttons = h("div", { class: "d2l-buttons" },
    button("Previous position", () => step(-1)), button("Next position", () => step(1)), play);

  const inputs = model.get("image").map((_, i) => grid(`input-${i}`));
  const kernels = inputs.map((_, i) => grid(`kernel-${i}`));
  const sums = inputs.map(() => h("div", { class: "d2l-partial" }));
  const outputs = range(filters, (f) => grid(`output-${f}`, { enter: (r, c) => select(f, r, c) }));
  const channels = inputs.map((input, i) => h("div", { class: "d2l-channel" },
    panel(`input, channel ${i}`, input.element), panel("", kernels[i].element, sums[i])));
  const titles = channels.map((channel) => channel.querySelectorAll(".d2l-title")[1]);
  const results = h("div", { class: "d2l-results" }, ...outputs.map((output, f) => panel(`output ${f}`, output.element)));
  const stage = h("div", { class: "d2l-stage d2l-layers" }, h("div", {}, ...channels), results);
  const formula = h("p", { class: "d2l-formula" });
  const sum = h("p", { class: "d2l-sum" });
  const state = status();
  const controls = h("div", { class: "d2l-controls" }, stride.element, padding.element, filter.element, buttons);
  el.append(frame("layer", "Convolution layer explorer", controls, formula, stage, sum, state));

  function sizes() {
    const [x, w, s, p] = ["image", "weights", "stride", "padding"].map((name) => model.get(name));
    const [height, width, k] = [x[0].length, x[0][0].length, w[0][0].length];
    const count = (n) => (n + 2 * p < k ? 0 : Math.floor((n + 2 * p - k) / s) + 1);
    const [rows, columns] = [count(height), count(width)];
    return { x, w, s, p, height, width, k, rows: columns && rows, columns: rows && columns };
  }
  function position({ rows, columns }) {
    const [f, r, c] = model.get("selected");
    return [clamp(f, 0, filters - 1), clamp(r, 0, rows - 1), clamp(c, 0, columns - 1)];
  }
  function step(by) {
    const size = sizes();
    if (!size.rows) return;
    const [f, r, c] = position(size);
    const { rows, columns } = size;
    const all = filters * rows * columns;
    const next = ((f * rows + r) * columns + c + by + all) % all;
    select(Math.floor(next / (rows * columns)), Math.floor(next / columns) % rows, next % columns);
  }

  function draw() {
    const size = sizes();
    const { x, w, s, p, height, width, k, rows, columns } = size;
    const [f, r, c] = position(size);
    const bias = model.get("bias");
    const value = (i, row, column) => x[i][row]?.[column] ?? 0;
    const window = (i, g, row, column) =>
      table(k, k, (a, b) => [value(i, row * s - p + a, column * s - p + b), w[g][i][a][b]]).flat();
    const result = (g, row, column) => x.reduce((all, _, i) => all + total(window(i, g, row, column)), bias[g]);

    stride.update(s);
    padding.update(p);
    filter.update(f);
    const one = (n, o) => `⌊(${n} + 2·${p} − ${k}) / ${s}⌋ + 1${o ? ` = ${o}` : ""}`;
    formula.textContent = `output size = ⌊(n + 2p − k) / s⌋ + 1 = ${one(height, rows)}`
      + (height === width ? "" : ` high and ${one(width, columns)} wide`);
    stage.style.setProperty("--across", width + 2 * p + k + 2 + Math.max(columns, 2));
    stage.style.setProperty("--down", width + 2 * p + k + 1);
    stage.classList.toggle("d2l-dense", width + 2 * p > 7);
    results.hidden = !rows;

    const partial = x.map((_, i) => (rows ? total(window(i, f, r, c)) : 0));
    inputs.forEach((input, i) => input.paint(height + 2 * p, width + 2 * p, `input, channel ${i}`, (row, column) => {
      const [a, b] = [row - r * s, column - c * s];
      const lit = rows && a >= 0 && a < k && b >= 0 && b < k;
      const padded = x[i][row - p]?.[column - p] === undefined;
      return {
        text: show(value(i, row - p, column - p)),
        kind: classes(padded && "pad", lit && "lit"),
        tag: lit ? show(w[f][i][a][b]) : "",
      };
    }));
    kernels.forEach((kernel, i) => {
      titles[i].textContent = `filter ${f}`;
      kernel.paint(k, k, `filter ${f}, channel ${i}`, (a, b) => ({ text: show(w[f][i][a][b]) }));
      sums[i].textContent = rows ? `sum ${show(partial[i])}` : "";
    });
    outputs.forEach((output, g) => {
      output.paint(rows, columns, `output ${g}, ${rows} rows and ${columns} columns`, (row, column) => ({
        text: show(result(g, row, column)), kind: g === f && row === r && column === c ? "chosen" : "",
      }));
      if (rows && g === f && !output.element.contains(document.activeElement)) output.settle(r, c);
    });

    if (!rows) {
      sum.textContent = "";
      state.textContent = `The window spans ${plural(k, "pixel")} and the padded input is smaller: `
        + "it does not fit, so there is no output. Take more padding.";
      return;
    }
    const line = (tag, words) => h(tag, { class: "d2l-row" }, words);
    const parts = [...partial.map(factor), `bias ${factor(bias[f])}`].join(" + ");
    sum.replaceChildren(
      ...x.map((_, i) => line("span", `channel ${i}: ${products(window(i, f, r, c))} = ${show(partial[i])}`)),
      line("strong", `y[${f}, ${r}, ${c}] = ${parts} = ${show(result(f, r, c))}`),
    );
    state.textContent = `Output ${f}, row ${r}, column ${c} is ${show(result(f, r, c))}: `
      + `${plural(x.length * k * k, "product")} and one bias.`;
  }
  const forget = follow(model, ["stride", "padding", "selected", "image", "weights", "bias"], draw);
  return () => { clearInterval(timer); forget(); };
}

export default { render };
