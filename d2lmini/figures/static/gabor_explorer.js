// GaborExplorer: the five numbers of a Gabor pair, its even and its odd part, and the bell in the frequency plane.

const SIZE = 31; // pixels of the kernels
const CELLS = 61; // of the spectrum
const NAMES = ["sigma_x", "sigma_y", "degrees", "U", "V"];
const STOPS = [[26, 95, 156], [143, 192, 230], [247, 247, 247], [240, 168, 120], [179, 68, 11]]; // below zero to above
const FORMULAS = { right: "by the corrected formula", deck: "as a slide prints it" };

/** A slider over steps smaller than one. */
function dial(name, label, low, high, step, set) {
  const made = slider(name, label, low, high, set);
  made.element.querySelector("input").step = step;
  return made;
}

/** The colour of a value from -1 to 1. */
function signed(value) {
  const place = 2 * (clamp(value, -1, 1) + 1);
  const i = Math.min(Math.floor(place), 3);
  return STOPS[i].map((from, k) => from + (place - i) * (STOPS[i + 1][k] - from));
}

/** A bell of the widths (a, b), its axes turned by alpha: exp(-((x / a)^2 + (y / b)^2) / 2). */
function bell(x, y, alpha, a, b) {
  const along = x * Math.cos(alpha) + y * Math.sin(alpha);
  const across = y * Math.cos(alpha) - x * Math.sin(alpha);
  return Math.exp(-((along / a) ** 2 + (across / b) ** 2) / 2);
}

function render({ model, el }) {
  const set = (name) => (value) => put(model, { [name]: value });
  const dials = {
    sigma_x: dial("sigma_x", "width σx", 1, 8, 0.5, set("sigma_x")),
    sigma_y: dial("sigma_y", "width σy", 1, 8, 0.5, set("sigma_y")),
    degrees: dial("degrees", "turn α", 0, 180, 5, set("degrees")),
    U: dial("U", "frequency U", -0.4, 0.4, 0.01, set("U")),
    V: dial("V", "frequency V", -0.4, 0.4, 0.01, set("V")),
  };
  const formula = choice("formula", "Spectrum", FORMULAS, set("formula"));
  const pictures = ["even", "odd", "spectrum"].map((name) =>
    h("canvas", { role: "img", "data-name": name, width: SIZE, height: SIZE }));
  [pictures[2].width, pictures[2].height] = [CELLS, CELLS];
  const cross = h("span", { class: "d2l-cross" });
  const plane = h("div", { class: "d2l-over" }, pictures[2], cross);
  const state = status();
  el.append(frame("gabor", "Gabor explorer",
    h("div", { class: "d2l-controls" }, ...Object.values(dials).map((one) => one.element), formula.element),
    h("div", { class: "d2l-stage" }, panel("even part", pictures[0]), panel("odd part", pictures[1]), panel("spectrum", plane)),
    state));

  // a click in the frequency plane moves the wave there
  plane.addEventListener("pointerdown", (event) => {
    const box = pictures[2].getBoundingClientRect();
    const part = (offset, length) => clamp(Math.round(100 * (offset / length - 0.5)) / 100, -0.4, 0.4);
    put(model, { U: part(event.clientX - box.left, box.width), V: part(event.clientY - box.top, box.height) });
  });

  function paint(canvas, colour) {
    const n = canvas.width;
    const picture = new ImageData(n, n);
    for (let r = 0; r < n; r++) {
      for (let c = 0; c < n; c++) picture.data.set([...colour(r, c).map(Math.round), 255], 4 * (r * n + c));
    }
    canvas.getContext("2d").putImageData(picture, 0, 0);
  }

  function draw() {
    const [a, b, turn, U, V] = NAMES.map((name) => model.get(name));
    const alpha = (turn * Math.PI) / 180;
    const deck = model.get("formula") === "deck";
    NAMES.forEach((name) => dials[name].update(model.get(name)));
    formula.update(model.get("formula"));
    const half = (SIZE - 1) / 2;
    [Math.cos, Math.sin].forEach((part, i) => paint(pictures[i], (r, c) => {
      const [x, y] = [c - half, r - half];
      return signed(bell(x, y, alpha, a, b) * part(2 * Math.PI * (U * x + V * y)));
    }));
    const widths = [a, b].map((width) => 1 / (2 * Math.PI * width));
    paint(pictures[2], (r, c) => {
      const [u, v] = [c / (CELLS - 1) - 0.5, r / (CELLS - 1) - 0.5];
      const turned = [u * Math.cos(alpha) + v * Math.sin(alpha), v * Math.cos(alpha) - u * Math.sin(alpha)];
      const value = deck ? bell(turned[0] - U, turned[1] - V, 0, ...widths) : bell(u - U, v - V, alpha, ...widths);
      return [255 * value, 255 * value, 255 * value];
    });
    const place = (f) => `${(100 * ((f + 0.5) * (CELLS - 1) + 0.5)) / CELLS}%`;
    Object.assign(cross.style, { left: place(U), top: place(V) });

    const f = Math.hypot(U, V);
    const angle = ((Math.round((Math.atan2(V, U) * 180) / Math.PI) % 360) + 360) % 360;
    const wave = f ? `A wave of ${show(Math.round(10 / f) / 10)} pixels runs at ${angle}°` : "No wave: the pair is a plain blur";
    const spread = widths.map((width) => show(width));
    const centre = deck && turn && f
      ? `The slide's bell does not lie on the cross at (${show(U)}, ${show(V)}), the frequency of the wave.`
      : `In the frequency plane the bell lies on the cross at (${show(U)}, ${show(V)}), with widths ${spread[0]} and ${spread[1]}.`;
    state.textContent = `${wave}; the bell has widths ${show(a)} and ${show(b)} pixels, turned by ${show(turn)}°. ${centre}`;
    pictures.forEach((canvas, i) => canvas.setAttribute("aria-label", `${["even part", "odd part", "spectrum"][i]}: ${state.textContent}`));
  }
  return follow(model, [...NAMES, "formula"], draw);
}

export default { render };
