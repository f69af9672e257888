// What all figures share: elements, numbers, sliders, choices, and grids that mouse and keyboard can walk.
// A figure's module is this text followed by the figure's own file, so that it stands alone everywhere.

// JupyterLab takes the arrow keys from any focused element that does not carry this attribute itself.
const KEYS = { "data-lm-suppress-shortcuts": "true" };

// Several copies of this text may run in one page, so ids carry a random part.
const copy = Math.random().toString(36).slice(2, 8);
let serial = 0;
const uid = (name) => `d2l-${name}-${copy}-${++serial}`;

/** Make an element: h("p", { class: "note", onclick: f }, "text", child). */
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** An SVG element. */
function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http" + "://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const classes = (...names) => names.filter(Boolean).join(" ");
const clamp = (value, low, high) => Math.min(Math.max(value, low), Math.max(low, high));
const range = (n, f = (i) => i) => Array.from({ length: Math.max(n, 0) }, (_, i) => f(i));
const table = (rows, columns, f) => range(rows, (r) => range(columns, (c) => f(r, c)));
const plural = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;

/** 1, 2, 3, ... row by row: the numbers of a grid that nobody gave. */
const counting = (n) => table(n, n, (r, c) => r * n + c + 1);

/** A number as the book prints it: at most three decimals, a true minus sign, no minus zero. */
const show = (value) => String(+value.toFixed(3) || 0).replace("-", "−");
const factor = (value) => (value < 0 ? `(${show(value)})` : show(value));

/** "1·10 + 2·20 = 50" from [[1, 10], [2, 20]]. */
const total = (pairs) => pairs.reduce((sum, [a, b]) => sum + a * b, 0);
const products = (pairs) => pairs.map(([a, b]) => `${factor(a)}·${factor(b)}`).join(" + ");

/** "rows 0 to 2", "row 4", "rows 0, 2 and 4": the indices first, first + step, ... */
function span(word, first, count, step) {
  const all = range(count, (i) => show(first + i * step));
  const last = all.pop();
  if (count === 1) return `${word} ${last}`;
  return `${word}s ${step === 1 ? `${all[0]} to` : `${all.join(", ")} and`} ${last}`;
}

/** The frame of a figure: a labelled group with a size of its own, so that its grids can follow the column's width. */
const frame = (name, label, ...children) =>
  h("div", { class: `d2l d2l-${name}`, role: "group", "aria-label": label }, ...children);
const panel = (title, ...children) =>
  h("div", { class: "d2l-panel" }, h("div", { class: "d2l-title" }, title), ...children);
const status = () => h("p", { class: "d2l-status", role: "status" });

/** A labelled slider over one whole number; `set` hears each move. */
function slider(name, label, low, high, set) {
  const id = uid(name);
  const input = h("input", {
    id, type: "range", min: low, max: high, step: 1, "data-name": name, ...KEYS, oninput: () => set(+input.value),
  });
  const value = h("output", { for: id });
  const element = h("div", { class: "d2l-slider" }, h("label", { for: id }, label), input, value);
  return {
    element,
    update(to, limits = {}) {
      input.min = Math.min(limits.low ?? low, to);
      input.max = Math.max(limits.high ?? high, to);
      input.value = to;
      value.value = show(to);
    },
  };
}

/** A row of radio buttons; options is { value: label }. */
function choice(name, legend, options, set) {
  const group = uid(name);
  const inputs = {};
  const labels = Object.entries(options).map(([value, label]) => {
    const onchange = () => set(value);
    inputs[value] = h("input", { type: "radio", name: group, value, "data-name": name, ...KEYS, onchange });
    return h("label", {}, inputs[value], label);
  });
  const element = h("fieldset", { class: "d2l-choice" }, h("legend", {}, legend), ...labels);
  return { element, update: (value) => (inputs[value].checked = true) };
}

const button = (label, press) => h("button", { type: "button", ...KEYS, onclick: press }, label);

/**
 * A grid of numbers. One cell is in the tab order; the arrow keys, Home and End move from cell to cell.
 * `enter(r, c)` hears the mouse, a touch or the focus come to a cell, `leave()` hears them go.
 */
function grid(name, { enter, leave = () => {} } = {}) {
  const [role, part] = enter ? ["grid", "gridcell"] : ["table", "cell"];
  const element = h("div", { class: "d2l-grid", role, "data-name": name });
  let cells = [];
  let home = [0, 0];
  const at = (event) => event.target.closest?.("[data-r]");
  const place = (cell) => [+cell.dataset.r, +cell.dataset.c];
  const settle = (r, c) => {
    home = [r, c];
    cells.forEach((row, i) => row.forEach((cell, j) => cell.setAttribute("tabindex", i === r && j === c ? 0 : -1)));
  };
  if (enter) {
    let under = null; // the cell under the mouse; pointerover would also come when cells change under a resting mouse
    element.addEventListener("pointermove", (event) => {
      if (!at(event) || at(event) === under) return;
      under = at(event);
      enter(...place(under));
    });
    element.addEventListener("pointerleave", () => {
      under = null;
      if (element.contains(document.activeElement)) enter(...home);
      else leave();
    });
    element.addEventListener("focusin", (event) => {
      under = null;
      settle(...place(at(event)));
      enter(...place(at(event)));
    });
    element.addEventListener("focusout", leave);
    element.addEventListener("keydown", (event) => {
      const [r, c] = home;
      const [rows, columns] = [cells.length, cells[0].length];
      const to = {
        ArrowUp: [r - 1, c], ArrowDown: [r + 1, c], ArrowLeft: [r, c - 1], ArrowRight: [r, c + 1],
        Home: [r, 0], End: [r, columns - 1],
      }[event.key];
      if (!to) return;
      event.preventDefault();
      event.stopPropagation();
      cells[clamp(to[0], 0, rows - 1)][clamp(to[1], 0, columns - 1)].focus();
    });
  }
  return {
    element,
    settle,
    /** Write the cells: f(r, c) gives { text, kind, tag, says, label }; kind is its classes, tag the small number above. */
    paint(rows, columns, label, f) {
      if (cells.length !== rows || cells[0]?.length !== columns) {
        const reach = enter ? { tabindex: -1, ...KEYS } : {};
        cells = table(rows, columns, (r, c) => h("div", { role: part, "data-r": r, "data-c": c, ...reach }));
        element.replaceChildren(...cells.map((row) => h("div", { role: "row" }, ...row)));
        element.style.setProperty("--columns", columns);
        if (enter) settle(clamp(home[0], 0, rows - 1), clamp(home[1], 0, columns - 1));
      }
      element.setAttribute("aria-label", label);
      let longest = 2;
      cells.forEach((row, r) => row.forEach((cell, c) => {
        const { text, kind = "", tag = "", says = "weight", label = `row ${r}, column ${c}: ${text}` } = f(r, c);
        longest = Math.max(longest, text.length);
        cell.className = kind;
        cell.setAttribute("aria-label", tag ? `${label}, ${says} ${tag}` : label);
        if (enter) cell.setAttribute("aria-selected", kind.includes("chosen"));
        cell.replaceChildren(text, ...(tag ? [h("small", {}, tag)] : []));
      }));
      element.style.setProperty("--chars", longest);
    },
  };
}

/** A grid of number fields; `set(values)` hears every edit that is a number, `enter(r, c)` the focus come to a field. */
function weightsGrid(set, { name = "weights", label = "kernel weights", cell = "weight", enter = () => {} } = {}) {
  const element = h("div", { class: "d2l-grid d2l-weights", role: "group", "data-name": name, "aria-label": label });
  let fields = [];
  return {
    element,
    /** kind(r, c) gives the classes of a field. */
    paint(weights, step = 1, kind = () => "") {
      const [rows, columns] = [weights.length, weights[0].length];
      if (fields.length !== rows || fields[0].length !== columns) {
        fields = table(rows, columns, (r, c) => h("input", {
          type: "number", step, "aria-label": `${cell}, row ${r}, column ${c}`, "data-r": r, "data-c": c, ...KEYS,
          onfocus: () => enter(r, c),
          oninput: () => {
            if (fields[r][c].value !== "") set(fields.map((row) => row.map((field) => +field.value || 0)));
          },
          onblur: () => {
            if (fields[r][c].value !== "") return;
            fields[r][c].value = 0;
            fields[r][c].dispatchEvent(new Event("input"));
          },
        }));
        element.replaceChildren(...fields.flat());
        element.style.setProperty("--columns", columns);
      }
      let longest = 2;
      weights.forEach((row, r) => row.forEach((weight, c) => {
        if (document.activeElement !== fields[r][c]) fields[r][c].value = +weight.toFixed(3);
        fields[r][c].className = kind(r, c);
        longest = Math.max(longest, String(+weight.toFixed(3)).length);
      }));
      element.style.setProperty("--chars", longest);
    },
  };
}

/** Redraw whenever one of the names changes; returns what undoes it. */
function follow(model, names, draw) {
  names.forEach((name) => model.on(`change:${name}`, draw));
  draw();
  return () => names.forEach((name) => model.off(`change:${name}`, draw));
}

/** Set some state and tell Python, where there is one. */
function put(model, state) {
  for (const [name, value] of Object.entries(state)) model.set(name, value);
  model.save_changes();
}
