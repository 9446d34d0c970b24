// Drawing of piano rolls on a canvas.  `area` is { x, y, width, height } in CSS pixels, `view` { start, seconds } in s.
const STATUS = ["kept", "moved", "lost", "added"];
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600];
const BINS = 64; // colours between the ends of a scale

// Colours that lie evenly between those of a scale.
function palette(scale) {
  const rgb = scale.map((colour) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16)));
  return Array.from({ length: BINS }, (_, i) => {
    const place = (i / (BINS - 1)) * (rgb.length - 1), low = Math.min(Math.floor(place), rgb.length - 2), share = place - low;
    return `rgb(${rgb[low].map((value, c) => Math.round(value + share * (rgb[low + 1][c] - value))).join(",")})`;
  });
}

class Roll {
  constructor(context, area, keys, view, ink) {
    Object.assign(this, { context, area, keys, view, ink });
    this.row = area.height / (keys[1] - keys[0] + 1);
    this.scale = area.width / view.seconds;
  }

  x(time) {
    return this.area.x + (time - this.view.start) * this.scale;
  }

  y(key) {
    return this.area.y + (this.keys[1] - key) * this.row;
  }

  time(x) {
    return this.view.start + (x - this.area.x) / this.scale;
  }

  key(y) {
    return this.keys[1] - Math.floor((y - this.area.y) / this.row);
  }

  // Rows of black keys, a line below every C, the keyboard and the names at the left.
  keyboard(gutter) {
    const { context: c, area, ink } = this;
    c.font = ink.font;
    c.textAlign = "right";
    c.textBaseline = "middle";
    const board = area.x - 2, width = gutter.keys;
    c.fillStyle = ink.ivory;
    c.fillRect(board - width, area.y, width, area.height);
    for (let key = this.keys[0]; key <= this.keys[1]; key++) {
      const y = this.y(key);
      if (BLACK.has(key % 12)) {
        c.fillStyle = ink.rows;
        c.fillRect(area.x, y, area.width, this.row);
        c.fillStyle = ink.ebony;
        c.fillRect(board - width, y + 0.3, width * 0.6, this.row - 0.6);
      }
      if (key % 12 === 0) {
        c.fillStyle = ink.grid;
        c.fillRect(area.x, y + this.row, area.width, 1);
        c.fillStyle = ink.text;
        c.fillText(keyName(key), board - width - 4, y + this.row / 2);
      }
    }
    c.strokeStyle = ink.grid;
    c.strokeRect(board - width + 0.5, area.y + 0.5, width, area.height);
  }

  // Indices of the notes that can be seen: those from `first` on whose end lies in the window.
  *seen(side, ends) {
    const last = lowerBound(side.onset, this.view.start + this.view.seconds);
    for (let i = lowerBound(side.latest, this.view.start); i < last; i++) if (ends[i] >= this.view.start) yield i;
  }

  notes(side, { ends, colour, ring, height }) {
    const { context: c, area } = this;
    c.save();
    c.beginPath();
    c.rect(area.x, area.y, area.width, area.height);
    c.clip();
    const tall = Math.max(2, this.row * height), middle = this.row / 2;
    for (const i of this.seen(side, ring || ends)) {
      const x = this.x(side.onset[i]), end = this.x(ends[i]), y = this.y(side.pitch[i]) + middle;
      c.fillStyle = colour(i);
      if (ring && ring[i] > ends[i]) {
        c.globalAlpha = 0.32;
        c.fillRect(end, y - tall / 3.4, this.x(ring[i]) - end, tall / 1.7);
        c.globalAlpha = 1;
      }
      c.fillRect(x, y - tall / 2, Math.max(1.5, end - x - (end - x > 5 ? 1 : 0)), tall);
    }
    c.restore();
  }

  // A symbol at the onset of every note that was moved, lost or added.
  marks(side, shown) {
    const { context: c, ink } = this;
    c.font = `bold ${ink.font}`;
    c.textAlign = "center";
    c.textBaseline = "middle";
    for (const i of this.seen(side, side.end)) {
      const name = STATUS[side.status[i]];
      if (!shown.includes(name)) continue;
      c.fillStyle = ink.status[name].colour;
      const x = this.x(side.onset[i]);
      if (x >= this.area.x) c.fillText(ink.status[name].symbol, x, this.y(side.pitch[i]) + this.row / 2);
    }
  }

  // The note of a side under a point: the one struck last.
  at(side, ends, x, y) {
    const time = this.time(x), key = this.key(y), slack = 3 / this.scale;
    let found = -1;
    for (const i of this.seen(side, ends)) {
      if (side.pitch[i] === key && side.onset[i] - slack <= time && ends[i] + slack >= time) found = i;
    }
    return found;
  }
}

// Written times below a picture, and lines through all panels above them.
function timeAxis(c, area, view, ink) {
  const step = STEPS.find((step) => view.seconds / step <= Math.max(3, area.width / 90)) ?? STEPS.at(-1);
  c.font = ink.font;
  c.textAlign = "center";
  c.textBaseline = "top";
  for (let tick = Math.ceil(view.start / step - 1e-9); tick * step <= view.start + view.seconds + 1e-9; tick++) {
    const x = area.x + ((tick * step - view.start) / view.seconds) * area.width;
    c.fillStyle = ink.grid;
    c.fillRect(Math.round(x), area.y, 1, area.height);
    c.fillStyle = ink.text;
    c.fillText(clock(tick * step, step < 1 ? 1 : 0), x, area.y + area.height + 4);
  }
}

// How far down the sustain pedal is; notes sound on from 64.
function pedalBand(c, area, view, pedal, ink) {
  c.fillStyle = ink.text;
  c.font = ink.font;
  c.textAlign = "right";
  c.textBaseline = "middle";
  c.fillText("Pedal", area.x - 6, area.y + area.height / 2);
  c.fillStyle = ink.shade;
  const x = (time) => area.x + ((Math.min(Math.max(time, view.start), view.start + view.seconds) - view.start) / view.seconds) * area.width;
  for (let i = Math.max(0, lowerBound(pedal.time, view.start) - 1); i < pedal.time.length && pedal.time[i] < view.start + view.seconds; i++) {
    const from = x(pedal.time[i]), to = x(i + 1 < pedal.time.length ? pedal.time[i + 1] : Infinity);
    const tall = (pedal.value[i] / 127) * area.height;
    c.fillRect(from, area.y + area.height - tall, to - from, tall);
  }
  c.fillStyle = ink.grid;
  c.fillRect(area.x, area.y + area.height / 2, area.width, 1);
}

// A bracket over the passage that was gone to, with lines down its sides.
function passageMark(c, area, view, [start, stop], ink) {
  const x = (time) => area.x + (Math.min(Math.max((time - view.start) / view.seconds, 0), 1)) * area.width;
  if (stop <= view.start || start >= view.start + view.seconds) return;
  c.fillStyle = ink.error;
  c.fillRect(x(start), area.y, Math.max(3, x(stop) - x(start)), 3);
  for (const time of [start, stop]) if (time >= view.start && time <= view.start + view.seconds) c.fillRect(x(time) - 0.5, area.y, 1, area.height);
}

// Thin lines where one code ends and the next begins, left out where they would lie too close to be told apart.
function codeBoundaries(c, area, view, times, ink) {
  c.save();
  c.globalAlpha = 0.45;
  c.fillStyle = ink.reconstruction;
  let before = -Infinity;
  for (let i = lowerBound(times, view.start); i < times.length && times[i] <= view.start + view.seconds; i++) {
    const x = area.x + ((times[i] - view.start) / view.seconds) * area.width;
    if (x - before < 3) continue;
    c.fillRect(x, area.y, 1, area.height);
    before = x;
  }
  c.restore();
}
