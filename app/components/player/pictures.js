// What stands in the player's canvases: two rolls or one, the pedal below, the whole piece above.
const GUTTER = { left: 64, keys: 14, right: 10 };
const HEIGHTS = { two: 164, one: 300, pedal: 22, space: 8, axis: 20, title: 19 };

function inkOf(host, looks) {
  const style = getComputedStyle(host), background = style.getPropertyValue("--st-background-color") || "#ffffff";
  const text = style.getPropertyValue("--st-text-color") || "#0a0d12";
  const look = looks[isDark(background) ? "dark" : "light"];
  return { ...look, text, font: `11px ${style.getPropertyValue("--st-font") || "sans-serif"}` };
}

// Whether a colour of the theme is a dark one.
function isDark(colour) {
  const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  probe.fillStyle = colour.trim();
  probe.fillRect(0, 0, 1, 1);
  const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
  return 0.299 * r + 0.587 * g + 0.114 * b < 128;
}

// Where everything stands: the panels' areas, and the height of all.
function layout(width, mode, pedalled) {
  const inner = { x: GUTTER.left, width: Math.max(50, width - GUTTER.left - GUTTER.right) }, rolls = [];
  let y = 0;
  for (const name of mode === "fold" ? ["original", "reconstruction"] : [mode]) {
    y += HEIGHTS.title;
    rolls.push({ name, area: { ...inner, y, height: mode === "fold" ? HEIGHTS.two : HEIGHTS.one } });
    y += rolls.at(-1).area.height + HEIGHTS.space;
  }
  const pedal = { ...inner, y, height: pedalled ? HEIGHTS.pedal : 0 }, bottom = y + pedal.height - (pedalled ? 0 : HEIGHTS.space);
  return { rolls, pedal, all: { ...inner, y: 0, height: bottom }, height: bottom + HEIGHTS.axis };
}

// The colour of a note by the shading chosen.
function painter(side, look, shading, ink) {
  const { low, high, column } = shading, values = side[column], colours = ink.palettes[look.shade === "velocity" ? "velocity" : "error"];
  return (i) => {
    const value = Number.isNaN(values[i]) ? 0 : values[i];
    return colours[Math.max(0, Math.min(BINS - 1, Math.round(((value - low) / (high - low)) * (BINS - 1))))];
  };
}

function drawRolls(canvas, piece, look, shading, view, passage, ink) {
  const width = canvas.clientWidth, pedalled = piece.pedal.time.length > 0;
  const place = layout(width, look.mode, pedalled), c = prepared(canvas, width, place.height);
  timeAxis(c, place.all, view, ink);
  for (const { name, area } of place.rolls) {
    const roll = new Roll(c, area, piece.keys, view, ink);
    roll.keyboard(GUTTER);
    c.textAlign = "left";
    c.textBaseline = "bottom";
    c.fillStyle = ink.text;
    c.fillText(look.titles[name], area.x + 5, area.y - 5);
    if (name === "overlay") drawOverlay(roll, piece, look, ink);
    else {
      const side = piece[name === "difference" ? "reconstruction" : name];
      roll.notes(side, { ends: side.end, ring: look.sounding ? side.ring : null, colour: painter(side, look, shading, ink), height: 0.86 });
    }
    roll.marks(piece.original, name === "reconstruction" ? [] : name === "original" ? ["moved", "lost"] : ["lost"]);
    roll.marks(piece.reconstruction, name === "original" ? [] : name === "reconstruction" ? ["moved", "added"] : ["added"]);
  }
  if (passage) passageMark(c, place.all, view, passage, ink);
  if (pedalled) pedalBand(c, place.pedal, view, piece.pedal, ink);
  if (look.boundaries) codeBoundaries(c, place.all, view, piece.boundaries, ink);
  return place;
}

// The original in its neutral colour, the reconstruction as a narrower bar on top of it.
function drawOverlay(roll, piece, look, ink) {
  const { original, reconstruction } = piece, ring = (side) => (look.sounding ? side.ring : null);
  roll.notes(original, { ends: original.end, ring: ring(original), colour: () => ink.shade, height: 0.94 });
  roll.notes(original, { ends: original.end, colour: () => ink.shade, height: 0.94 });
  roll.notes(reconstruction, { ends: reconstruction.end, ring: ring(reconstruction), colour: () => ink.reconstruction, height: 0.34 });
}

// The whole piece on one line, the damage along it, and where the window stands.
function drawOverview(canvas, piece, view, at, passage, ink) {
  const width = canvas.clientWidth, height = 58, c = prepared(canvas, width, height);
  const area = { x: GUTTER.left, y: 2, width: Math.max(50, width - GUTTER.left - GUTTER.right), height: 30 }, damage = { y: 36, height: 18 };
  const roll = new Roll(c, area, piece.keys, { start: 0, seconds: piece.seconds }, ink);
  c.globalAlpha = 0.55;
  roll.notes(piece.original, { ends: piece.original.end, colour: () => ink.original, height: 0.9 });
  c.globalAlpha = 1;
  const step = area.width / piece.damage.length, most = Math.max(1, ...piece.damage);
  c.fillStyle = ink.error;
  piece.damage.forEach((value, i) => {
    const tall = (value / most) * damage.height;
    c.fillRect(area.x + i * step, damage.y + damage.height - tall, Math.max(1, step - 0.5), tall);
  });
  c.fillStyle = ink.text;
  c.font = ink.font;
  c.textAlign = "right";
  c.textBaseline = "middle";
  c.fillText("Piece", area.x - 6, area.y + area.height / 2);
  c.fillText("Damage", area.x - 6, damage.y + damage.height / 2);
  c.fillStyle = ink.band;
  c.strokeStyle = ink.reconstruction;
  const x = roll.x(view.start), wide = Math.max(3, view.seconds * roll.scale);
  c.fillRect(x, 0, wide, height);
  c.strokeRect(x + 0.5, 0.5, wide - 1, height - 1);
  if (passage) passageMark(c, { ...area, y: 0, height }, { start: 0, seconds: piece.seconds }, passage, ink);
  c.fillStyle = ink.text;
  c.fillRect(roll.x(at) - 0.5, 0, 1.5, height);
  return roll;
}

// What the pointer reads of a note.
function said(side, i) {
  const status = STATUS[side.status[i]], lines = [`${keyName(side.pitch[i])} at ${side.onset[i].toFixed(3)} s, ${status}`];
  const rings = side.ring[i] - side.end[i] > 0.005 ? `, sounds for ${(side.ring[i] - side.onset[i]).toFixed(2)} s` : "";
  lines.push(`velocity ${side.velocity[i]}, key held for ${(side.end[i] - side.onset[i]).toFixed(2)} s${rings}`);
  if (!Number.isNaN(side.onset_error_ms[i])) {
    const late = side.onset_error_ms[i], longer = 2 ** side.duration_log_ratio[i], louder = Math.round(side.velocity_error[i]);
    lines.push(`reconstructed ${Math.abs(late).toFixed(1)} ms ${late > 0 ? "late" : "early"}, ${longer.toFixed(2)} times as long, `
      + (louder ? `${Math.abs(louder)} ${louder > 0 ? "louder" : "softer"}` : "as loud"));
  }
  return lines.join("\n");
}
