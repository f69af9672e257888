// KernelLab: a photograph, a kernel to edit, the filtered photograph, and the window under the pointer.

const PRESETS = {
  identity: [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
  "box blur": table(3, 3, () => 1 / 9),
  "Gaussian blur": [[1, 2, 1], [2, 4, 2], [1, 2, 1]].map((row) => row.map((v) => v / 16)),
  "Gaussian blur, 5×5": table(5, 5, (r, c) => ([1, 4, 6, 4, 1][r] * [1, 4, 6, 4, 1][c]) / 256),
  "Sobel x": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
  "Sobel y": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
  Laplacian: [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
  sharpen: [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
  emboss: [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
};
const BORDERS = {
  zeros: (i, n) => (i < 0 || i >= n ? -1 : i),
  replicate: (i, n) => clamp(i, 0, n - 1),
  reflect: (i, n) => (i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i),
  circular: (i, n) => (i + n) % n,
};

function render({ model, el }) {
  const [width, height] = [model.get("width"), model.get("height")];
  const view = model.get("pixels");
  const pixels = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const id = uid("preset");
  const onchange = () => PRESETS[preset.value] && put(model, { weights: PRESETS[preset.value] });
  const names = ["your own", ...Object.keys(PRESETS)].map((name) => h("option", {}, name));
  const preset = h("select", { id, "data-name": "preset", ...KEYS, onchange }, ...names);
  const modes = Object.fromEntries(Object.keys(BORDERS).map((mode) => [mode, mode]));
  const border = choice("border", "Beyond the border", modes, (value) => put(model, { border: value }));
  const stride = slider("stride", "stride s", 1, 4, (value) => put(model, { stride: value }));
  const weights = weightsGrid((values) => put(model, { weights: values }));
  const seen = grid("window");
  const before = h("canvas", { role: "img", "aria-label": `the photograph, ${height} by ${width} pixels` });
  const after = h("canvas", {
    class: "d2l-result", tabindex: 0, role: "application", "data-name": "result", ...KEYS,
    "aria-label": "the filtered photograph; the arrow keys move the window, with Shift by ten pixels",
  });
  const markers = [before, after].map(() => h("span", { class: "d2l-marker" }));
  const [left, right] = [before, after].map((canvas, i) => h("div", { class: "d2l-picture" }, canvas, markers[i]));
  const stage = h("div", { class: "d2l-stage d2l-lab" },
    panel("before", left), panel("kernel", weights.element), panel("after", right));
  const readout = h("div", { class: "d2l-stage d2l-readout" });
  const scale = h("p", { class: "d2l-scale" });
  const sum = h("p", { class: "d2l-sum" });
  const state = status();
  readout.append(panel("the window, with its weights", seen.element), h("div", {}, scale, sum, state));
  const chooser = h("div", { class: "d2l-field" }, h("label", { for: id }, "kernel"), preset);
  const controls = h("div", { class: "d2l-controls" }, chooser, stride.element, border.element);
  el.append(frame("lab", "Kernel laboratory", controls, stage, readout));

  const point = () => model.get("selected").map((i, axis) => clamp(i, 0, [after.height, after.width][axis] - 1));
  const select = (r, c) => put(model, { selected: [clamp(r, 0, after.height - 1), clamp(c, 0, after.width - 1)] });
  const point_at = (event) => {
    const box = after.getBoundingClientRect();
    const [down, right] = [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width];
    select(Math.floor(down * after.height), Math.floor(right * after.width));
  };
  after.addEventListener("pointermove", point_at);
  after.addEventListener("pointerdown", point_at);
  after.addEventListener("keydown", (event) => {
    const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const [r, c] = point();
    const far = event.shiftKey ? 10 : 1;
    select(r + far * by[0], c + far * by[1]);
  });

  function paint(canvas, rows, columns, grey) {
    [canvas.width, canvas.height] = [columns, rows];
    const picture = new ImageData(columns, rows);
    for (let i = 0; i < rows * columns; i++) {
      picture.data.fill(grey(i), 4 * i, 4 * i + 3);
      picture.data[4 * i + 3] = 255;
    }
    canvas.getContext("2d").putImageData(picture, 0, 0);
  }
  paint(before, height, width, (i) => pixels[i]);

  let values = new Float64Array(0); // the output, row by row
  const pixel = (r, c) => {
    const index = BORDERS[model.get("border")];
    const [i, j] = [index(r, height), index(c, width)];
    return i < 0 || j < 0 ? 0 : pixels[i * width + j];
  };
  const window = (r, c) => {
    const w = model.get("weights");
    const half = w.length >> 1;
    const s = model.get("stride");
    return table(w.length, w.length, (a, b) => [pixel(r * s + a - half, c * s + b - half), w[a][b]]);
  };

  function filter() {
    const w = model.get("weights");
    const s = model.get("stride");
    const half = w.length >> 1;
    const [rows, columns] = [Math.ceil(height / s), Math.ceil(width / s)];
    values = new Float64Array(rows * columns);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        for (let a = 0; a < w.length; a++) {
          for (let b = 0; b < w.length; b++) {
            if (w[a][b]) values[r * columns + c] += w[a][b] * pixel(r * s + a - half, c * s + b - half);
          }
        }
      }
    }
    const [low, high] = values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
    const largest = Math.max(-low, high, 1e-9);
    const beyond = low < -0.5 || high > 255.5;
    const signed = Math.abs(w.flat().reduce((all, v) => all + v, 0)) < 1e-6;
    paint(after, rows, columns, (i) => (signed ? 127.5 + (127.5 * values[i]) / largest : values[i]));
    scale.textContent = `The output runs from ${show(Math.round(low))} to ${show(Math.round(high))}. `
      + (signed
        ? `The weights sum to zero, so zero is drawn mid-grey, −${Math.round(largest)} black and ${Math.round(largest)} white.`
        : `0 is drawn black and 255 white${beyond ? "; what lies beyond is cut off in the picture, not in the numbers" : ""}.`);
    const equal = (known) => known.length === w.length && known.flat().every((v, i) => Math.abs(v - w.flat()[i]) < 1e-9);
    preset.value = Object.keys(PRESETS).find((name) => equal(PRESETS[name])) ?? "your own";
    border.update(model.get("border"));
    stride.update(s);
    weights.paint(w, 0.25);
    stage.style.setProperty("--weights", w.length);
    readout.style.setProperty("--across", 16);
    readout.style.setProperty("--down", 9);
    mark();
  }
  function mark() {
    const [r, c] = point();
    const s = model.get("stride");
    const k = model.get("weights").length;
    const pairs = window(r, c);
    const value = show(total(pairs.flat()));
    const frameAt = (marker, top, left, side, { height: rows, width: columns }) => {
      const part = (length, of) => `${(100 * length) / of}%`;
      const [height, width] = [part(side, rows), part(side, columns)];
      Object.assign(marker.style, { top: part(top, rows), left: part(left, columns), height, width });
    };
    frameAt(markers[0], r * s - (k >> 1), c * s - (k >> 1), k, before);
    frameAt(markers[1], r, c, 1, after);
    seen.paint(k, k, "pixels of the window", (a, b) => {
      const [value, weight] = pairs[a][b];
      return { text: show(value), tag: show(weight), kind: "lit" };
    });
    sum.textContent = k === 3 ? `${products(pairs.flat())} = ${value}` : `The ${k * k} products sum to ${value}.`;
    state.textContent = `Output row ${r}, column ${c} is ${value}.`;
  }
  const undo = [follow(model, ["weights", "border", "stride"], filter), follow(model, ["selected"], mark)];
  return () => undo.forEach((f) => f());
}

export default { render };
