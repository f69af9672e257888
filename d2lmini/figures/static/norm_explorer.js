// NormExplorer: which cells of a batch share a mean and a deviation, and what becomes of one of them.

const EPS = 1e-5;
const METHODS = { batch: "batch", layer: "layer", instance: "instance", group: "group" };
const decimals = (value, n) => (+value.toFixed(n) || 0).toFixed(n).replace("-", "−");

function render({ model, el }) {
  const values = model.get("values"); // (n, c, pixels)
  const [most, channels, pixels] = [values.length, values[0].length, values[0][0].length];
  const divisors = range(channels, (i) => i + 1).filter((g) => channels % g === 0);

  const method = choice("method", "Method", METHODS, (value) => put(model, { method: value }));
  const counts = Object.fromEntries(divisors.map((g) => [g, g]));
  const groups = choice("groups", "Groups", counts, (value) => put(model, { groups: +value }));
  const contents = { x: "x", z: "z = (x − mean) / √(variance + ε)" };
  const shown = choice("shown", "Cells show", contents, (value) => put(model, { shown: value }));
  const batch = slider("batch", "images", 1, most, (value) => put(model, { batch: value }));

  const grids = range(most, (n) => grid(`image-${n}`, { enter: (c, p) => put(model, { selected: [n, c, p] }) }));
  const panels = grids.map(({ element }, n) => panel(`image ${n}`, element));
  const stage = h("div", { class: "d2l-stage" }, ...panels);
  stage.style.setProperty("--across", most * (pixels + 1));
  stage.style.setProperty("--down", 2 * pixels + 1);
  const sum = h("p", { class: "d2l-sum" });
  const state = status();
  el.append(frame("norm", "Normalisation explorer",
    h("div", { class: "d2l-controls" }, method.element, groups.element, shown.element, batch.element), stage, sum, state));

  function draw() {
    const [kind, split, contents] = ["method", "groups", "shown"].map((name) => model.get(name));
    const n = clamp(model.get("batch"), 1, most);
    const chosen = model.get("selected");
    const at = [clamp(chosen[0], 0, n - 1), clamp(chosen[1], 0, channels - 1), clamp(chosen[2], 0, pixels - 1)];
    const parts = { layer: 1, instance: channels, group: split }[kind] ?? 0; // 0: over the images
    const label = (i, c) => (parts ? i * parts + Math.floor((c * parts) / channels) : c);
    /** Number, mean and variance of the set that holds channel c of image i. */
    const statistics = (i, c) => {
      const set = range(n).flatMap((j) => range(channels).flatMap((d) => (label(j, d) === label(i, c) ? values[j][d] : [])));
      const mean = set.reduce((all, v) => all + v, 0) / set.length;
      return { count: set.length, mean, variance: set.reduce((all, v) => all + (v - mean) ** 2, 0) / set.length };
    };
    const table_of = range(n, (i) => range(channels, (c) => statistics(i, c)));
    const z = (i, c, p) => (values[i][c][p] - table_of[i][c].mean) / Math.sqrt(table_of[i][c].variance + EPS);

    method.update(kind);
    groups.update(split);
    groups.element.hidden = kind !== "group";
    shown.update(contents);
    batch.update(n);
    panels.forEach((element, i) => (element.hidden = i >= n));
    range(n).forEach((i) => {
      grids[i].paint(channels, pixels, `image ${i}: rows are channels, columns are pixels`, (c, p) => {
        const text = contents === "x" ? show(values[i][c][p]) : decimals(z(i, c, p), 1);
        const here = i === at[0] && c === at[1] && p === at[2];
        const lit = label(i, c) === label(at[0], at[1]);
        return { text, kind: classes(lit && "lit", here && "chosen"), label: `channel ${c}, pixel ${p}: ${text}` };
      });
      if (i === at[0] && !grids[i].element.contains(document.activeElement)) grids[i].settle(at[1], at[2]);
    });

    const [i, c, p] = at;
    const { count, mean, variance } = table_of[i][c];
    const reach = parts
      ? `${plural(channels / parts, "channel")} of one image`
      : `one channel of ${plural(n, "image")}`;
    const sets = parts ? n * parts : channels;
    sum.textContent = `z = (${factor(values[i][c][p])} − ${factor(mean)}) / √(${show(variance)} + ε) = ${decimals(z(i, c, p), 2)}`;
    state.textContent = `Image ${i}, channel ${c}, pixel ${p} belongs to a set of ${count} cells, ${reach}: mean ${show(mean)}, `
      + `variance ${show(variance)}. There ${sets === 1 ? "is" : "are"} ${plural(sets, "set")} of cells in all.`;
  }
  return follow(model, ["method", "batch", "groups", "shown", "selected"], draw);
}

export default { render };
