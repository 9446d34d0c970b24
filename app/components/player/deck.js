// Two sounds on one clock: both play all the time, and only one is let through, so that switching keeps the position to the sample.
// A sound comes in segments, which are decoded shortly before they are due: a long piece takes no more memory than a short one.
const SIDES = ["original", "reconstruction"];
const AHEAD = 0.06; // s between asking for a sound and hearing it
const MOST_DECODED = 8;
const SWITCHING = 0.004; // s, time constant of the switch, against clicks

class Deck {
  constructor(onChange) {
    this.onChange = onChange;
    this.side = "original";
    this.playing = false;
    this.held = 0; // s, where it stands while it does not play
    this.turn = 0; // counts starts and stops, so that what was decoded too late is not heard
    this.sources = [];
    this.due = new Set(); // what of the sound the clock has been told to play
    this.decoded = new Map();
    this.sound = null;
  }

  // A sound, or more of the one that is loaded.
  load(sound) {
    if (sound && this.sound && sound.key === this.sound.key) {
      if (SIDES.some((side) => sound[side] && !this.sound[side])) this._join(sound);
      return;
    }
    if (sound === this.sound) return;
    this.pause();
    this.sound = sound;
    this.decoded.clear();
  }

  // Whether the chosen side can be heard.
  get ready() {
    return Boolean(this.sound && this.sound[this.side]);
  }

  get seconds() {
    return this.sound ? this.sound.seconds : 0;
  }

  get position() {
    return this.playing ? Math.min(Math.max(this.context.currentTime - this.zero, this.held), this.seconds) : this.held;
  }

  async play(at = this.held) {
    this.pause();
    if (!this.ready) return;
    this.held = at < this.seconds ? Math.max(0, at) : 0;
    const turn = this.turn;
    this._open();
    await this.context.resume();
    const first = Math.floor(this.held / this.sound.length);
    await this._decode(first);
    if (turn !== this.turn) return;
    this.zero = this.context.currentTime + AHEAD - this.held;
    this.playing = true;
    this.next = first + 1;
    this._schedule(first);
    this.timer = setInterval(() => this._goOn(), 200);
    this.onChange();
  }

  pause() {
    this.held = this.position;
    this.turn += 1;
    this.playing = false;
    clearInterval(this.timer);
    for (const source of this.sources) source.stop();
    this.sources = [];
    this.due.clear();
    this.onChange();
  }

  seek(at) {
    if (this.playing) this.play(at);
    else this.held = Math.min(Math.max(0, at), this.seconds || at);
  }

  choose(side) {
    if (this.playing && !this.sound[side]) return; // it cannot be heard yet
    this.side = side;
    if (this.context) for (const name of SIDES) this.gains[name].gain.setTargetAtTime(+(name === side), this.context.currentTime, SWITCHING);
    this.onChange();
  }

  close() {
    this.pause();
    if (this.context) this.context.close();
    this.context = null;
  }

  _open() {
    if (this.context) return;
    this.context = new AudioContext({ sampleRate: this.sound.rate });
    this.gains = {};
    for (const name of SIDES) {
      this.gains[name] = this.context.createGain();
      this.gains[name].gain.value = +(name === this.side);
      this.gains[name].connect(this.context.destination);
    }
  }

  // The side that was not there yet joins in where the other one plays.
  async _join(sound) {
    const turn = this.turn;
    this.sound = { ...this.sound, ...sound };
    if (!this.playing) return;
    for (let number = Math.floor(this.position / sound.length); number < this.next; number++) {
      await this._decode(number);
      if (turn !== this.turn) return;
      this._schedule(number);
    }
  }

  async _decode(number) {
    await Promise.all(SIDES.map(async (side) => {
      const key = `${side} ${number}`, segment = this.sound[side]?.[number];
      if (!segment || this.decoded.has(key)) return;
      const sound = this.sound, buffer = await this.context.decodeAudioData(bytes(segment).buffer);
      if (sound.key !== this.sound?.key) return;
      this.decoded.set(key, buffer);
      while (this.decoded.size > MOST_DECODED) this.decoded.delete(this.decoded.keys().next().value);
    }));
  }

  _schedule(number) {
    const start = number * this.sound.length, from = Math.max(start, this.held);
    for (const side of SIDES) {
      const key = `${side} ${number}`, buffer = this.decoded.get(key);
      if (!buffer || from - start >= buffer.duration || this.due.has(key)) continue;
      this.due.add(key);
      const source = this.context.createBufferSource();
      source.buffer = buffer;
      source.connect(this.gains[side]);
      source.onended = () => { this.sources = this.sources.filter((other) => other !== source); };
      const late = Math.max(0, this.context.currentTime + AHEAD - (this.zero + from)); // decoded after it was due
      source.start(this.zero + from + late, from - start + late);
      this.sources.push(source);
    }
  }

  async _goOn() {
    if (this.position >= this.seconds) {
      this.pause();
      this.held = 0;
      this.onChange();
      return;
    }
    const number = this.next, turn = this.turn;
    if (this.waiting === turn || this.position < (number - 0.5) * this.sound.length) return;
    this.waiting = turn;
    await this._decode(number);
    this.waiting = -1;
    if (turn !== this.turn) return;
    this.next = number + 1;
    this._schedule(number);
  }
}
