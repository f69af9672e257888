// FieldExplorer: a stack of windows along one axis, and the pyramid that one of its units sees.

const PARTS = { kernel: ["k", 9], stride: ["s", 4], dilation: ["d", 16] };
const STACKS = {
  "three of 3": [[3, 1, 1], [3, 1, 1], [3, 1, 1]],
  "dilation 1, 2, 4": [[3, 1, 1], [3, 1, 2], [3, 1, 4]],
  "dilation 2, 2, 2": [[3, 1, 2], [3, 1, 2], [3, 1, 2]],
  "with pooling": [[3, 1, 1], [2, 2, 1], [3, 1, 1], [2, 2, 1], [3, 1, 1]],
};
const RISE = 3; // from layer to layer, in pixels of the input
const BARS = 3; // the height of the tallest bar of ways

/** Units, fields and jumps of the input and of each layer; no units from the first layer on that does not fit. */
function levels(size, layers) {
  const found = [{ units: size, field: 1, jump: 1 }];
  for (const [k, s, d] of layers) {
    const { units, field, jump } = found[found.length - 1];
    const room = units - (d * (k - 1) + 1);
    found.push({ units: units && room >= 0 ? Math.floor(room / s) + 1 : 0, field: field + (k - 1) * d * jump, jump: jump * s });
  }
  return found;
}

/** For the input and each layer up to `layer`: a map from the units that the chosen one depends on to their ways. */
function pyramid(layers, layer, unit) {
  const seen = [new Map([[unit, 1]])];
  for (const [k, s, d] of layers.slice(0, layer).reverse()) {
    const below = new Map();
    for (const [i, ways] of seen[0]) {
      for (let a = 0; a < k; a++) below.set(i * s + a * d, (below.get(i * s + a * d) ?? 0) + ways);
    }
    seen.unshift(below);
  }
  return seen;
}

function render({ model, el }) {
  const body = h("tbody");
  const head = ["layer", "k", "s", "d", "r", "j", "units"].map((name) => h("th", { scope: "col" }, name));
  const stack = h("table", { class: "d2l-stack" }, h("thead", {}, h("tr", {}, ...head)), body);
  const presets = Object.entries(STACKS).map(([name, layers]) => button(name, () => change(layers)));
  const more = button("add a layer", () => change([...model.get("layers"), [3, 1, 1]]));
  const less = button("remove a layer", () => change(model.get("layers").slice(0, -1)));
  const layer = slider("layer", "layer", 1, 6, (value) => {
    const { units } = levels(model.get("size"), model.get("layers"))[value];
    put(model, { selected: [value, Math.floor(units / 2)] });
  });
  const unit = slider("unit", "unit", 0, 63, (value) => put(model, { selected: [model.get("selected")[0], value] }));
  const picture = svg("svg", { class: "d2l-pyramid", role: "img", "data-name": "pyramid" });
  const sum = h("p", { class: "d2l-sum" });
  const state = status();
  el.append(frame("reach", "Field explorer",
    h("div", { class: "d2l-buttons" }, ...presets, more, less), stack,
    h("div", { class: "d2l-controls" }, layer.element, unit.element), picture, sum, state));

  /** Take another stack, and look at the middle unit of the last layer that has units. */
  function change(layers) {
    const found = levels(model.get("size"), layers);
    const top = found.filter(({ units }) => units).length - 1;
    put(model, { layers, selected: [top, Math.floor(found[top].units / 2)] });
  }

  let rows = []; // of number fields
  function tabulate(layers, found) {
    if (rows.length !== layers.length) {
      rows = layers.map((_, l) => ({
        fields: Object.entries(PARTS).map(([name, [, most]], part) => {
          const label = `layer ${l + 1}, ${name}`;
          const field = h("input", { type: "number", min: 1, max: most, step: 1, "aria-label": label, "data-name": `${name}-${l + 1}`, ...KEYS });
          field.addEventListener("change", () => {
            const edited = model.get("layers").map((one) => [...one]);
            edited[l][part] = clamp(Math.round(+field.value) || 1, 1, most);
            field.value = edited[l][part];
            change(edited);
          });
          return field;
        }),
        cells: range(3, () => h("td")),
      }));
      body.replaceChildren(...rows.map(({ fields, cells }, l) =>
        h("tr", {}, h("th", { scope: "row" }, `${l + 1}`), ...fields.map((field) => h("td", {}, field)), ...cells)));
    }
    rows.forEach(({ fields, cells }, l) => {
      fields.forEach((field, part) => (field.value = layers[l][part]));
      const { field, jump, units } = found[l + 1];
      [field, jump, units || "none"].forEach((value, i) => (cells[i].textContent = value));
    });
    more.disabled = layers.length >= 6;
    less.disabled = layers.length <= 1;
  }

  let top = 0; // the last layer with units
  let found = [];
  const x = (l, i) => (found[l].field - 1) / 2 + i * found[l].jump;
  const y = (l) => (top - l) * RISE;

  function draw() {
    const [size, layers] = [model.get("size"), model.get("layers")];
    found = levels(size, layers);
    top = found.filter(({ units }) => units).length - 1;
    const chosen = clamp(model.get("selected")[0], 0, top);
    const here = clamp(model.get("selected")[1], 0, found[chosen].units - 1);
    const seen = pyramid(layers, chosen, here);
    const { field, jump } = found[chosen];
    tabulate(layers, found);
    layer.update(chosen, { low: Math.min(1, top), high: top });
    unit.update(here, { high: found[chosen].units - 1 });

    const most = Math.max(...seen[0].values());
    const base = y(0) + 1.6;
    const marks = [];
    for (let l = 1; l <= chosen; l++) {
      const [k, s, d] = layers[l - 1];
      for (const i of seen[l].keys()) {
        marks.push(...range(k, (a) => svg("line", { class: "tap", x1: x(l, i), y1: y(l), x2: x(l - 1, i * s + a * d), y2: y(l - 1) })));
      }
    }
    for (let l = 0; l <= top; l++) {
      marks.push(...range(found[l].units, (i) => svg("circle", {
        class: classes("unit", seen[l]?.has(i) && "seen", l === chosen && i === here && "chosen"),
        cx: x(l, i), cy: y(l), r: 0.42, "data-layer": l, "data-unit": i,
      })));
    }
    const first = here * jump;
    marks.push(svg("path", { class: "bracket", d: `M${first - 0.45} ${base - 0.7}v0.4H${first + field - 0.55}v-0.4` }));
    for (const [i, ways] of seen[0]) {
      const height = (BARS * ways) / most;
      marks.push(svg("rect", { class: "ways", x: i - 0.38, y: base, width: 0.76, height, "data-pixel": i, "data-ways": ways }));
    }
    picture.setAttribute("viewBox", `-0.7 -0.7 ${size + 0.4} ${base + BARS + 0.8}`);
    picture.replaceChildren(...marks);

    const where = chosen ? `Unit ${here} of layer ${chosen}` : `Pixel ${here}`;
    const taps = field === seen[0].size ? "and reads them all" : `but reads only ${seen[0].size} of them`;
    const unfit = top < layers.length
      ? ` Layer ${top + 1} spans ${layers[top][2] * (layers[top][0] - 1) + 1} units of the ${found[top].units} below it: it does not fit.` : "";
    if (chosen) {
      const [k, , d] = layers[chosen - 1];
      const below = found[chosen - 1];
      sum.textContent = `r = ${below.field} + (${k} − 1)·${d}·${below.jump} = ${field}`;
    } else sum.textContent = "r = 1";
    state.textContent = `${where} sees ${plural(field, "pixel")}, ${first} to ${first + field - 1}, ${taps}. `
      + `Up to ${plural(most, "way")} from a pixel to it: the bars. The field of its neighbour lies ${plural(jump, "pixel")} further right.${unfit}`;
    picture.setAttribute("aria-label", `${range(top, (l) => `layer ${l + 1} has ${found[l + 1].units} units`).join(", ")}. ${state.textContent}`);
  }

  picture.addEventListener("click", (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(picture.getScreenCTM().inverse());
    const l = clamp(top - Math.round(point.y / RISE), 0, top);
    const i = Math.round((point.x - (found[l].field - 1) / 2) / found[l].jump);
    put(model, { selected: [l, clamp(i, 0, found[l].units - 1)] });
  });
  return follow(model, ["layers", "size", "selected"], draw);
}

export default { render };
