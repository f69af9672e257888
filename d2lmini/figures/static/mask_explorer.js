// MaskExplorer: an image, its true mask and two predicted ones, and an enlargement that follows the pointer.

const BLUE = [31, 127, 192];
const ORANGE = [230, 110, 20];
const LAYERS = { image: "image", truth: "truth", prediction: "prediction", errors: "errors" };
const KEYS_OF = { // what the colours mean
  image: [],
  truth: [["figure", BLUE]],
  prediction: [["called figure", BLUE]],
  errors: [["figure, called ground", ORANGE], ["ground, called figure", BLUE]],
};
const REACH = 5; // pixels to each side that the enlargement shows
const SCALE = 24; // of its canvas

function render({ model, el }) {
  const [height, width] = [model.get("height"), model.get("width")];
  const size = height * width;
  const bytes = (name) => {
    const view = model.get(name);
    return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  };
  const [pixels, masks] = [bytes("pixels"), bytes("masks")];
  const count = pixels.length / size;
  const [rows, columns] = [Math.min(height, 2 * REACH + 1), Math.min(width, 2 * REACH + 1)];

  const image = choice("selected", "Image", Object.fromEntries(range(count, (i) => [i, String(i)])),
    (value) => put(model, { selected: +value }));
  const skips = choice("skips", "Network", { true: "with skips", false: "without" },
    (value) => put(model, { skips: value === "true" }));
  const layer = choice("layer", "Show", LAYERS, (value) => put(model, { layer: value }));
  const picture = h("canvas", {
    width, height, tabindex: 0, role: "application", "data-name": "picture", ...KEYS,
    "aria-label": "the image; point at it or use the arrow keys to enlarge another part",
  });
  const marker = h("div", { class: "d2l-marker" });
  const part = h("canvas", { width: columns * SCALE, height: rows * SCALE, role: "img", "data-name": "part" });
  const key = h("div", { class: "d2l-key" });
  const state = status();
  el.append(frame("masks", "Mask explorer",
    h("div", { class: "d2l-controls" }, image.element, skips.element, layer.element),
    h("div", { class: "d2l-stage" },
      panel("whole image", h("div", { class: "d2l-mask" }, picture, marker)),
      panel("enlarged, with the true border", h("div", { class: "d2l-mask" }, part))), key, state));

  const go = (r, c) => put(model, { place: [clamp(r, 0, height - 1), clamp(c, 0, width - 1)] });
  const point = (event) => {
    const box = picture.getBoundingClientRect();
    go(Math.floor(((event.clientY - box.top) / box.height) * height), Math.floor(((event.clientX - box.left) / box.width) * width));
  };
  picture.addEventListener("pointermove", point);
  picture.addEventListener("pointerdown", point);
  picture.addEventListener("keydown", (event) => {
    const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const [r, c] = model.get("place");
    const far = event.shiftKey ? 5 : 1;
    go(r + far * by[0], c + far * by[1]);
  });

  function draw() {
    const chosen = clamp(model.get("selected"), 0, count - 1);
    const [across, shown] = [model.get("skips"), model.get("layer")];
    const place = model.get("place").map((p, axis) => clamp(p, 0, [height, width][axis] - 1));
    const at = (r, c) => chosen * size + r * width + c;
    const truth = (r, c) => masks[at(r, c)] & 1;
    const found = (r, c) => (masks[at(r, c)] >> (across ? 2 : 1)) & 1;
    /** The tint of a pixel, if it has one. */
    const tint = (r, c) => {
      const [is, said] = [truth(r, c), found(r, c)];
      if (shown === "errors") return is === said ? null : is ? ORANGE : BLUE;
      return { image: 0, truth: is, prediction: said }[shown] ? BLUE : null;
    };
    const colour = (r, c) => {
      const [grey, over, share] = [pixels[at(r, c)], tint(r, c), shown === "errors" ? 0.8 : 0.5];
      return range(3, (i) => (over ? Math.round((1 - share) * grey + share * over[i]) : grey));
    };

    const data = new ImageData(width, height);
    table(height, width, (r, c) => data.data.set([...colour(r, c), 255], 4 * (r * width + c)));
    picture.getContext("2d").putImageData(data, 0, 0);

    const [top, left] = [[place[0], height, rows], [place[1], width, columns]].map(([p, n, k]) => clamp(p - REACH, 0, n - k));
    const percent = (n, of) => `${(100 * n) / of}%`;
    Object.assign(marker.style, {
      top: percent(top, height), left: percent(left, width), height: percent(rows, height), width: percent(columns, width),
    });
    const pen = part.getContext("2d");
    table(rows, columns, (r, c) => {
      pen.fillStyle = `rgb(${colour(top + r, left + c).join(",")})`;
      pen.fillRect(c * SCALE, r * SCALE, SCALE, SCALE);
    });
    table(rows, columns, (r, c) => {
      const here = truth(top + r, left + c);
      const edges = [];
      if (c + 1 < columns && truth(top + r, left + c + 1) !== here) edges.push([(c + 1) * SCALE, r * SCALE, 0, SCALE]);
      if (r + 1 < rows && truth(top + r + 1, left + c) !== here) edges.push([c * SCALE, (r + 1) * SCALE, SCALE, 0]);
      edges.forEach(([x, y, dx, dy]) => [["#111", 5], ["#f6c453", 3]].forEach(([ink, wide]) => {
        Object.assign(pen, { strokeStyle: ink, lineWidth: wide, lineCap: "round" });
        pen.beginPath();
        pen.moveTo(x, y);
        pen.lineTo(x + dx, y + dy);
        pen.stroke();
      }));
    });

    let [wrong, both, either, near, right] = [0, 0, 0, 0, 0];
    table(height, width, (r, c) => {
      const [is, said] = [truth(r, c), found(r, c)];
      wrong += is !== said;
      both += is & said;
      either += is | said;
      const border = range(9).some((i) => {
        const [a, b] = [r + Math.floor(i / 3) - 1, c + (i % 3) - 1];
        return a >= 0 && b >= 0 && a < height && b < width && truth(a, b) !== is;
      });
      near += border;
      right += border && is === said;
    });
    image.update(chosen);
    skips.update(across);
    layer.update(shown);
    key.replaceChildren(...KEYS_OF[shown].map(([text, rgb]) => h("span", { style: `--tint: rgb(${rgb.join(",")})` }, text)));
    const name = (v) => (v ? "figure" : "ground");
    const [is, said] = [truth(...place), found(...place)];
    part.setAttribute("aria-label", `rows ${top} to ${top + rows - 1}, columns ${left} to ${left + columns - 1} of ${LAYERS[shown]}`);
    state.textContent = `${across ? "With" : "Without"} skips ${wrong} of ${size} pixels are wrong. IoU of the figure: `
      + `${either ? (both / either).toFixed(2) : "none"}. Next to the border ${near ? Math.round((100 * right) / near) : 100} % are right. `
      + `Row ${place[0]}, column ${place[1]} is ${name(is)}${is === said ? ", and called so" : `, and called ${name(said)}`}.`;
    Object.assign(state.dataset, { wrong, overlap: (both / either).toFixed(6), near: (right / near).toFixed(6) });
  }
  return follow(model, ["selected", "skips", "layer", "place"], draw);
}

export default { render };
