// NetworkExplorer: the parts of one or two networks as columns of buttons; a bar says what each part costs.

const MEASURES = { params: "parameters", macs: "multiply-adds", values: "values of the output" };
const thousands = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ",");
const by = (shape) => shape.join(" × ");
const percent = (part, whole) => `${whole ? +((100 * part) / whole).toFixed(1) : 0} %`;

/** A menu of networks. */
function menu(name, label, names, none, set) {
  const id = uid(name);
  const options = [...(none ? [h("option", { value: "" }, none)] : []), ...names.map((n) => h("option", { value: n }, n))];
  const select = h("select", { id, "data-name": name, ...KEYS, onchange: () => set(select.value) }, ...options);
  return { element: h("div", { class: "d2l-field" }, h("label", { for: id }, label), select), update: (value) => (select.value = value) };
}

function render({ model, el }) {
  const tables = model.get("tables");
  const names = Object.keys(tables);
  const left = menu("left", "network", names, null, (name) => put(model, { left: name, selected: [0, 0] }));
  const right = menu("right", "beside it", names, "none", (name) => put(model, { right: name, selected: [0, 0] }));
  const measure = choice("measure", "Bars show", MEASURES, (value) => put(model, { measure: value }));
  const stage = h("div", { class: "d2l-networks" });
  const note = status();
  el.append(frame("network", "Network explorer",
    h("div", { class: "d2l-controls" }, left.element, ...(names.length > 1 ? [right.element] : []), measure.element), stage, note));

  const shown = () => [model.get("left"), model.get("right")].filter(Boolean);
  const sum = (name, what) => tables[name].reduce((total, row) => total + row[what], 0);

  /** One column; the arrow keys walk through its parts. */
  function column(name, c, most) {
    const what = model.get("measure");
    const walk = (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      const row = clamp(+event.target.dataset.row + step, 0, tables[name].length - 1);
      put(model, { selected: [c, row] });
      stage.querySelector(`[data-column="${c}"][data-row="${row}"]`).focus();
    };
    const parts = tables[name].map((row, r) =>
      h("button", { type: "button", "data-column": c, "data-row": r, ...KEYS, onkeydown: walk,
        "aria-pressed": String(chosen()[0] === c && chosen()[1] === r),
        onclick: () => {
          put(model, { selected: [c, r] });
          stage.querySelector(`[data-column="${c}"][data-row="${r}"]`).focus();
        } },
        h("span", {}, row.layer), h("span", {}, by(row.shape)),
        h("span", { class: "d2l-bar", style: `width: ${(100 * row[what]) / most}%` })));
    const totals = `${thousands(sum(name, "params"))} parameters, ${thousands(sum(name, "macs"))} multiply-adds`;
    return h("div", { role: "group", "aria-label": name },
      h("div", { class: "d2l-title" }, name), h("div", { class: "d2l-parts" }, ...parts), h("p", {}, totals));
  }

  function chosen() {
    const [c, r] = model.get("selected");
    const at = clamp(c, 0, shown().length - 1);
    return [at, clamp(r, 0, tables[shown()[at]].length - 1)];
  }

  return follow(model, ["left", "right", "measure", "selected"], () => {
    left.update(model.get("left"));
    right.update(model.get("right"));
    measure.update(model.get("measure"));
    const what = model.get("measure");
    const most = Math.max(1, ...shown().flatMap((name) => tables[name].map((row) => row[what])));
    stage.replaceChildren(...shown().map((name, c) => column(name, c, most)));
    const [c, r] = chosen();
    const name = shown()[c];
    const row = tables[name][r];
    const sees = row.field ? `${by(row.field)} pixels` : "the whole image";
    note.textContent =
      `${row.layer} of ${name}: ${by(row.shape)} out, ` +
      `${thousands(row.params)} parameters (${percent(row.params, sum(name, "params"))}), ` +
      `${thousands(row.macs)} multiply-adds (${percent(row.macs, sum(name, "macs"))}); each value sees ${sees}.`;
  });
}

export default { render };
