// DesignExplorer: a network typed as a list or as a pattern, and the table of what it does to an image.

const [WIDTH, HIDDEN, MOST] = [16, 64, 40];
const HEAD = ["Layer", "Size", "Channels", "Parameters", "Multiply-adds", "Sees"];
const EXAMPLES = [
  '[8, 16, 32, "pool"]',
  '[8, "pool", 16, "pool", 32, "pool"]',
  "INPUT -> FC",
  "INPUT -> CONV -> RELU -> FC",
  "INPUT -> [CONV -> RELU -> POOL]*2 -> FC -> RELU -> FC",
  "INPUT -> [CONV -> RELU -> CONV -> RELU -> POOL]*3 -> [FC -> RELU]*2 -> FC",
];
const WORDS = ["INPUT", "CONV", "RELU", "POOL", "FC", "SOFTMAX"];
const thousands = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ",");
const square = (side) => `${side} × ${side}`;

/** The words of a pattern, written out; throws a sentence where it cannot be read. */
function expand(text) {
  let tokens = text.replace(/[\s.]+$/, "").match(/->|→|\w+|\S/g) ?? [];
  const there = () => (tokens.length ? `there is “${tokens[0]}”` : "the pattern ends");
  function part() {
    let layers;
    const close = { "[": "]", "(": ")" }[tokens[0]];
    if (close) {
      tokens = tokens.slice(1);
      layers = sequence();
      if (tokens[0] !== close) throw `${there()} where a layer or ${close} was expected`;
    } else {
      const word = tokens[0]?.toUpperCase();
      if (!WORDS.includes(word)) throw `${there()} where one of ${WORDS.join(", ")} or a bracket was expected`;
      layers = [word];
    }
    tokens = tokens.slice(1);
    while (tokens[0] === "*" || tokens[0] === "?") {
      if (tokens[0] === "?") tokens = tokens.slice(1);
      else {
        if (!/^\d+$/.test(tokens[1] ?? "")) throw `after * a number is expected, such as *2`;
        const times = +tokens[1];
        if (times * layers.length > 1000) throw `that are ${times * layers.length} layers; the table takes fewer than ${MOST}`;
        layers = range(times).flatMap(() => layers);
        tokens = tokens.slice(2);
      }
    }
    return layers;
  }
  function sequence() {
    const layers = part();
    while (["->", "→", "-", ","].includes(tokens[0])) {
      tokens = tokens.slice(1);
      layers.push(...part());
    }
    return layers;
  }
  const layers = sequence();
  if (tokens.length) throw `${there()} where a layer or the end was expected`;
  if (layers.lastIndexOf("INPUT") > 0) throw "INPUT stands in the first place and nowhere else";
  const flat = layers.indexOf("FC");
  const late = flat < 0 ? undefined : layers.slice(flat).find((word) => word === "CONV" || word === "POOL");
  if (late) throw `${late} follows an FC layer, which leaves no map`;
  return layers.filter((word) => word !== "INPUT" && word !== "SOFTMAX");
}

/** The layers of a design as [word, channels or outputs, number of the step]. */
function planned(design, classes) {
  if (/conv|fc/i.test(design)) {
    const words = expand(design);
    const last = words.findLastIndex((word) => word === "CONV" || word === "FC");
    if (words[last] !== "FC") throw "the last layer with weights is no FC, so nothing gives one score a class";
    let width = WIDTH;
    return words.map((word, i) => {
      const layer = [word, { CONV: width, FC: i === last ? classes : HIDDEN }[word] ?? 0, i + 1];
      if (word === "POOL") width *= 2;
      return layer;
    });
  }
  const words = design.match(/[^\s,;[\]"'“”]+/g) ?? [];
  const layers = words.flatMap((word, i) => {
    if (word.toLowerCase() === "pool") return [["POOL", 0, i + 1]];
    if (!/^\d+$/.test(word) || !+word) throw `step ${i + 1} is “${word}”, which is neither a number of channels nor “pool”`;
    return [["CONV", +word, i + 1], ["RELU", 0, i + 1]];
  });
  return [...layers, ["FC", classes, words.length + 1]];
}

/** Rows { layer, side, c, params, macs, sees }, as far as the network can be built, and what is wrong with it. */
function tabulate({ design, size, channels, classes, kernel, padding }) {
  let here = { layer: "Input", side: size, c: channels, params: 0, macs: 0, sees: 1 };
  const rows = [here];
  let plan;
  try {
    plan = planned(design, classes);
  } catch (problem) {
    if (typeof problem !== "string") throw problem;
    return { rows, problem };
  }
  if (plan.length >= MOST) return { rows, problem: `that are ${plan.length} layers; the table takes fewer than ${MOST}` };
  let [jump, sees] = [1, 1];
  for (const [word, width, step] of plan) {
    const { side, c } = here;
    if (word === "CONV" || word === "POOL") {
      const conv = word === "CONV";
      const [k, s, p] = conv ? [kernel, 1, padding === "same" ? (kernel - 1) / 2 : 0] : [2, 2, 0];
      if (side + 2 * p < k) {
        return { rows, problem: `step ${step}: the map has shrunk to ${square(side)}, and a window of ${square(k)} does not fit` };
      }
      const to = Math.floor((side + 2 * p - k) / s) + 1;
      sees += (k - 1) * jump;
      jump *= s;
      const weights = conv ? width * c * k * k : 0;
      here = conv
        ? { layer: "Conv", side: to, c: width, params: weights + width, macs: to * to * weights, sees }
        : { layer: "Max Pool", side: to, c, params: 0, macs: 0, sees };
    } else if (word === "FC") {
      const inputs = c * (side || 1) ** 2;
      here = { layer: "Linear", side: 0, c: width, params: (inputs + 1) * width, macs: inputs * width, sees: 0 };
    } else here = { ...here, layer: "ReLU", params: 0, macs: 0 };
    rows.push(here);
  }
  return { rows, problem: "" };
}

function render({ model, el }) {
  const field = h("input", {
    type: "text", "data-name": "design", "aria-label": "design", spellcheck: "false", autocomplete: "off", ...KEYS,
    oninput: (event) => put(model, { design: event.target.value }),
  });
  const examples = h("select", { "data-name": "example", "aria-label": "example", ...KEYS, onchange: (event) => {
    if (event.target.value) put(model, { design: event.target.value });
  } }, h("option", { value: "" }, "your own"), ...EXAMPLES.map((text) => h("option", { value: text }, text)));
  const size = slider("size", "image side", 8, 96, (value) => put(model, { size: value }));
  const kernel = choice("kernel", "Kernel", { 1: "1", 3: "3", 5: "5", 7: "7" }, (value) => put(model, { kernel: +value }));
  const ways = { valid: "none", same: "keep the size" };
  const padding = choice("padding", "Padding", ways, (value) => put(model, { padding: value }));
  const complaint = h("span", { class: "d2l-complaint", role: "alert" });
  const body = h("tbody");
  const foot = h("tfoot");
  const head = h("thead", {}, h("tr", {}, ...HEAD.map((name) => h("th", { scope: "col" }, name))));
  const state = status();
  el.append(frame("design", "Design explorer",
    h("div", { class: "d2l-controls" },
      h("label", { class: "d2l-field d2l-long" }, "design", field), h("label", { class: "d2l-field d2l-long" }, "example", examples),
      size.element, kernel.element, padding.element),
    complaint, h("table", { class: "d2l-table" }, head, body, foot), state));

  const line = (cells) => h("tr", {}, h("th", { scope: "row" }, cells[0]), ...cells.slice(1).map((text) => h("td", {}, text)));

  function draw() {
    const names = ["design", "size", "channels", "classes", "kernel", "padding"];
    const settings = Object.fromEntries(names.map((name) => [name, model.get(name)]));
    const { rows, problem } = tabulate(settings);
    if (document.activeElement !== field) field.value = settings.design;
    examples.value = EXAMPLES.includes(settings.design) ? settings.design : "";
    size.update(settings.size);
    kernel.update(settings.kernel);
    padding.update(settings.padding);
    const some = (value) => (value ? thousands(value) : "");
    body.replaceChildren(...rows.map((row) => line([
      row.layer, row.side ? square(row.side) : "", some(row.c), some(row.params), some(row.macs), row.sees ? square(row.sees) : "all",
    ])));
    const [params, macs] = ["params", "macs"].map((name) => rows.reduce((sum, row) => sum + row[name], 0));
    foot.replaceChildren(...(problem ? [] : [line(["Total", "", "", thousands(params), thousands(macs), ""])]));
    complaint.textContent = problem ? `It cannot be built. ${problem[0].toUpperCase()}${problem.slice(1)}.` : "";
    if (problem) {
      state.textContent = problem.includes("shrunk")
        ? "Larger images, fewer layers, fewer poolings or padding would leave room for the window."
        : 'A design is a list such as [8, 16, 32, "pool"] or a pattern such as INPUT -> [CONV -> RELU -> POOL]*2 -> FC.';
      return;
    }
    const linear = rows.filter((row) => row.layer === "Linear").reduce((sum, row) => sum + row.params, 0);
    const eyes = rows.findLast((row) => row.sees)?.sees ?? 1;
    state.textContent = `${thousands(params)} parameters, ${Math.round((100 * linear) / params)} % of them in linear layers, and `
      + `${thousands(macs)} multiply-adds for one image. Before the linear layers a unit sees ${square(eyes)} pixels`
      + (eyes > settings.size ? ", more than the image has, the rest being padding." : ".");
  }
  return follow(model, ["design", "size", "channels", "classes", "kernel", "padding"], draw);
}

export default { render };
