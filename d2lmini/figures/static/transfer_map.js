// TransferMap: four cases as four buttons with small bars, and the curves of the case that is chosen.

const ROWS = ["similar", "different"];
const COLUMNS = ["few", "many"];
const DASHES = ["", "7 3", "2 2.5", "8 3 2 3"]; // as plot.lines has them
const [WIDE, HIGH, LEFT, TOP, RIGHT, BOTTOM] = [460, 250, 44, 10, 12, 40];

/** The mark of a method: circle, square, diamond, triangle. */
function mark(kind, x, y) {
  const look = { class: `mark m${kind}` };
  if (kind === 0) return svg("circle", { ...look, cx: x, cy: y, r: 4.5 });
  const paths = ["", "-4,-4 4,-4 4,4 -4,4", "0,-6 6,0 0,6 -6,0", "0,5 5.5,-4 -5.5,-4"];
  return svg("polygon", { ...look, points: paths[kind], transform: `translate(${x} ${y})` });
}

function render({ model, el }) {
  const targets = model.get("_targets");
  const advice = model.get("_advice");
  const methods = model.get("_methods");
  const sizes = () => [model.get("few"), model.get("many")];
  const value = (r, c, k) => targets[r].accuracy[k][targets[r].sizes.indexOf(sizes()[c])];

  const walk = (r, c) => (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    pick(clamp(r + step[0], 0, 1), clamp(c + step[1], 0, 1));
  };
  const pick = (r, c) => {
    put(model, { selected: [r, c] });
    cells[r][c].focus();
  };
  const cells = table(2, 2, (r, c) => {
    const bars = methods.map((m, k) => h("span", { class: "d2l-row" },
      h("span", { class: "d2l-name" }, m),
      h("span", { class: "d2l-track" }, h("span", { class: `d2l-bar m${k}`, style: `width: ${100 * value(r, c, k)}%` })),
      h("span", { class: "d2l-value" }, value(r, c, k).toFixed(2))));
    return h("button", { type: "button", "data-r": r, "data-c": c, ...KEYS, onclick: () => pick(r, c), onkeydown: walk(r, c) },
      h("strong", {}, `${ROWS[r]}, ${COLUMNS[c]}`), h("span", { class: "d2l-case" }, `${targets[r].name}, ${sizes()[c]} a class`),
      ...bars);
  });
  const picture = svg("svg", { class: "d2l-curves", viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "data-name": "curves" });
  const legend = h("p", { class: "d2l-legend" }, ...methods.map((m, k) =>
    h("span", {}, svg("svg", { viewBox: "0 0 40 14", width: 40, height: 14, "aria-hidden": "true" },
      svg("path", { class: `curve m${k}`, d: "M0 7H40", "stroke-dasharray": DASHES[k] }), mark(k, 20, 7)), ` ${m}`)));
  const note = status();
  el.append(frame("transfer", "Transfer map",
    h("div", { class: "d2l-map" },
      h("div", { class: "d2l-cases", role: "group", "aria-label": "four cases" }, ...cells.flat()),
      h("div", {}, picture, legend)), note));

  return follow(model, ["selected"], () => {
    const [r, c] = model.get("selected");
    cells.forEach((row, i) => row.forEach((cell, j) => cell.setAttribute("aria-pressed", String(i === r && j === c))));
    const { name, sizes: all, accuracy } = targets[r];
    const [low, high] = [Math.log(all[0]), Math.log(all[all.length - 1])];
    const x = (n) => LEFT + ((Math.log(n) - low) / (high - low || 1)) * (WIDE - LEFT - RIGHT);
    const y = (a) => TOP + (1 - a) * (HIGH - TOP - BOTTOM);
    const parts = range(6, (i) => i / 5).flatMap((a) => [
      svg("path", { class: "grid", d: `M${LEFT} ${y(a)}H${WIDE - RIGHT}` }),
      svg("text", { x: LEFT - 7, y: y(a) + 4, "text-anchor": "end" }, a.toFixed(1)),
    ]);
    parts.push(svg("path", { class: "here", d: `M${x(sizes()[c])} ${TOP}V${HIGH - BOTTOM}` }));
    all.forEach((n) => parts.push(svg("text", { x: x(n), y: HIGH - BOTTOM + 16, "text-anchor": "middle" }, String(n))));
    parts.push(svg("text", { x: (LEFT + WIDE - RIGHT) / 2, y: HIGH - 6, "text-anchor": "middle" }, `images a class, ${name}`));
    methods.forEach((m, k) => {
      const points = all.map((n, i) => [x(n), y(accuracy[k][i])]);
      parts.push(svg("path", { class: `curve m${k}`, d: `M${points.map((p) => p.join(" ")).join("L")}`, "stroke-dasharray": DASHES[k] }));
      parts.push(...points.map((p) => mark(k, ...p)));
    });
    picture.replaceChildren(...parts);
    picture.setAttribute("aria-label", `Accuracy of ${methods.join(", ")} on ${name} for ${all.join(", ")} images a class`);
    const found = methods.map((m, k) => `${m} ${value(r, c, k).toFixed(2)}`).join(", ");
    note.textContent = `${ROWS[r]}, ${COLUMNS[c]} images: the usual advice is “${advice[r][c]}”. `
      + `Measured on ${name} with ${plural(sizes()[c], "image")} a class: ${found}.`;
  });
}

export default { render };
