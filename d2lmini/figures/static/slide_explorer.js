// SlideExplorer: h slides over x; the row of the matrix that makes the chosen output lights up.

const MODES = { full: "full", same: "same", valid: "valid", circular: "circular" };
const LONGEST = 10; // values of a signal that a reader types

function render({ model, el }) {
  const mode = choice("mode", "Mode", MODES, (value) => put(model, { mode: value }));
  const ways = { true: "turned round (convolution)", false: "as it is (correlation)" };
  const flip = choice("flip", "h is laid on", ways, (value) => put(model, { flip: value === "true" }));
  const place = slider("selected", "output index n", 0, 1, (value) => put(model, { selected: value }));
  const complaint = h("span", { class: "d2l-complaint", role: "alert" });
  const signals = ["x", "h"].map((name) => h("input", {
    type: "text", "data-name": name, "aria-label": `values of ${name}`, ...KEYS,
    onchange: (event) => read(name, event.target.value),
  }));
  const fields = signals.map((field) => h("label", { class: "d2l-field" }, `${field.dataset.name} =`, field));

  const strip = h("div", { class: "d2l-strip" });
  const signal = grid("x");
  const kernel = grid("laid");
  const multiplied = grid("products");
  const output = grid("output", { enter: (_, n) => put(model, { selected: n }) });
  const rows = [["x", signal], ["h", kernel], ["x·h", multiplied]].map(([name, { element }]) => {
    const label = h("div", { class: "d2l-name" }, name);
    strip.append(label, element);
    return label;
  });
  const result = h("div", { class: "d2l-strip" }, h("div", { class: "d2l-name" }, "y"), output.element);
  const matrix = grid("matrix");
  const matrixPanel = panel("", matrix.element);
  const strips = h("div", {}, panel("h slides over x", strip), panel("the output: the sums of x·h", result));
  const stage = h("div", { class: "d2l-stage" }, strips, matrixPanel);
  const sum = h("p", { class: "d2l-sum" });
  const state = status();
  el.append(frame("slide", "Sliding explorer",
    h("div", { class: "d2l-controls" }, mode.element, flip.element, ...fields, place.element), complaint, stage, sum, state));

  function read(name, text) {
    const values = text.replaceAll("−", "-").split(/[\s,;]+/).filter(Boolean).map(Number);
    const wrong = !values.length || values.length > LONGEST || !values.every(Number.isFinite);
    complaint.textContent = wrong ? `${name} needs 1 to ${LONGEST} numbers with commas between them, such as 1, 2, 2.` : "";
    if (!wrong) put(model, { [name]: values });
  }

  function draw() {
    const [x, taps, kind, turned] = ["x", "h", "mode", "flip"].map((name) => model.get(name));
    const [n, k] = [x.length, taps.length];
    const circular = kind === "circular";
    const fits = !circular || k <= n;
    const [first, count] = { // the first position of the full result that the mode keeps, and how many
      full: [0, n + k - 1],
      same: [(k - 1) >> 1, n],
      valid: [Math.min(n, k) - 1, Math.abs(n - k) + 1],
      circular: [0, fits ? n : 0],
    }[kind];
    const laid = turned ? taps.toReversed() : taps; // as it lies on x, left to right
    /** The weight that x[j] gets in output i, or null where h does not lie on it. */
    const weight = (i, j) => {
      if (circular) return taps[(((turned ? i - j : j - i) % n) + n) % n] ?? null;
      return laid[j - (first + i) + k - 1] ?? null;
    };
    const y = range(count, (i) => x.reduce((all, v, j) => all + v * (weight(i, j) ?? 0), 0));
    const at = clamp(model.get("selected"), 0, count - 1);
    const low = circular ? 0 : Math.min(0, first - k + 1); // the strip shows the zeros that h reaches beside x
    const high = circular ? n : Math.max(n, first + count);

    mode.update(kind);
    flip.update(turned);
    place.update(at, { high: count - 1 });
    [x, taps].forEach((values, i) => {
      if (document.activeElement !== signals[i]) signals[i].value = values.map(show).join(", ");
    });
    rows[1].textContent = turned ? "h turned" : "h";
    stage.style.setProperty("--across", high - low + 3 + n);
    stage.style.setProperty("--down", Math.max(high - low + 2, n + 1, count + 2));
    const covered = (j) => fits && weight(at, j) !== null;
    const columns = high - low;
    const outside = (j) => x[j] === undefined;
    signal.paint(1, columns, "x, with zeros beside it", (_, c) => ({
      text: show(x[low + c] ?? 0), kind: classes(outside(low + c) && "pad", covered(low + c) && "lit"),
    }));
    kernel.paint(1, columns, turned ? "h turned round, at its place" : "h at its place", (_, c) => ({
      text: covered(low + c) ? show(weight(at, low + c)) : "", kind: covered(low + c) ? "lit" : "blank",
    }));
    multiplied.paint(1, columns, "products of x and h", (_, c) => ({
      text: covered(low + c) ? show(weight(at, low + c) * (x[low + c] ?? 0)) : "", kind: covered(low + c) ? "" : "blank",
    }));
    stage.hidden = !fits;
    output.paint(1, count, `output, ${plural(count, "value")}`, (_, i) => ({
      text: show(y[i]), kind: i === at ? "chosen" : "", label: `y ${i}: ${show(y[i])}`,
    }));
    if (fits && !output.element.contains(document.activeElement)) output.settle(0, at);
    output.element.style.setProperty("--before", (circular ? 0 : first) - low); // y[n] stands below the x of the same index
    matrixPanel.firstChild.textContent = `the ${circular ? "circulant" : "Toeplitz"} matrix, ${count}×${n}: y = T x`;
    matrix.paint(count, n, `matrix, ${count} rows and ${n} columns`, (i, j) => ({
      text: show(weight(i, j) ?? 0), kind: classes(weight(i, j) === null && "pad", i === at && "lit"),
    }));

    if (!fits) {
      sum.textContent = "";
      state.textContent = `h has ${k} values and the circle only ${n}: it does not fit. Take a shorter h or another mode.`;
      return;
    }
    const pairs = range(columns, (c) => low + c).filter(covered).map((j) => [x[j] ?? 0, weight(at, j)]);
    sum.textContent = `y[${at}] = ${products(pairs)} = ${show(y[at])}`;
    state.textContent = `y[${at}] is ${show(y[at])}. The output has ${plural(count, "value")}: ${y.map(show).join(", ")}. `
      + `Row ${at} of the matrix holds the same weights.`;
  }
  return follow(model, ["x", "h", "mode", "flip", "selected"], draw);
}

export default { render };
