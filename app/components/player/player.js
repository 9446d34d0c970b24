// The player: transport, switching between the two sounds, one window over both rolls.
const LEAST_WINDOW = 0.5, MOST_WINDOW = 600; // s
const QUIET = 400; // ms without a new move, after which the page is told where the window stands

class Player {
  constructor(root) {
    this.root = root;
    this.find = (selector) => root.querySelector(selector);
    this.deck = new Deck(() => this.follow());
    this.store = globalThis.vqvaePlayer ??= { held: new Map(), listeners: new Set() };
    this.heard = (channel) => this.take(channel);
    this.store.listeners.add(this.heard);
    this.view = { start: 0, seconds: 15 };
    this.jumped = this.store.held.get("jump")?.count; // which the reader has seen already
    this.connect();
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.find(".stage"));
  }

  // The page's own choices: how to draw, and where to begin in a piece that is new here.
  update(data, tell) {
    this.tell = tell;
    this.data = data;
    if (this.source !== data.source) {
      this.source = data.source;
      this.view = { start: data.start, seconds: data.seconds };
      this.deck.pause();
      this.deck.held = this.chosen = data.at;
      this.passage = null;
    }
    for (const channel of ["notes", "sound", "jump"]) this.take(channel);
    this.draw();
  }

  take(channel) {
    const held = this.store.held.get(channel);
    if (!this.data || !held) return;
    if (channel === "notes" && held.key === this.data.key && this.notes !== held) {
      this.notes = held;
      this.piece = {
        ...held, original: columns(held.original), reconstruction: columns(held.reconstruction), pedal: columns(held.pedal),
        boundaries: columns(held.codes).boundaries,
      };
      this.look(this.view.start, this.view.seconds);
    }
    if (channel === "sound") this.listen(held.key === this.data.key ? held : null);
    if (channel === "jump" && held.source === this.data.source) this.goTo(held);
  }

  listen(sound) {
    const going = this.deck.playing ? this.deck.position : null;
    if (!sound || SIDES.some((side) => sound[side])) this.deck.load(sound);
    if (!this.deck.ready) this.wanted ??= going; // another bit rate goes on from where this one was
    this.doing = sound && sound.doing ? sound.doing : "";
    if (this.wanted != null && this.deck.ready) {
      this.start(this.wanted);
    }
    this.show();
  }

  // Where the page sends its reader: that passage is marked, and there it plays, as soon as it can be heard.
  goTo({ at, count, passage }) {
    this.passage = passage;
    if (count === this.jumped) return;
    this.jumped = count;
    this.chosen = at;
    this.move(at - this.view.seconds / 4);
    this.find(".player").scrollIntoView({ block: "nearest" });
    if (this.deck.ready) this.start(at);
    else this.seek((this.wanted = at));
  }

  connect() {
    this.find(".play").onclick = () => this.toggle();
    for (const button of this.root.querySelectorAll("[data-side]")) button.onclick = () => this.deck.choose(button.dataset.side);
    for (const button of this.root.querySelectorAll("[data-zoom]")) button.onclick = () => this.zoom(Number(button.dataset.zoom));
    const rolls = this.find(".rolls"), overview = this.find(".overview");
    this.find(".player").onkeydown = (event) => this.key(event);
    this.find(".sides").onkeyup = (event) => { if (event.key === " ") event.preventDefault(); }; // it plays and pauses there too
    rolls.onpointerdown = (event) => this.drag(event);
    rolls.onpointermove = (event) => this.hover(event);
    rolls.onpointerleave = () => { this.find(".tip").hidden = true; };
    rolls.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    overview.onpointerdown = (event) => {
      overview.setPointerCapture(event.pointerId);
      overview.onpointermove = (moved) => this.center(moved);
      overview.onpointerup = () => { overview.onpointermove = null; };
      this.center(event);
    };
  }

  key(event) {
    const span = this.view.seconds, act = {
      " ": () => this.toggle(), o: () => this.deck.choose("original"), r: () => this.deck.choose("reconstruction"),
      ArrowLeft: () => this.seek(this.deck.position - (event.shiftKey ? span / 2 : 1)),
      ArrowRight: () => this.seek(this.deck.position + (event.shiftKey ? span / 2 : 1)),
      PageUp: () => this.move(this.view.start - span), PageDown: () => this.move(this.view.start + span),
      Home: () => this.seek(0), End: () => this.seek(this.piece.seconds), "+": () => this.zoom(0.625), "-": () => this.zoom(1.6),
    }[event.key];
    if (!act || !this.piece || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " " && event.target.matches(".play, [data-zoom]")) return; // which is pressed by it
    event.preventDefault();
    act();
  }

  toggle() {
    if (!this.deck.playing) return this.start(this.deck.held);
    this.deck.pause();
    this.chosen = this.deck.held;
    this.move(this.view.start);
  }

  start(at) {
    this.wanted = null;
    this.uncover(at);
    this.deck.play(at).catch(() => {
      this.doing = "This browser cannot play the sounds: take them home as WAV files, below.";
      this.show();
    });
  }

  seek(at) {
    this.chosen = Math.min(Math.max(0, at), this.piece.seconds);
    this.deck.seek(this.chosen);
    this.uncover(this.chosen);
    this.move(this.view.start);
  }

  // Moves the window to a moment that lies outside it.
  uncover(at) {
    const { start, seconds } = this.view;
    if (at < start || at > start + seconds) this.look(at - seconds / 4, seconds);
  }

  // Moves by the reader: the page is told once they have come to rest, and which moment they chose last.
  move(start, seconds = this.view.seconds) {
    this.look(start, seconds);
    clearTimeout(this.telling);
    this.telling = setTimeout(() => {
      const { view, chosen } = this;
      this.tell("window", { start: round(view.start), seconds: round(view.seconds), at: round(chosen) });
    }, QUIET);
  }

  look(start, seconds) {
    const whole = this.piece ? this.piece.seconds : Infinity;
    this.view.seconds = Math.min(Math.max(seconds, LEAST_WINDOW), MOST_WINDOW, Math.max(whole, LEAST_WINDOW));
    this.view.start = Math.min(Math.max(0, start), Math.max(0, whole - this.view.seconds));
    this.draw();
  }

  zoom(factor, around = null) {
    if (!this.piece) return;
    const { start, seconds } = this.view, inside = this.deck.position >= start && this.deck.position <= start + seconds;
    const fixed = around ?? (inside ? this.deck.position : start + seconds / 2);
    this.move(fixed - (fixed - start) * factor, seconds * factor);
  }

  wheel(event) {
    if (!this.piece) return;
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.ctrlKey) this.zoom(1.0015 ** event.deltaY, this.timeAt(event));
    else if (Math.abs(sideways) > (event.shiftKey ? 0 : Math.abs(event.deltaY))) this.move(this.view.start + (sideways / this.place.all.width) * this.view.seconds);
    else return; // the page scrolls
    event.preventDefault();
  }

  timeAt(event) {
    const { x, width } = this.place.all;
    return this.view.start + ((event.offsetX - x) / width) * this.view.seconds;
  }

  // A drag moves the window, a click the playhead.
  drag(event) {
    const rolls = this.find(".rolls"), from = { x: event.offsetX, start: this.view.start };
    if (!this.piece || event.button) return;
    rolls.setPointerCapture(event.pointerId);
    let dragged = false;
    rolls.onpointermove = (moved) => {
      dragged ||= Math.abs(moved.offsetX - from.x) > 3;
      rolls.classList.toggle("dragged", dragged);
      if (dragged) this.move(from.start - ((moved.offsetX - from.x) / this.place.all.width) * this.view.seconds);
    };
    rolls.onpointerup = (up) => {
      rolls.classList.remove("dragged");
      rolls.onpointermove = (moved) => this.hover(moved);
      rolls.onpointerup = null;
      if (!dragged) this.seek(this.timeAt(up));
    };
  }

  center(event) {
    if (!this.piece) return;
    const time = this.overview.time(event.offsetX);
    this.move(time - this.view.seconds / 2);
    if (event.type === "pointerdown") this.seek(time);
  }

  hover(event) {
    const tip = this.find(".tip"), { offsetX: x, offsetY: y } = event;
    tip.hidden = true;
    if (!this.piece) return;
    const panel = this.place.rolls.find(({ area }) => x >= area.x && y >= area.y && y < area.y + area.height);
    if (!panel) return;
    const roll = new Roll(null, panel.area, this.piece.keys, this.view, this.ink);
    for (const name of panel.name === "original" ? ["original"] : panel.name === "overlay" ? ["reconstruction", "original"] : ["reconstruction"]) {
      const side = this.piece[name], i = roll.at(side, this.data.look.sounding ? side.ring : side.end, x, y);
      if (i < 0) continue;
      tip.textContent = said(side, i);
      tip.hidden = false;
      tip.style.left = `${Math.min(x + 14, this.place.all.x + this.place.all.width - 200)}px`;
      tip.style.top = `${y + 14}px`;
      return;
    }
  }

  draw() {
    if (!this.piece || !this.data || !this.find(".stage").clientWidth) return;
    const { look, shades, looks } = this.data;
    this.ink = inkOf(this.find(".player"), looks);
    this.ink.palettes = { velocity: palette(this.ink.velocity), error: palette(this.ink.errors) };
    this.place = drawRolls(this.find(".rolls"), this.piece, look, shades[look.shade], this.view, this.passage, this.ink);
    this.overview = drawOverview(this.find(".overview"), this.piece, this.view, this.deck.position, this.passage, this.ink);
    this.legend(look, shades[look.shade]);
    this.show();
  }

  legend(look, shading) {
    const place = this.find(".scale"), bar = document.createElement("i");
    if (look.mode === "overlay") return place.replaceChildren();
    bar.style.background = `linear-gradient(to right, ${this.ink[look.shade === "velocity" ? "velocity" : "errors"].join(",")})`;
    place.replaceChildren(`${shading.title}: ${shading.low} ${shading.low_said}`, bar, `${shading.high} ${shading.high_said}`);
  }

  // What changes while it plays: the playhead, the time, the buttons.
  show() {
    const { deck } = this, whole = this.piece ? Math.round(10 * this.piece.seconds) / 10 : 0;
    const at = this.piece && deck.position >= this.piece.seconds ? whole : deck.position; // the last note rings on
    const play = this.find(".play"), label = deck.playing ? "❚❚ Pause" : "▶ Play";
    if (play.textContent !== label) play.textContent = label;
    play.disabled = !deck.ready;
    for (const button of this.root.querySelectorAll("[data-side]")) {
      const chosen = String(button.dataset.side === deck.side);
      button.disabled = deck.playing && !deck.sound[button.dataset.side];
      if (button.getAttribute("aria-checked") !== chosen) button.setAttribute("aria-checked", chosen);
    }
    this.find(".time").textContent = `${clock(at)} / ${clock(whole)}`;
    this.find(".state").textContent = this.doing || "";
    const overview = this.find(".overview");
    overview.setAttribute("aria-valuemax", whole.toFixed(1));
    overview.setAttribute("aria-valuenow", at.toFixed(1));
    overview.setAttribute("aria-valuetext", clock(at));
    if (this.piece && this.place) this.head(at);
  }

  head(at) {
    const { view, place, ink } = this, canvas = this.find(".head");
    const rolls = this.find(".rolls"), end = clock(view.start + view.seconds);
    rolls.setAttribute("aria-label", `${this.data.title}: piano rolls from ${clock(view.start)} to ${end}, playhead at ${clock(at)}`);
    const c = prepared(canvas, rolls.clientWidth, place.height);
    if (at < view.start || at > view.start + view.seconds) return;
    c.fillStyle = ink.text;
    c.fillRect(place.all.x + ((at - view.start) / view.seconds) * place.all.width - 0.75, 0, 1.5, place.all.height);
  }

  follow() {
    this.show();
    if (!this.deck.playing || this.frame) return;
    this.before = this.deck.position;
    this.frame = requestAnimationFrame(() => this.animate());
  }

  // While it plays, once a frame; the window turns over when the playhead leaves it, unless the reader looks elsewhere.
  animate() {
    const at = this.deck.position, { start, seconds } = this.view, { before } = this;
    if (before >= start && before <= start + seconds && at > start + seconds) this.look(at - seconds * 0.04, seconds);
    else this.show();
    if (this.overview && Math.floor(at * 4) !== Math.floor(before * 4)) {
      this.overview = drawOverview(this.find(".overview"), this.piece, this.view, at, this.passage, this.ink);
    }
    this.before = at;
    this.frame = this.deck.playing ? requestAnimationFrame(() => this.animate()) : 0;
  }

  close() {
    clearTimeout(this.telling);
    cancelAnimationFrame(this.frame);
    this.observer.disconnect();
    this.store.listeners.delete(this.heard);
    this.deck.close();
  }
}

const round = (value) => Math.round(value * 1000) / 1000;
const players = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  if (!players.has(parentElement)) players.set(parentElement, new Player(parentElement));
  players.get(parentElement).update(data, setStateValue);
  return () => {
    players.get(parentElement)?.close();
    players.delete(parentElement);
  };
}
