// ShiftExplorer: a digit to drag over its image, the vector that it becomes, and the answers of two networks.

const FARTHEST = 10;
const relu = (v) => (v > 0 ? v : 0);

function softmax(z) {
  const top = Math.max(...z);
  const e = z.map((v) => Math.exp(v - top));
  const sum = e.reduce((a, b) => a + b, 0);
  return e.map((v) => v / sum);
}

/** A reader of packed numbers: each call gives the next `n` of them. */
function numbersOf(view, Kind) {
  const all = new Kind(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
  let at = 0;
  return (n) => all.subarray(at, (at += n));
}

/** Weights (rows, n) times x, plus bias. */
const dense = (weights, bias, x) => range(bias.length, (r) => {
  let sum = bias[r];
  for (let i = 0; i < x.length; i++) sum += weights[r * x.length + i] * x[i];
  return sum;
});

/** A 3 x 3 layer with a ring of zeros and a ReLU: maps (c, h, w) in, maps (d, h, w) out, each a flat array. */
function layer(maps, weights, bias, height, width) {
  return range(bias.length, (d) => {
    const out = new Float64Array(height * width).fill(bias[d]);
    maps.forEach((map, c) => {
      for (let a = 0; a < 3; a++) {
        for (let b = 0; b < 3; b++) {
          const weight = weights[((d * maps.length + c) * 3 + a) * 3 + b];
          for (let i = Math.max(0, 1 - a); i < Math.min(height, height + 1 - a); i++) {
            for (let j = Math.max(0, 1 - b); j < Math.min(width, width + 1 - b); j++) {
              out[i * width + j] += weight * map[(i + a - 1) * width + j + b - 1];
            }
          }
        }
      }
    });
    return out.map(relu);
  });
}

function halve(map, height, width) {
  const out = new Float64Array((height / 2) * (width / 2));
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) out[(i >> 1) * (width / 2) + (j >> 1)] += map[i * width + j] / 4;
  }
  return out;
}

function render({ model, el }) {
  const [height, width] = [model.get("height"), model.get("width")];
  const [size, hidden, classes] = [height * width, model.get("hidden"), model.get("classes")];
  const channels = model.get("channels");
  const labels = model.get("labels");
  const view = model.get("pixels");
  const digits = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const take = numbersOf(model.get("dense"), Int8Array);
  const units = model.get("units");
  const [w1, b1, w2, b2] = [hidden * size, hidden, classes * hidden, classes]
    .map((n, i) => Float64Array.from(take(n), (v) => v * units[i]));
  const next = numbersOf(model.get("conv"), Float32Array);
  const layers = channels.slice(1).map((d, i) => [next(d * channels[i] * 9), next(d)]);
  const [wHead, bHead] = [classes * channels[channels.length - 1], classes].map(next);

  const picture = h("canvas", {
    class: "d2l-digit", width, height, tabindex: 0, role: "application", "data-name": "image", ...KEYS,
    "aria-label": "the digit; the arrow keys move it by one pixel, Home moves it back",
  });
  const strips = ["in the middle", "now"].map((when) => h("canvas", {
    class: "d2l-vector", width: size, height: 1, role: "img", "aria-label": `the ${size} numbers of the image ${when}, from left to right`,
  }));
  const chart = (name) => {
    const rows = range(classes, (k) => ({ bar: h("span", { class: "d2l-bar" }), value: h("span", {}) }));
    const element = h("div", { class: "d2l-bars", role: "img", "data-name": name },
      ...rows.map(({ bar, value }, k) => h("div", { "data-class": k }, h("span", {}, String(k)), h("span", {}, bar), value)));
    return {
      element,
      paint(scores) {
        const best = scores.indexOf(Math.max(...scores));
        rows.forEach(({ bar, value }, k) => {
          bar.style.width = `${100 * scores[k]}%`;
          bar.parentElement.parentElement.className = k === best ? "best" : "";
          value.textContent = `${Math.round(100 * scores[k])} %`;
          value.dataset.share = scores[k].toFixed(6);
        });
        const said = scores.map((p, k) => [p, k]).filter(([p]) => p >= 0.01).sort((a, b) => b[0] - a[0]);
        element.setAttribute("aria-label", said.map(([p, k]) => `${k}: ${Math.round(100 * p)} per cent`).join(", "));
        return best;
      },
    };
  };
  const [denseChart, convChart] = [chart("dense"), chart("conv")];
  const options = Object.fromEntries(labels.map((label, i) => [i, String(label)]));
  const chooser = choice("selected", "Digit", options, (value) => put(model, { selected: +value }));
  const back = button("back to the middle", () => put(model, { shift: [0, 0] }));
  const state = status();
  el.append(frame("shift", "Shift explorer",
    h("div", { class: "d2l-controls" }, chooser.element, h("div", { class: "d2l-buttons" }, back)),
    h("div", { class: "d2l-stage d2l-shifting" },
      panel("drag the digit", picture),
      panel("dense network", denseChart.element), panel("convolutional network", convChart.element)),
    panel("the vector: in the middle", strips[0]), panel("the vector: now", strips[1]), state));

  const move = (down, right) =>
    put(model, { shift: [clamp(down, -FARTHEST, FARTHEST), clamp(right, -FARTHEST, FARTHEST)] });
  let held = null; // where the pointer took hold, and the shift then
  picture.addEventListener("pointerdown", (event) => {
    held = [event.clientY, event.clientX, ...model.get("shift")];
    picture.setPointerCapture(event.pointerId);
  });
  picture.addEventListener("pointermove", (event) => {
    if (!held) return;
    const box = picture.getBoundingClientRect();
    const steps = [((event.clientY - held[0]) / box.height) * height, ((event.clientX - held[1]) / box.width) * width];
    const [down, right] = steps.map((step, axis) => held[2 + axis] + Math.round(step));
    const [oldDown, oldRight] = model.get("shift");
    if (down !== oldDown || right !== oldRight) move(down, right);
  });
  ["pointerup", "pointercancel"].forEach((end) => picture.addEventListener(end, () => (held = null)));
  picture.addEventListener("keydown", (event) => {
    const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: null }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const [down, right] = model.get("shift");
    if (by) move(down + by[0], right + by[1]);
    else move(0, 0);
  });

  function paint(canvas, values) {
    const data = new ImageData(canvas.width, canvas.height);
    values.forEach((value, i) => {
      data.data.fill(value, 4 * i, 4 * i + 3);
      data.data[4 * i + 3] = 255;
    });
    canvas.getContext("2d").putImageData(data, 0, 0);
  }

  function draw() {
    const [down, right] = model.get("shift");
    const chosen = clamp(model.get("selected"), 0, labels.length - 1);
    const digit = digits.subarray(chosen * size, (chosen + 1) * size);
    const now = new Uint8Array(size);
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        const [r, c] = [i - down, j - right];
        if (r >= 0 && c >= 0 && r < height && c < width) now[i * width + j] = digit[r * width + c];
      }
    }
    const x = Float64Array.from(now, (v) => v / 255);
    const byDense = softmax(dense(w2, b2, dense(w1, b1, x).map(relu)));
    let maps = [x];
    let [rows, columns] = [height, width];
    layers.forEach(([weights, bias], number) => {
      maps = layer(maps, weights, bias, rows, columns);
      if (number) return;
      maps = maps.map((map) => halve(map, rows, columns));
      [rows, columns] = [rows / 2, columns / 2];
    });
    const byConv = softmax(dense(wHead, bHead, maps.map((map) => map.reduce((a, b) => Math.max(a, b)))));

    paint(picture, now);
    paint(strips[0], digit);
    paint(strips[1], now);
    chooser.update(chosen);
    const [a, b] = [denseChart.paint(byDense), convChart.paint(byConv)];
    const steps = [[down, "down", "up"], [right, "to the right", "to the left"]]
      .filter(([n]) => n).map(([n, forth, back]) => `${Math.abs(n)} ${n > 0 ? forth : back}`);
    const ink = range(size).filter((i) => digit[i] > 127);
    const still = ink.filter((i) => now[i] > 127).length;
    const percent = (p) => `${Math.round(100 * p)} %`;
    state.textContent = `A ${labels[chosen]}, ${steps.length ? `moved by ${steps.join(" and ")}` : "in the middle"}. `
      + `The dense network says ${a} (${percent(byDense[a])}), the convolutional network ${b} (${percent(byConv[b])}). `
      + `Of the ${ink.length} inputs that were bright, ${still} still are.`;
  }
  return follow(model, ["shift", "selected"], draw);
}

export default { render };
