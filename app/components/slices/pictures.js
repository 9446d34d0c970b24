// How a slice becomes pixels, and what is drawn over it.
const LINE = "rgba(255, 255, 255, 0.7)", EDGE = "rgba(0, 0, 0, 0.6)", MARK = "#ffb000"; // light with dark edges: seen on black and on pale maps

// A table of 256 colours: [r, g, b] by value.
function greys({ low, high }) {
  const most = Math.max(1, high - low);
  return Array.from({ length: 256 }, (_, value) => Array(3).fill(Math.max(0, Math.min(255, Math.round((255 * (value - low)) / most)))));
}

// A table of 256 colours along a scale: [[share, "#rrggbb"], …].
function table(scale) {
  const parts = scale.map(([share, colour]) => [share, [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16))]);
  return Array.from({ length: 256 }, (_, value) => {
    const above = Math.max(1, parts.findIndex(([share]) => share >= value / 255)), [[from, low], [to, high]] = [parts[above - 1], parts[above]];
    return low.map((part, i) => Math.round(part + ((value / 255 - from) / (to - from)) * (high[i] - part)));
  });
}

function coloured(width, height, colour) {
  const canvas = new OffscreenCanvas(width, height), image = new ImageData(width, height), data = image.data;
  for (let i = 0; i < width * height; i++) {
    const [r, g, b] = colour(i);
    data[4 * i] = r;
    data[4 * i + 1] = g;
    data[4 * i + 2] = b;
    data[4 * i + 3] = 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

// A slice as it was sent: the pictures that were made of it are kept until the window changes.
class Slice {
  constructor(sent) {
    this.width = sent.width;
    this.height = sent.height;
    for (const name of ["original", "reconstruction", "ssim"]) if (sent[name]) this[name] = bytes(sent[name]);
    if (sent.codes) this.codes = new Uint16Array(bytes(sent.codes).buffer);
    this.made = new Map();
  }

  // What "original", "reconstruction", "error" or "ssim" looks like; null when it was not sent.
  picture(name, shades) {
    const key = name === "error" || name === "ssim" ? name : `${name} ${shades.low} ${shades.high}`;
    if (name !== "error" && !this[name]) return null;
    if (!this.made.has(key)) {
      if (this.made.size > 3) this.made.clear();
      this.made.set(key, this._draw(name, shades));
    }
    return this.made.get(key);
  }

  _draw(name, shades) {
    const { width, height } = this;
    if (name === "error") {
      const half = 0.5 / shades.most, colours = shades.error; // of one difference, in steps of the table
      return coloured(width, height, (i) => colours[Math.max(0, Math.min(255, Math.round(127.5 + half * (this.reconstruction[i] - this.original[i]))))]);
    }
    const colours = name === "ssim" ? shades.ssim : shades.table, values = this[name];
    return coloured(width, height, (i) => colours[values[i]]);
  }
}

// One slice in a canvas: `sight` says how it is looked at.
function drawSlice(canvas, slice, plane, sight, size) {
  const c = prepared(canvas, size.width, size.height);
  c.fillStyle = "#000";
  c.fillRect(0, 0, size.width, size.height);
  if (slice) {
    const left = slice.picture(sight.mode === "swipe" ? "original" : sight.mode, sight.shades);
    if (left) lay(c, left, plane.flip, size);
    if (sight.mode === "swipe") {
      const at = sight.split * size.width;
      c.save();
      c.beginPath();
      c.rect(at, 0, size.width - at, size.height);
      c.clip();
      lay(c, slice.picture("reconstruction", sight.shades), plane.flip, size);
      c.restore();
      drawDivider(c, at, size);
    }
    if (sight.grid) drawGrid(c, slice, plane, sight.grid, size, sight.mode === "ssim" ? "rgba(0, 0, 0, 0.3)" : "rgba(255, 255, 255, 0.22)");
  }
  drawCursor(c, sight.at, size);
  drawLetters(c, plane, sight.at, size, sight.font);
}

function lay(c, picture, flip, { width, height }) {
  c.save();
  if (flip) {
    c.translate(width, 0);
    c.scale(-1, 1);
  }
  c.imageSmoothingEnabled = true;
  c.imageSmoothingQuality = "high";
  c.drawImage(picture, 0, 0, width, height);
  c.restore();
}

// Its handle lies where no letter does: those are in the middle of the sides.
function drawDivider(c, at, { height }) {
  const middle = height > 120 ? 0.72 * height : height / 2;
  c.fillStyle = MARK;
  c.fillRect(at - 1, 0, 2, height);
  c.beginPath();
  c.arc(at, middle, 8, 0, 2 * Math.PI);
  c.fill();
  c.fillStyle = "#000";
  c.font = "bold 11px sans-serif";
  c.textAlign = "center";
  c.textBaseline = "middle";
  c.fillText("↔", at, middle);
}

// Where the other two views cut this one; open in the middle, so that the place itself is seen.
function drawCursor(c, [x, y], { width, height }) {
  c.beginPath();
  for (const [from, to] of [[0, x - 9], [x + 9, width]]) if (to > from) line(c, from, y, to, y);
  for (const [from, to] of [[0, y - 9], [y + 9, height]]) if (to > from) line(c, x, from, x, to);
  for (const [colour, thickness] of [[EDGE, 3], [LINE, 1]]) {
    c.strokeStyle = colour;
    c.lineWidth = thickness;
    c.stroke();
  }
}

function line(c, fromX, fromY, toX, toY) {
  c.moveTo(fromX, fromY);
  c.lineTo(toX, toY);
}

// In the middle of the sides, but beside a line of the cursor that would cross them: an I is not to be told from it.
function drawLetters(c, { left, right, top, bottom }, at, { width, height }, font) {
  const [across, up] = [width / 2, height / 2].map((middle, i) => (Math.abs(at[i] - middle) < CLEAR ? at[i] + CLEAR : middle));
  c.font = `600 12px ${font}`;
  c.textBaseline = "middle";
  c.lineWidth = 3;
  c.strokeStyle = "#000";
  c.fillStyle = "#fff";
  for (const [letter, x, y, align] of [
    [left, 5, up, "left"], [right, width - 5, up, "right"], [top, across, 10, "center"], [bottom, across, height - 9, "center"],
  ]) {
    if (!letter) continue;
    c.textAlign = align;
    c.strokeText(letter, x, y);
    c.fillText(letter, x, y);
  }
}

// The cells of a slice that codes stand for; those that have the code of the chosen one are filled.
function drawGrid(c, slice, plane, grid, size, lines) {
  const place = cells(plane, grid, size);
  c.strokeStyle = lines;
  c.lineWidth = 1;
  c.beginPath();
  for (let i = 0; i <= grid.columns; i++) line(c, place.x(i), 0, place.x(i), size.height);
  for (let j = 0; j <= grid.rows; j++) line(c, 0, place.y(j), size.width, place.y(j));
  c.stroke();
  if (!grid.chosen || !slice.codes) return;
  const [column, row] = grid.chosen, code = slice.codes[column * grid.rows + row];
  c.fillStyle = "rgba(255, 176, 0, 0.38)";
  for (let i = 0; i < grid.columns; i++) {
    for (let j = 0; j < grid.rows; j++) if (slice.codes[i * grid.rows + j] === code) c.fillRect(...place.box(i, j));
  }
  c.strokeStyle = MARK;
  c.lineWidth = 2;
  c.strokeRect(...place.box(column, row));
}

// Where cells lie: column i begins at pixel i * cell - pad of the slice, counted from its left (lowest) side; row j from its lowest.
function cells(plane, grid, { width, height }) {
  const x = (i) => {
    const share = (i * grid.cell - grid.pad[0]) / plane.pixels[0];
    return (plane.flip ? 1 - share : share) * width;
  };
  const y = (j) => (1 - (j * grid.cell - grid.pad[1]) / plane.pixels[1]) * height;
  const box = (i, j) => [Math.min(x(i), x(i + 1)), y(j + 1), Math.abs(x(i + 1) - x(i)), y(j) - y(j + 1)];
  return { x, y, box };
}

// A score along the slices: { title, values, worst, faint }, nulls where it has none; where the reader is, and the worst place.
function drawCourse(canvas, course, at, look) {
  const width = canvas.clientWidth, c = prepared(canvas, width, COURSE.height), place = courseAt(course, width);
  const known = course.values.filter((value) => value !== null), least = Math.min(...known), most = Math.max(...known);
  const y = (value) => COURSE.top + (1 - (value - least) / Math.max(1e-9, most - least)) * (COURSE.height - COURSE.top - COURSE.bottom);
  c.font = `11px ${look.font}`;
  c.fillStyle = look.text;
  c.textAlign = "left";
  c.textBaseline = "top";
  c.fillText(course.title, 0, 0);
  c.textBaseline = "middle";
  c.textAlign = "right";
  for (const value of most > least ? [least, most] : [most]) c.fillText(value.toFixed(3), COURSE.left - 6, y(value));
  c.strokeStyle = look.accent;
  c.fillStyle = look.accent;
  c.lineWidth = 1.5;
  const faint = new Set(course.faint), { values } = course;
  for (const pale of [false, true]) {
    c.globalAlpha = pale ? PALE : 1;
    c.beginPath();
    for (let i = 1; i < values.length; i++) {
      if (values[i] === null || values[i - 1] === null || (faint.has(i) || faint.has(i - 1)) !== pale) continue;
      line(c, place.x(i - 1), y(values[i - 1]), place.x(i), y(values[i]));
    }
    c.stroke();
    values.forEach((value, i) => { if (value !== null && known.length < 80 && faint.has(i) === pale) dot(c, place.x(i), y(value), 2.2); });
  }
  c.globalAlpha = 1;
  if (course.worst !== null) {
    c.fillStyle = "#d9730d";
    dot(c, place.x(course.worst), y(course.values[course.worst]), 4.5);
  }
  c.strokeStyle = look.text;
  c.lineWidth = 1;
  c.beginPath();
  line(c, place.x(at), COURSE.top - 4, place.x(at), COURSE.height - 2);
  c.stroke();
}

function dot(c, x, y, radius) {
  c.beginPath();
  c.arc(x, y, radius, 0, 2 * Math.PI);
  c.fill();
}

const CLEAR = 13; // pixels from the middle of a letter to a line beside it
const PALE = 0.35; // of what decides nothing
const COURSE = { height: 84, top: 22, bottom: 8, left: 46, right: 10 };

// Where slices stand on a course of so many pixels.
function courseAt(course, width) {
  const step = (width - COURSE.left - COURSE.right) / Math.max(1, course.values.length - 1);
  return { x: (i) => COURSE.left + i * step, slice: (x) => Math.round((x - COURSE.left) / step) };
}
