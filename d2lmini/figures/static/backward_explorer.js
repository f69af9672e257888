// BackwardExplorer: the gradient at an output goes, times a pixel, to each weight and, times a weight, to each pixel.

function render({ model, el }) {
  const edit = (name) => (values) => put(model, { [name]: values });
  const select = (part) => (r, c) => put(model, { part, selected: [r, c] });
  const image = weightsGrid(edit("image"), { name: "image", label: "input x", cell: "x" });
  const weights = weightsGrid(edit("weights"), { label: "filter w", cell: "w" });
  const gradient = weightsGrid(edit("gradient"),
    { name: "gradient", label: "dy, the gradient at the output", cell: "dy", enter: select("y") });
  const output = grid("output", { enter: select("y") });
  const dw = grid("dw", { enter: select("dw") });
  const dx = grid("dx", { enter: select("dx") });
  const stage = h("div", { class: "d2l-stage d2l-backward" },
    panel("input x", image.element), panel("filter w", weights.element), panel("output y", output.element),
    panel("dx", dx.element), panel("dw", dw.element), panel("dy", gradient.element));
  const sum = h("p", { class: "d2l-sum" });
  const state = status();
  el.append(frame("back", "Backward explorer", stage, sum, state));

  function draw() {
    const [x, w, dy, part] = ["image", "weights", "gradient", "part"].map((name) => model.get(name));
    const [[rows, columns], [kh, kw], [oh, ow]] = [x, w, dy].map((a) => [a.length, a[0].length]);
    const most = { y: [oh, ow], dw: [kh, kw], dx: [rows, columns] }[part];
    const [r, c] = model.get("selected").map((i, axis) => clamp(i, 0, most[axis] - 1));
    const y = table(oh, ow, (i, j) => total(table(kh, kw, (a, b) => [x[i + a][j + b], w[a][b]]).flat()));

    // Every product of the forward pass is one path back: output (i, j), weight (a, b), pixel (i + a, j + b).
    const paths = table(oh, ow, (i, j) => table(kh, kw, (a, b) => ({ i, j, a, b, p: i + a, q: j + b }))).flat(3);
    const ends = { y: ["i", "j"], dw: ["a", "b"], dx: ["p", "q"] };
    const through = (name, u, v) => (path) => path[ends[name][0]] === u && path[ends[name][1]] === v;
    const chosen = paths.filter(through(part, r, c)); // the paths that the selected cell lies on
    const toWeight = ({ i, j, p, q }) => [x[p][q], dy[i][j]];
    const toPixel = ({ i, j, a, b }) => [w[a][b], dy[i][j]];
    const pairsOf = { dw: (u, v) => paths.filter(through("dw", u, v)).map(toWeight),
                      dx: (u, v) => paths.filter(through("dx", u, v)).map(toPixel) };
    const needed = { y: ["y", "dw", "dx"], dw: ["y", "dx"], dx: ["y", "dw"] }[part]; // which ends take part
    const kind = (name) => (u, v) => {
      if (name === part && u === r && v === c) return "chosen";
      return needed.includes(name) && chosen.some(through(name, u, v)) ? "lit" : "";
    };

    stage.style.setProperty("--across", columns + kw + ow + 1);
    stage.style.setProperty("--down", columns + kw + ow + 2);
    image.paint(x, 1, part === "dx" ? () => "" : kind("dx"));
    weights.paint(w, 1, part === "dw" ? () => "" : kind("dw"));
    gradient.paint(dy, 1, kind("y"));
    output.paint(oh, ow, `output y, ${oh} rows and ${ow} columns`, (i, j) => ({ text: show(y[i][j]), kind: part === "y" ? kind("y")(i, j) : "" }));
    const shares = (name, pairs) => (u, v) => {
      const mine = part === "y" ? chosen.find(through(name, u, v)) : null;
      const tag = mine ? show(total([pairs(mine)])) : "";
      const lit = part === "y" || part === name ? kind(name)(u, v) : "";
      return { text: show(total(pairsOf[name](u, v))), kind: lit, tag, says: "of which from this output" };
    };
    dw.paint(kh, kw, "dw, the gradient at the weights", shares("dw", toWeight));
    dx.paint(rows, columns, "dx, the gradient at the pixels", shares("dx", toPixel));
    if (part === "y" && !output.element.contains(document.activeElement)) output.settle(r, c);

    const line = (words) => h("span", { class: "d2l-row" }, words);
    if (part === "y") {
      const list = (pairs) => chosen.map((path) => `${pairs(path).map(factor).join("·")}`).join(", ");
      sum.replaceChildren(line(`to dw, pixel times dy: ${list(toWeight)}`), line(`to dx, weight times dy: ${list(toPixel)}`));
      state.textContent = `Output row ${r}, column ${c} has the gradient ${show(dy[r][c])}. The small numbers are what it adds `
        + "to the gradient of each weight that it used and of each pixel that it read.";
    } else {
      const pairs = pairsOf[part](r, c);
      const value = show(total(pairs));
      sum.replaceChildren(line(`${part}[${r}, ${c}] = ${products(pairs)} = ${value}`));
      state.textContent = part === "dw"
        ? `Weight row ${r}, column ${c} was used by ${plural(pairs.length, "output")}: its gradient is the sum of pixel times dy, ${value}.`
        : `Pixel row ${r}, column ${c} was read by ${plural(pairs.length, "output")}: its gradient is the sum of weight times dy, ${value}.`;
    }
  }
  return follow(model, ["image", "weights", "gradient", "part", "selected"], draw);
}

export default { render };
