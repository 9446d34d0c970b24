// The viewer: planes through one place in a volume, which the reader moves; a slice that is not here is asked for.
const TALLEST = 330, TALL = 370; // pixels: of views side by side, of one beside two flat ones
const FLAT = 0.4; // of the tallest view: two flatter ones lie one below the other
const SPACE = 14;
const GRIP = 9; // pixels around the divider
const QUIET = 250; // ms without a new move, after which the page is told
const PATIENCE = 4000; // ms for an answer
const SHARPEST = 255;

class Viewer {
  constructor(root) {
    this.root = root;
    this.find = (selector) => root.querySelector(selector);
    this.held = new Held();
    this.views = [];
    this.split = 0.5;
    this.questions = 0;
    this.connect();
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.find(".slices"));
  }

  // What the page wants shown, and slices that were asked for.
  update(data, tell) {
    this.tell = tell;
    const before = this.data;
    this.data = data;
    if (!before || before.source !== data.source) {
      this.held.clear();
      this.shades = { ...data.shades };
      this.toward = data.axis;
    }
    if (!before || before.source !== data.source || before.jump !== data.jump) {
      this.cursor = [...data.cursor];
      this.chosen = data.grid ? data.grid.chosen : null;
    }
    if (data.grid && data.grid.chosen === null) this.chosen = null;
    this.held.take(data);
    if (data.answer === this.asked) this.asked = null;
    this.arrange();
    this.draw();
    this.ask();
  }

  slice(plane) {
    return this.held.find(this.data, plane.axis, this.cursor[plane.axis]);
  }

  // One figure for every view; they are made anew only when there are others.
  arrange() {
    const { panels, planes } = this.data, wanted = JSON.stringify(panels);
    if (wanted !== this.arranged) {
      this.arranged = wanted;
      this.views = panels.map((panel) => this.view(panel));
      this.find(".views").replaceChildren(...this.views.map((view) => view.figure));
    }
    for (const view of this.views) view.plane = planes[view.panel.plane];
    const swiping = this.views.some((view) => this.mode(view) === "swipe");
    this.find(".splitting").hidden = !swiping;
    const grey = this.views.some((view) => !["error", "ssim"].includes(this.mode(view))); // else window and level change nothing
    for (const control of this.root.querySelectorAll(".shading")) control.hidden = !grey;
    for (const name of ["original", "reconstruction"]) this.find(`.${name}`).textContent = this.data.names[name];
    this.legend();
  }

  view(panel) {
    const figure = document.createElement("figure"), caption = document.createElement("figcaption"), canvas = document.createElement("canvas");
    const name = document.createElement("b"), said = document.createElement("span"), slider = document.createElement("input"), tip = document.createElement("div");
    figure.className = "view";
    caption.append(name, said);
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "img");
    Object.assign(slider, { type: "range", min: 1 });
    tip.className = "tip";
    tip.hidden = true;
    figure.append(caption, canvas, slider, tip);
    const view = { panel, figure, canvas, name, said, slider, tip };
    slider.oninput = () => this.scrub(view, Number(slider.value) - 1 - this.cursor[view.plane.axis]);
    canvas.onkeydown = (event) => this.key(view, event);
    canvas.onpointerdown = (event) => this.press(view, event);
    canvas.onpointermove = (event) => this.hover(view, event);
    canvas.onpointerleave = () => { tip.hidden = true; };
    canvas.addEventListener("wheel", (event) => this.wheel(view, event), { passive: false });
    return view;
  }

  connect() {
    const set = (low, high) => {
      this.shades = { low, high };
      this.draw();
      this.say();
    };
    const width = this.find(".width"), level = this.find(".level");
    const both = () => set(Number(level.value) - width.value / 2, Number(level.value) + width.value / 2);
    width.oninput = both;
    level.oninput = both;
    this.find(".full").onclick = () => set(0, SHARPEST);
    this.find(".split").oninput = () => {
      this.split = this.find(".split").value / 100;
      this.draw();
    };
    const course = this.find(".course");
    const go = (event) => this.goTo(courseAt(this.data.course, course.clientWidth).slice(event.offsetX));
    course.onpointerdown = (event) => {
      course.setPointerCapture(event.pointerId);
      course.onpointermove = go;
      course.onpointerup = () => { course.onpointermove = null; };
      go(event);
    };
    course.onkeydown = (event) => {
      const own = this.views.find((view) => view.plane.axis === this.data.axis);
      if (own) this.key(own, event);
    };
  }

  mode(view) {
    return view.panel.mode || this.data.mode;
  }

  // To a slice of those that were recorded.
  goTo(slice) {
    this.toward = this.data.axis;
    this.move(this.cursor.map((at, i) => (i === this.data.axis ? slice : at)));
  }

  scrub(view, by) {
    const axis = view.plane.axis;
    this.toward = axis;
    this.move(this.cursor.map((at, i) => (i === axis ? at + by : at)));
  }

  move(cursor) {
    this.cursor = cursor.map((at, i) => Math.max(0, Math.min(this.data.sizes[i] - 1, at)));
    this.draw();
    this.ask();
    this.say();
  }

  // Asks for what is not here; one question at a time, and the next one about where the reader is by then.
  ask() {
    const lacking = this.views.some(({ plane }) => !this.slice(plane) || !this.held.ahead(this.data, plane.axis, this.cursor[plane.axis]));
    if (!lacking || this.waiting()) return;
    clearTimeout(this.telling);
    this.report();
  }

  waiting() {
    return Boolean(this.asked) && performance.now() - this.since < PATIENCE;
  }

  // Tells the page where the reader has come to rest; not while it is at work on an answer, which it would begin anew.
  say() {
    clearTimeout(this.telling);
    this.telling = setTimeout(() => (this.waiting() ? this.say() : this.report()), QUIET);
  }

  report() {
    const { cursor, chosen, shades, toward } = this, { key, mode, source } = this.data, held = this.held.near(this.data, cursor);
    const [low, high] = [shades.low, shades.high].map(Math.round);
    this.asked = ++this.questions; // the last one is the one that is answered
    this.since = performance.now();
    this.tell("at", { cursor, toward, cell: chosen, low, high, source, question: this.asked, held: { key, mode, places: held } });
  }

  key(view, event) {
    const act = {
      ArrowUp: () => this.scrub(view, 1), ArrowRight: () => this.scrub(view, 1), ArrowDown: () => this.scrub(view, -1), ArrowLeft: () => this.scrub(view, -1),
      PageUp: () => this.scrub(view, 10), PageDown: () => this.scrub(view, -10),
      Home: () => this.scrub(view, -Infinity), End: () => this.scrub(view, Infinity),
      "[": () => this.divide(this.split - 0.05), "]": () => this.divide(this.split + 0.05), Enter: () => this.choose(view, this.cursor),
    }[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  }

  wheel(view, event) {
    if (view.canvas.getRootNode().activeElement !== view.canvas) return; // the page scrolls
    event.preventDefault();
    this.turned = (this.turned || 0) + event.deltaY;
    if (Math.abs(this.turned) < 30) return;
    this.scrub(view, this.turned < 0 ? 1 : -1);
    this.turned = 0;
  }

  divide(share) {
    this.split = Math.max(0, Math.min(1, share));
    this.find(".split").value = 100 * this.split;
    this.draw();
  }

  // The place in the volume that a pixel of a view shows.
  place(view, event) {
    const { plane, size } = view, [across, up] = plane.sides, share = Math.max(0, Math.min(0.9999, event.offsetX / size.width));
    const column = Math.floor((plane.flip ? 0.9999 - share : share) * plane.pixels[0]);
    const row = Math.floor((0.9999 - Math.max(0, Math.min(0.9999, event.offsetY / size.height))) * plane.pixels[1]);
    return this.cursor.map((at, i) => (i === across ? column : i === up ? row : at));
  }

  press(view, event) {
    if (event.button) return;
    const { canvas, size, tip } = view, from = { x: event.offsetX, y: event.offsetY, ...this.shades };
    const dividing = this.near(view, event), shading = event.shiftKey;
    canvas.setPointerCapture(event.pointerId);
    tip.hidden = true; // what it says would no longer be true
    const drag = (moved) => {
      if (dividing) this.divide(moved.offsetX / size.width);
      else if (shading) this.shade(from, moved);
      else this.move(this.place(view, moved));
    };
    if (!dividing && !shading) {
      this.choose(view, this.place(view, event));
      this.move(this.place(view, event));
    }
    canvas.onpointermove = drag;
    canvas.onpointerup = (last) => {
      canvas.onpointermove = (moved) => this.hover(view, moved);
      canvas.onpointerup = null;
      this.hover(view, last);
    };
  }

  // Shift and drag, as radiologists do: sideways the window, up and down the level.
  shade(from, { offsetX, offsetY }) {
    const width = Math.max(2, Math.min(255, from.high - from.low + offsetX - from.x)), level = (from.low + from.high) / 2 + (offsetY - from.y) / 2;
    this.shades = { low: level - width / 2, high: level + width / 2 };
    this.draw();
    this.say();
  }

  near(view, event) {
    return this.mode(view) === "swipe" && Math.abs(event.offsetX - this.split * view.size.width) < GRIP;
  }

  // The cell of codes under a place, when the view shows any.
  cell(view, cursor) {
    const { grid } = this.data;
    if (!grid || view.plane.axis !== grid.axis) return null;
    const [across, up] = view.plane.sides;
    return [Math.floor((cursor[across] + grid.pad[0]) / grid.cell), Math.floor((cursor[up] + grid.pad[1]) / grid.cell)];
  }

  choose(view, cursor) {
    const cell = this.cell(view, cursor);
    if (!cell) return;
    this.chosen = cell;
    this.draw();
    this.say();
  }

  hover(view, event) {
    const { tip, canvas } = view, slice = this.slice(view.plane);
    canvas.classList.toggle("dividing", this.near(view, event));
    tip.hidden = true;
    if (!slice || !view.size) return;
    const [across, up] = view.plane.sides, at = this.place(view, event), { low, high } = this.data.window;
    const x = Math.floor((at[across] / view.plane.pixels[0]) * slice.width), y = slice.height - 1 - Math.floor((at[up] / view.plane.pixels[1]) * slice.height);
    const values = ["original", "reconstruction"].map((name) => said(low + (slice[name][y * slice.width + x] / 255) * (high - low), high - low));
    const cell = this.cell(view, at), code = cell && slice.codes ? `\ncode ${slice.codes[cell[0] * this.data.grid.rows + cell[1]]}` : "";
    tip.textContent = `${values[0]} → ${values[1]}${code}`;
    tip.hidden = false;
    tip.style.left = `${Math.min(event.offsetX + 14, Math.max(0, view.size.width - 90))}px`;
    tip.style.top = `${canvas.offsetTop + event.offsetY + 14}px`;
  }

  // Sizes of all views in one scale, in pixels per mm: as large as fits.  Beside a tall view two flat ones lie one below the other.
  measure() {
    const wide = this.find(".views").clientWidth, { panels, spacing } = this.data;
    const sides = this.views.map(({ plane }) => plane.pixels.map((count, i) => count * spacing[plane.sides[i]]));
    const [acrosses, ups] = [0, 1].map((i) => sides.map((side) => side[i])), tallest = Math.max(...ups);
    const [first, ...others] = acrosses, narrow = wide < 560;
    const stacked = !narrow && panels.length > 2 && ups[0] === tallest && ups.slice(1).every((up) => up < FLAT * tallest);
    const row = stacked ? [first, Math.max(...others)] : acrosses, most = panels.length < 3 ? 1.35 * TALLEST : stacked ? TALL : TALLEST;
    const together = narrow ? wide / Math.max(...acrosses) : (wide - SPACE * (row.length - 1)) / row.reduce((sum, across) => sum + across, 0);
    const scale = Math.min(together, most / tallest);
    this.find(".views").classList.toggle("stacked", stacked);
    this.views.forEach((view, i) => {
      view.size = { width: Math.max(40, Math.floor(sides[i][0] * scale)), height: Math.max(40, Math.floor(sides[i][1] * scale)) };
    });
  }

  draw() {
    if (!this.data || !this.find(".views").clientWidth) return;
    const { sizes, grid, names } = this.data, font = getComputedStyle(this.find(".slices")).fontFamily;
    const { error, ssim, most } = this.data.scales;
    this.colours ??= { error: table(error), ssim: table(ssim), most };
    Object.assign(this.shades, this.colours, { table: greys(this.shades) });
    this.measure();
    for (const view of this.views) {
      const { plane, size } = view, at = this.cursor[plane.axis], mode = this.mode(view);
      view.slice = this.slice(plane) || view.slice;
      const shares = plane.sides.map((side, i) => (this.cursor[side] + 0.5) / plane.pixels[i]);
      const place = [(plane.flip ? 1 - shares[0] : shares[0]) * size.width, (1 - shares[1]) * size.height];
      const gridded = grid && grid.axis === plane.axis ? { ...grid, chosen: this.chosen } : null;
      view.figure.style.width = `${size.width}px`;
      drawSlice(view.canvas, view.slice, plane, { mode, shades: this.shades, split: this.split, at: place, grid: gridded, font }, size);
      const words = `${at + 1} of ${sizes[plane.axis]}`;
      view.name.textContent = this.data.panels.length < 3 ? names[mode] : plane.title;
      view.said.textContent = sizes[plane.axis] > 1 ? words : "";
      view.canvas.setAttribute("aria-label", `${this.data.title}: ${plane.title} slice ${words}, ${names[mode]}; arrow keys move through the slices`);
      view.canvas.dataset.ready = String(Boolean(this.slice(plane)));
      Object.assign(view.slider, { max: sizes[plane.axis], value: at + 1, hidden: sizes[plane.axis] < 2 });
      view.slider.setAttribute("aria-label", `${plane.title} slice`);
    }
    this.drawCourse(font);
    this.sayWindow();
  }

  drawCourse(font) {
    const canvas = this.find(".course"), { course, sizes, axis } = this.data, at = this.cursor[axis];
    canvas.hidden = sizes[axis] < 2;
    if (canvas.hidden) return;
    const style = getComputedStyle(this.find(".slices"));
    drawCourse(canvas, course, at, { font, text: style.color, accent: style.getPropertyValue("--st-primary-color") || "#0b5cad" });
    const value = course.values[at];
    canvas.setAttribute("aria-label", course.title);
    canvas.setAttribute("aria-valuemax", sizes[axis]);
    canvas.setAttribute("aria-valuenow", at + 1);
    canvas.setAttribute("aria-valuetext", `slice ${at + 1}: ${value === null ? "no brain in it" : value.toFixed(3)}${course.faint.includes(at) ? ", only a trace of brain" : ""}`);
  }

  sayWindow() {
    const { low, high } = this.data.window, { shades } = this, all = high - low, width = shades.high - shades.low, level = (shades.low + shades.high) / 2;
    this.find(".width").value = width;
    this.find(".level").value = level;
    this.find(".width-said").textContent = said((width / 255) * all, all);
    this.find(".level-said").textContent = said(low + (level / 255) * all, all);
    this.find(".full").disabled = shades.low === 0 && shades.high === SHARPEST;
  }

  legend() {
    const place = this.find(".scale"), bar = document.createElement("i"), modes = this.views.map((view) => this.mode(view));
    const { error, ssim, most } = this.data.scales, css = (scale) => scale.map(([share, colour]) => `${colour} ${100 * share}%`).join(",");
    if (modes.includes("error")) {
      bar.style.background = `linear-gradient(to right, ${css(error)})`;
      place.replaceChildren(`${100 * most} % of the window darker`, bar, `${100 * most} % brighter`);
    } else if (modes.includes("ssim")) {
      bar.style.background = `linear-gradient(to right, ${css(ssim)})`;
      place.replaceChildren("SSIM 0", bar, "1 (alike)");
    } else place.replaceChildren();
  }

  close() {
    clearTimeout(this.telling);
    this.observer.disconnect();
  }
}

// An intensity, as finely as the window asks for.
const said = (value, range) => (range > 20 ? value.toFixed(0) : value.toPrecision(3));
const viewers = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  if (!viewers.has(parentElement)) viewers.set(parentElement, new Viewer(parentElement));
  viewers.get(parentElement).update(data, setStateValue);
  return () => {
    viewers.get(parentElement)?.close();
    viewers.delete(parentElement);
  };
}
