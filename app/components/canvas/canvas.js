// A canvas to draw one digit on: light ink on black; every finished stroke is told as pixels.
const SIDE = 112; // pixels along both sides, of what is told
const PEN = 9; // pixels wide, of those

class Pad {
  constructor(root) {
    this.canvas = root.querySelector("canvas");
    this.canvas.width = this.canvas.height = SIDE;
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    this.undo = root.querySelector(".undo");
    this.clear = root.querySelector(".clear");
    this.said = root.querySelector("span");
    this.strokes = [];
    this.drawing = null; // the pointer that draws
    this.undo.onclick = () => this.keep(this.strokes.slice(0, -1));
    this.clear.onclick = () => this.keep([]);
    this.canvas.onpointerdown = (event) => this.start(event);
    this.canvas.onpointermove = (event) => this.go(event);
    this.canvas.onpointerup = this.canvas.onpointercancel = (event) => this.stop(event);
    this.canvas.onkeydown = (event) => {
      if (event.key === "Backspace") this.undo.onclick();
      else if (event.key === "Delete") this.clear.onclick();
      else return;
      event.preventDefault();
    };
    this.paint();
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
  }

  start(event) {
    if (event.button > 0 || this.drawing !== null) return;
    this.drawing = event.pointerId;
    this.canvas.setPointerCapture(event.pointerId);
    this.strokes.push([this.place(event)]);
    this.paint();
  }

  go(event) {
    if (event.pointerId !== this.drawing) return;
    const between = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const each of between.length ? between : [event]) this.strokes[this.strokes.length - 1].push(this.place(each));
    this.paint();
  }

  stop(event) {
    if (event.pointerId !== this.drawing) return;
    this.drawing = null;
    this.tell();
  }

  keep(strokes) {
    this.strokes = strokes;
    this.paint();
    this.tell();
  }

  paint() {
    const context = this.context;
    context.fillStyle = "#000";
    context.fillRect(0, 0, SIDE, SIDE);
    context.strokeStyle = "#fff";
    context.lineWidth = PEN;
    context.lineCap = context.lineJoin = "round";
    for (const stroke of this.strokes) {
      context.beginPath();
      context.moveTo(stroke[0][0], stroke[0][1] + 0.01); // so that a dot is seen
      for (const [x, y] of stroke) context.lineTo(x, y);
      context.stroke();
    }
    this.undo.disabled = this.clear.disabled = !this.strokes.length;
    this.said.textContent = this.strokes.length ? "" : "Draw a digit";
  }

  // The pixels as base64, one byte each, row by row; nothing of an empty canvas.
  tell() {
    if (!this.strokes.length) return;
    const rgba = this.context.getImageData(0, 0, SIDE, SIDE).data;
    let text = "";
    for (let at = 0; at < rgba.length; at += 4) text += String.fromCharCode(rgba[at]);
    this.told("drawing", { pixels: btoa(text), side: SIDE });
  }
}

const pads = new Map();

export default function ({ parentElement, setStateValue }) {
  if (!pads.has(parentElement)) pads.set(parentElement, new Pad(parentElement));
  pads.get(parentElement).told = setStateValue;
  return () => pads.delete(parentElement);
}
