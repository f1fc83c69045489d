// The sounds of the player: one plays, on every page. Those of a group, the variations of one song, are
// all fetched, so that the next goes on at the second of the last, no louder and no softer.
const EVENTS = ["play", "pause", "ended", "timeupdate", "durationchange", "seeking", "seeked", "error", "loadstart"];
const KEPT = "volume";
const MOST_FETCHED = 4;

function remembered() {
  try {
    const volume = parseFloat(localStorage.getItem(KEPT) ?? "1");
    return volume >= 0 && volume <= 1 ? volume : 1;
  } catch {
    return 1;
  }
}

// A track is what a page tells of a sound: src, title, artist, picture, page, duration, peaks, loudness.
// Fires "change" when another is on, and what its audio element fires.
class Deck extends EventTarget {
  track = null;
  group = [];
  queue = [];
  #home = document.querySelector("#bar [data-sounds]") ?? document.createElement("div");
  #sounds = new Map();
  #volume = remembered();

  get audio() {
    return this.#sounds.get(this.track?.src) ?? null;
  }

  get paused() {
    return this.audio?.paused ?? true;
  }

  get currentTime() {
    return this.audio?.currentTime ?? 0;
  }

  set currentTime(seconds) {
    if (this.audio) this.audio.currentTime = seconds;
  }

  // What the server has measured: of a bare stream, such as AAC, a browser only guesses.
  get duration() {
    const told = this.audio?.duration;
    return this.track?.duration || (Number.isFinite(told) ? told : 0);
  }

  get volume() {
    return this.#volume;
  }

  set volume(volume) {
    this.#volume = volume;
    try {
      localStorage.setItem(KEPT, volume);
    } catch {
      // It holds for this page then.
    }
    this.#level();
  }

  isOn(src) {
    return this.track?.src === src;
  }

  isTogetherWith(src) {
    return this.group.some((one) => one.src === src);
  }

  // Put a track on at `time`; without one, in a group, at the second of the one before.
  load(track, { group = [track], queue = [track], time } = {}) {
    const before = this.audio;
    const wasIn = group.some(({ src }) => this.isOn(src));
    const length = this.#sounds.get(track.src)?.duration || track.duration || Infinity;
    const goesOn = wasIn && before && before.currentTime < length;
    const begin = time ?? (goesOn ? before.currentTime : 0);
    [this.track, this.group, this.queue] = [track, group, queue];
    for (const [src, sound] of this.#sounds) if (!this.isTogetherWith(src)) this.#drop(src, sound);
    // Those that are there stay where they are: moving a media element stops it.
    for (const { src } of group) if (!this.#sounds.has(src)) this.#home.append(this.#make(src));
    this.#level();
    if (before !== this.audio) before?.pause();
    if (this.audio.currentTime !== begin) this.audio.currentTime = begin;
    this.dispatchEvent(new Event("change"));
  }

  play() {
    const { audio } = this;
    if (!audio) return undefined;
    // What failed may have been the network of that moment.
    if (audio.error) audio.load();
    // All of a few are fetched, so that the switch is at once; a great many would take the network.
    for (const sound of [...this.#sounds.values()].slice(0, MOST_FETCHED)) sound.preload = "auto";
    // Rejected as well where a pause or another sound came first; what is wrong with it, "error" tells.
    return audio.play().catch(() => {});
  }

  pause() {
    this.audio?.pause();
  }

  toggle() {
    return this.paused ? this.play() : this.pause();
  }

  clear() {
    this.pause();
    for (const [src, sound] of this.#sounds) this.#drop(src, sound);
    [this.track, this.group, this.queue] = [null, [], []];
    this.dispatchEvent(new Event("change"));
  }

  #make(src) {
    const sound = Object.assign(document.createElement("audio"), { preload: "none", src });
    for (const name of EVENTS) {
      sound.addEventListener(name, () => sound === this.audio && this.dispatchEvent(new Event(name)));
    }
    this.#sounds.set(src, sound);
    return sound;
  }

  #drop(src, sound) {
    this.#sounds.delete(src);
    sound.pause();
    sound.remove();
    // Else the browser goes on fetching it.
    sound.removeAttribute("src");
    sound.load();
  }

  // Louder ones come down: a sound that is raised could be cut off at its peaks.
  #level() {
    const softest = Math.min(...this.group.map(({ loudness }) => loudness).filter(Number.isFinite));
    for (const { src, loudness } of this.group) {
      const factor = Number.isFinite(loudness) ? 10 ** ((softest - loudness) / 20) : 1;
      this.#sounds.get(src).volume = this.#volume * factor;
    }
  }
}

export const deck = new Deck();
