// OcclusionExplorer: a square to move over an image, the map of all its places, and what the network says.

const HEAT = [[179, 68, 11], [240, 168, 120], [244, 248, 252]]; // the probability 0, 0.5 and 1

/** The colour of a probability, as [r, g, b]. */
function heat(p) {
  const [low, high] = p < 0.5 ? [HEAT[0], HEAT[1]] : [HEAT[1], HEAT[2]];
  const share = p < 0.5 ? 2 * p : 2 * p - 1;
  return low.map((v, i) => v + share * (high[i] - v));
}

function render({ model, el }) {
  const [height, width] = [model.get("height"), model.get("width")];
  const [cases, names, labels, sizes] = ["cases", "names", "labels", "sizes"].map((name) => model.get(name));
  const bytes = (name) => {
    const view = model.get(name);
    return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  };
  const [pixels, shares] = [bytes("pixels"), bytes("shares")];
  const counts = sizes.map((s) => names.length * (height - s + 1) * (width - s + 1));
  const perCase = counts.reduce((a, b) => a + b, 0);

  const picture = h("canvas", {
    class: "d2l-digit", width, height, tabindex: 0, role: "application", "data-name": "image", ...KEYS,
    "aria-label": "the image with the covering square; the arrow keys move the square by one pixel, with Shift by five",
  });
  const map = h("canvas", { class: "d2l-map", width, height, role: "img", "data-name": "map" });
  const mark = h("span", { class: "d2l-marker" });
  const rows = names.map(() => ({ bar: h("span", { class: "d2l-bar" }), value: h("span", {}) }));
  const chart = h("div", { class: "d2l-bars", role: "img", "data-name": "said" },
    ...rows.map(({ bar, value }, k) => h("div", {}, h("span", {}, names[k]), h("span", {}, bar), value)));
  const options = Object.fromEntries(cases.map((name, i) => [i, name]));
  const chooser = choice("case", "Case", options, (value) => put(model, { case: +value }));
  const size = slider("size", "square, pixels", sizes[0], sizes[sizes.length - 1], (value) => {
    const [r, c] = place(); // the middle stays where it is
    const by = Math.round((model.get("size") - value) / 2);
    put(model, { size: value, place: [clamp(r + by, 0, height - value), clamp(c + by, 0, width - value)] });
  });
  const deepest = button("to the deepest place", () => {
    const own = mapOf(labels[current()]);
    const best = own.indexOf(Math.min(...own));
    const across = width - model.get("size") + 1;
    put(model, { place: [Math.floor(best / across), best % across] });
  });
  const title = h("span", {});
  const state = status();
  el.append(frame("occlusion", "Occlusion explorer",
    h("div", { class: "d2l-controls" }, cases.length > 1 ? chooser.element : "", size.element, h("div", { class: "d2l-buttons" }, deepest)),
    h("div", { class: "d2l-stage d2l-shifting" },
      panel("drag the square", picture),
      panel(title, h("div", { class: "d2l-frame" }, map, mark)),
      panel("the network says", chart)), state));

  const current = () => clamp(model.get("case"), 0, cases.length - 1);
  const place = () => [height, width].map((n, axis) => clamp(model.get("place")[axis], 0, n - model.get("size")));
  const move = (r, c) => {
    const s = model.get("size");
    put(model, { place: [clamp(r, 0, height - s), clamp(c, 0, width - s)] });
  };
  /** The bytes of one class, place by place. */
  function mapOf(k) {
    const number = sizes.indexOf(model.get("size"));
    const each = counts[number] / names.length;
    const start = current() * perCase + counts.slice(0, number).reduce((a, b) => a + b, 0) + k * each;
    return shares.subarray(start, start + each);
  }
  /** Bring the middle of the square under the pointer. */
  function follows(canvas, event) {
    const box = canvas.getBoundingClientRect();
    const half = (model.get("size") - 1) / 2;
    move(Math.round(((event.clientY - box.top) / box.height) * height - 0.5 - half),
      Math.round(((event.clientX - box.left) / box.width) * width - 0.5 - half));
  }
  for (const canvas of [picture, map]) {
    let held = false;
    canvas.addEventListener("pointerdown", (event) => {
      held = true;
      canvas.setPointerCapture(event.pointerId);
      follows(canvas, event);
    });
    canvas.addEventListener("pointermove", (event) => held && follows(canvas, event));
    ["pointerup", "pointercancel"].forEach((end) => canvas.addEventListener(end, () => (held = false)));
  }
  picture.addEventListener("keydown", (event) => {
    const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const [r, c] = place();
    const far = event.shiftKey ? 5 : 1;
    move(r + far * by[0], c + far * by[1]);
  });

  function paint(canvas, colour) {
    const data = new ImageData(width, height);
    for (let i = 0; i < height * width; i++) {
      const rgb = colour(Math.floor(i / width), i % width);
      if (rgb) data.data.set([...rgb, 255], 4 * i);
    }
    canvas.getContext("2d").putImageData(data, 0, 0);
  }

  function draw() {
    const [now, s, fill, [r, c]] = [current(), model.get("size"), Math.round(255 * model.get("fill")), place()];
    const [label, across, down] = [labels[now], width - s + 1, height - s + 1];
    const own = mapOf(label);
    const said = names.map((_, k) => mapOf(k)[r * across + c] / 255);
    const best = said.indexOf(Math.max(...said));
    const percent = (p) => `${Math.round(100 * p)} %`;

    paint(picture, (i, j) => {
      const covered = i >= r && i < r + s && j >= c && j < c + s;
      const edge = covered && (i === r || i === r + s - 1 || j === c || j === c + s - 1) && s > 2;
      if (edge) return [246, 196, 83]; // the rim of the square is drawn, the network sees the whole square filled
      return Array(3).fill(covered ? fill : pixels[now * height * width + i * width + j]);
    });
    const half = Math.floor((s - 1) / 2);
    paint(map, (i, j) => {
      const [a, b] = [i - half, j - half];
      return a >= 0 && b >= 0 && a < down && b < across ? heat(own[a * across + b] / 255) : null;
    });
    Object.assign(mark.style, {
      left: `${(100 * (c + half)) / width}%`, top: `${(100 * (r + half)) / height}%`,
      width: `${100 / width}%`, height: `${100 / height}%`,
    });
    chooser.update(now);
    size.update(s);
    title.textContent = `probability of ${names[label]}`;
    rows.forEach(({ bar, value }, k) => {
      bar.style.width = `${100 * said[k]}%`;
      bar.parentElement.parentElement.className = k === best ? "best" : "";
      value.textContent = percent(said[k]);
      value.dataset.share = said[k].toFixed(6);
    });
    const heard = said.map((p, k) => [p, k]).filter(([p]) => p >= 0.01).sort((a, b) => b[0] - a[0]);
    chart.setAttribute("aria-label", heard.map(([p, k]) => `${names[k]}: ${Math.round(100 * p)} per cent`).join(", "));
    const [least, most] = [Math.min(...own) / 255, Math.max(...own) / 255];
    map.setAttribute("aria-label", `map of ${down} by ${across} places of the square, probability of ${names[label]} between ${percent(least)} and ${percent(most)}`);
    state.textContent = `${cases[now]}: rows ${r} to ${r + s - 1} and columns ${c} to ${c + s - 1} are covered. `
      + `The network says ${names[best]} (${percent(said[best])})`
      + `${best === label ? "" : `, and ${names[label]} has ${percent(said[label])}`}. `
      + `Over all places ${names[label]} has ${percent(least)} to ${percent(most)}.`;
  }
  return follow(model, ["case", "size", "place"], draw);
}

export default { render };
