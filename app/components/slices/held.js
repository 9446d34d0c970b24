// Slices that were sent: those that are here need not be sent again, and more are asked for before the reader gets to the last of them.
const KEPT = 300; // slices
const REACH = 12; // slices to either side that an answer may hold
const EARLY = 2; // slices before the last one to either side, from which on more are asked for

class Held {
  constructor() {
    this.slices = new Map();
  }

  clear() {
    this.slices.clear();
  }

  take({ key, slices }) {
    for (const [place, sent] of Object.entries(slices)) {
      const name = `${key} ${place}`;
      this.slices.delete(name);
      this.slices.set(name, new Slice(sent));
    }
    while (this.slices.size > KEPT) this.slices.delete(this.slices.keys().next().value);
  }

  // A slice across an axis, once everything that is shown of it is here.
  find({ key, mode, grid }, axis, at) {
    const found = this.slices.get(`${key} ${axis}:${at}`), coded = !grid || axis !== grid.axis || found?.codes;
    return found && coded && (mode !== "ssim" || found.ssim) ? found : null;
  }

  // Whether the next slices to either side are here.
  ahead(data, axis, at) {
    const reach = Math.min(data.ahead[axis], Math.max(1, data.ahead[axis] - EARLY));
    for (let step = 1; step <= reach; step++) {
      for (const next of [at - step, at + step]) if (next >= 0 && next < data.sizes[axis] && !this.find(data, axis, next)) return false;
    }
    return true;
  }

  // The slices around a place that need not be sent again.
  near(data, cursor) {
    const found = [];
    cursor.forEach((at, axis) => {
      for (let next = at - REACH; next <= at + REACH; next++) if (this.find(data, axis, next)) found.push(`${axis}:${next}`);
    });
    return found;
  }
}
