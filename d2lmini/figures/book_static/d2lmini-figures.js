// Starts the figures of a built page: no kernel, no require.js, no network; over http and from a file.
// Jupyter embeds each widget's state in the page. This script hands that state to the widget's own module.
(() => {
  const VIEW = "application/vnd.jupyter.widget-view+json";
  const STATE = "application/vnd.jupyter.widget-state+json";

  const bytes = (base64) => new DataView(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer);

  /** The part of an ipywidgets model that anywidget modules use. */
  class Model {
    #state;
    #listeners = new Map();
    constructor({ state, buffers = [] }) {
      this.#state = { ...state };
      for (const { path, data } of buffers) this.#state[path[0]] = bytes(data); // binary traits are not nested here
    }
    get(name) { return this.#state[name]; }
    set(name, value) {
      const state = typeof name === "object" ? name : { [name]: value };
      const changed = Object.keys(state).filter((key) => this.#state[key] !== state[key]);
      Object.assign(this.#state, state);
      for (const key of changed) this.#tell(`change:${key}`, state[key]);
      if (changed.length) this.#tell("change");
    }
    save_changes() {}
    send() {}
    on(names, listener) {
      for (const name of names.split(/\s+/)) this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
    }
    off(names, listener) {
      if (!names) this.#listeners.clear();
      for (const name of names?.split(/\s+/) ?? []) {
        this.#listeners.set(name, listener ? (this.#listeners.get(name) ?? []).filter((one) => one !== listener) : []);
      }
    }
    #tell(name, value) { for (const listener of this.#listeners.get(name) ?? []) listener(this, value); }
  }

  const modules = new Map(); // text -> promise of its module
  function load(text) {
    if (!modules.has(text)) {
      const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
      modules.set(text, import(url).then((module) => module.default).finally(() => URL.revokeObjectURL(url)));
    }
    return modules.get(text);
  }

  const styles = new Set();
  function style(text) {
    if (!text || styles.has(text)) return;
    styles.add(text);
    document.head.append(Object.assign(document.createElement("style"), { textContent: text }));
  }

  const models = new Map(); // model id -> promise of the model: two views of one widget share it
  function open(id, entry, widget) {
    if (!models.has(id)) {
      const model = new Model(entry);
      models.set(id, Promise.resolve(widget.initialize?.({ model })).then(() => model));
    }
    return models.get(id);
  }

  async function show(script, states) {
    const { model_id: id } = JSON.parse(script.textContent);
    const entry = states[id];
    const el = Object.assign(document.createElement("div"), { className: "d2lmini-live" });
    script.after(el);
    if (entry?.model_module !== "anywidget") {
      el.textContent = "This control needs a running Python kernel: open the notebook to use it.";
      return;
    }
    try {
      style(entry.state._css);
      const found = await load(entry.state._esm);
      const widget = typeof found === "function" ? await found() : found;
      await widget.render({ model: await open(id, entry, widget), el });
      script.closest(".d2lmini-figure")?.querySelector(".d2lmini-still")?.remove(); // the picture for pages without scripts
    } catch (error) {
      console.error(error);
      el.textContent = `This figure could not start: ${error.message}`;
    }
  }

  async function start() {
    const states = {};
    const all = (type) => [...document.querySelectorAll(`script[type="${type}"]`)];
    for (const script of all(STATE)) Object.assign(states, JSON.parse(script.textContent).state);
    await Promise.all(all(VIEW).map((script) => show(script, states)));
    document.documentElement.dataset.d2lminiFigures = "ready";
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
