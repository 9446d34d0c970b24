const KINDS = { float32: Float32Array, uint8: Uint8Array };

// { name: { kind, data } } -> { name: typed array }; machines that browsers run on are little-endian, as the sender is told to be.
function columns(packed) {
  const found = {};
  for (const [name, { kind, data }] of Object.entries(packed)) found[name] = new KINDS[kind](bytes(data).buffer);
  return found;
}

// The number of values in the sorted array that are smaller than `value`.
function lowerBound(values, value) {
  let low = 0, high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Time as on a clock, with tenths: 0:07.4
function clock(seconds, digits = 1) {
  const unit = 10 ** digits, whole = Math.max(0, Math.floor(seconds * unit + 1e-6));
  const minutes = Math.floor(whole / (60 * unit)), rest = (whole % (60 * unit)) / unit;
  const said = rest.toFixed(digits).padStart(digits ? 3 + digits : 2, "0");
  const hours = Math.floor(minutes / 60);
  return hours ? `${hours}:${String(minutes % 60).padStart(2, "0")}:${said}` : `${minutes}:${said}`;
}

const NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
const BLACK = new Set([1, 3, 6, 8, 10]);
const keyName = (key) => `${NAMES[key % 12]}${Math.floor(key / 12) - 1}`;
