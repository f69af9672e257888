// SpectrogramExplorer: a window over the signal makes a column; a 3 x 3 kernel over the columns sees a stretch of it.

const WINDOWS = [16, 32, 64, 128];
const HOPS = [2, 4, 8, 16, 32];
const DECIBELS = 40;
const COLOURS = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]]; // dark to bright

/** |STFT| with a Hann window and mirrored ends: one array of k / 2 + 1 numbers a column. */
function transform(x, k, hop) {
  const hann = range(k, (j) => 0.5 - 0.5 * Math.cos((2 * Math.PI * j) / k));
  const cos = range(k, (j) => Math.cos((2 * Math.PI * j) / k));
  const sin = range(k, (j) => Math.sin((2 * Math.PI * j) / k));
  const last = x.length - 1;
  const mirrored = (i) => x[i < 0 ? -i : i > last ? 2 * last - i : i];
  return range(Math.floor(x.length / hop) + 1).map((t) => {
    const piece = hann.map((w, j) => w * mirrored(t * hop - k / 2 + j));
    return range(k / 2 + 1, (f) => {
      let [re, im] = [0, 0];
      for (let j = 0; j < k; j++) {
        re += piece[j] * cos[(f * j) % k];
        im -= piece[j] * sin[(f * j) % k];
      }
      return Math.hypot(re, im);
    });
  });
}

function colour(v) {
  const at = clamp(v, 0, 1) * (COLOURS.length - 1);
  const i = Math.min(Math.floor(at), COLOURS.length - 2);
  return COLOURS[i].map((c, n) => c + (at - i) * (COLOURS[i + 1][n] - c));
}

function render({ model, el }) {
  const view = model.get("packed");
  const x = [...new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength))];
  const rate = model.get("rate");
  const [low, high] = [Math.min(...x), Math.max(...x)];
  const named = (values) => Object.fromEntries(values.map((v) => [v, String(v)]));
  const windows = choice("window", "Window (samples)", named(WINDOWS), (v) => put(model, { window: +v }));
  const hops = choice("hop", "Hop (samples)", named(HOPS), (v) => put(model, { hop: +v }));
  const frames = slider("frame", "column", 0, 1, (v) => put(model, { frame: v }));
  const rows = slider("row", "row", 0, 1, (v) => put(model, { row: v }));

  const drawing = svg("svg", { class: "d2l-signal", preserveAspectRatio: "none", role: "img", "aria-label": "the signal" });
  const seen = svg("rect", { class: "d2l-seen", y: 0, height: 1 });
  const curve = svg("path", { class: "d2l-curve", "vector-effect": "non-scaling-stroke" });
  const bell = svg("path", { class: "d2l-bell", "vector-effect": "non-scaling-stroke" });
  drawing.append(seen, curve, bell);
  const canvas = h("canvas", {
    class: "d2l-frequencies", tabindex: 0, role: "application", "data-name": "spectrogram", ...KEYS,
    "aria-label": "the spectrogram; the arrow keys move the kernel, Home and End go to the first and the last column",
  });
  const marker = h("div", { class: "d2l-marker" });
  const line = h("p", { class: "d2l-sum" });
  const state = status();
  el.append(frame("spectrogram", "Spectrogram explorer",
    h("div", { class: "d2l-controls" }, windows.element, hops.element, frames.element, rows.element),
    panel("the signal, the window, and what the kernel sees of it", drawing),
    panel("its spectrogram: time to the right, frequency upwards", h("div", { class: "d2l-under" }, canvas, marker)),
    line, state));

  let shown = { key: "", columns: [] };
  const go = (row, column) => put(model, {
    row: clamp(row, 0, shown.columns[0].length - 1), frame: clamp(column, 0, shown.columns.length - 1),
  });
  const here = () => [
    clamp(model.get("row"), 0, shown.columns[0].length - 1), clamp(model.get("frame"), 0, shown.columns.length - 1),
  ];
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    const count = shown.columns[0].length;
    go(count - 1 - Math.floor(((event.clientY - box.top) / box.height) * count),
      Math.floor(((event.clientX - box.left) / box.width) * shown.columns.length));
  };
  let held = false;
  canvas.addEventListener("pointerdown", (event) => { held = true; canvas.setPointerCapture(event.pointerId); point(event); });
  canvas.addEventListener("pointermove", (event) => held && point(event));
  ["pointerup", "pointercancel"].forEach((end) => canvas.addEventListener(end, () => (held = false)));
  canvas.addEventListener("keydown", (event) => {
    const [row, column] = here();
    const to = {
      ArrowUp: [row + 1, column], ArrowDown: [row - 1, column], ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
      Home: [row, 0], End: [row, shown.columns.length - 1],
    }[event.key];
    if (!to) return;
    event.preventDefault();
    event.stopPropagation();
    go(...to);
  });

  function paint(columns) {
    const [width, height] = [columns.length, columns[0].length];
    const top = Math.max(...columns.flat()) || 1;
    Object.assign(canvas, { width, height });
    const data = new ImageData(width, height);
    columns.forEach((column, c) => column.forEach((m, f) => {
      const [r, g, b] = colour(1 + (20 * Math.log10(Math.max(m / top, 1e-9))) / DECIBELS);
      data.data.set([r, g, b, 255], 4 * ((height - 1 - f) * width + c));
    }));
    canvas.getContext("2d").putImageData(data, 0, 0);
  }

  function draw() {
    const [k, hop] = [model.get("window"), model.get("hop")];
    if (shown.key !== `${k} ${hop}`) {
      shown = { key: `${k} ${hop}`, columns: transform(x, k, hop) };
      paint(shown.columns);
    }
    const { columns } = shown;
    const [width, height] = [columns.length, columns[0].length];
    const [row, column] = here();
    windows.update(k);
    hops.update(hop);
    frames.update(column, { high: width - 1 });
    rows.update(row, { high: height - 1 });

    const [left, span] = [-hop / 2, width * hop]; // samples; the columns below have the same axis
    const y = (v) => 0.95 - (0.9 * (v - low)) / (high - low || 1);
    drawing.setAttribute("viewBox", `${left} 0 ${span} 1`);
    curve.setAttribute("d", `M${x.map((v, i) => `${i} ${y(v).toFixed(4)}`).join("L")}`);
    const start = column * hop - k / 2;
    bell.setAttribute("d", `M${range(k + 1, (j) => `${start + j} ${(0.95 - 0.45 * (1 - Math.cos((2 * Math.PI * j) / k))).toFixed(4)}`).join("L")}`);
    const first = clamp(Math.max(column - 1, 0) * hop - k / 2, 0, x.length - 1);
    const last = clamp(Math.min(column + 1, width - 1) * hop + k / 2 - 1, 0, x.length - 1);
    seen.setAttribute("x", first);
    seen.setAttribute("width", last - first + 1);
    const [c0, c1] = [Math.max(column - 1, 0), Math.min(column + 1, width - 1)];
    const [r0, r1] = [Math.max(row - 1, 0), Math.min(row + 1, height - 1)];
    Object.assign(marker.style, {
      left: `${(100 * c0) / width}%`, width: `${(100 * (c1 - c0 + 1)) / width}%`,
      top: `${(100 * (height - 1 - r1)) / height}%`, height: `${(100 * (r1 - r0 + 1)) / height}%`,
    });

    const ms = (n) => `${show(+((1000 * n) / rate).toFixed(1))} ms`;
    line.textContent = `A window of ${k} samples lasts ${ms(k)}; rows lie ${rate} / ${k} = ${show(rate / k)} Hz apart, columns ${ms(hop)}. `
      + `${x.length} numbers have become ${height} × ${width} = ${height * width}.`;
    state.textContent = `Column ${column} is a window around sample ${column * hop}; row ${row} is ${show((row * rate) / k)} Hz; `
      + `the magnitude there is ${show(columns[column][row])}. The 3 × 3 kernel sees samples ${first} to ${last}, `
      + `${ms(last - first + 1)} of the signal.`;
  }
  return follow(model, ["window", "hop", "frame", "row"], draw);
}

export default { render };
