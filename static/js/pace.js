// Tempo and key of all stems together: what is set of them, and how that is written ("80,-2").
import { Device } from "./device.js";
import { fader } from "./fader.js";

const AS_RECORDED = "100,0";
const STEP = 5;

export class Pace extends EventTarget {
  constructor(element) {
    super();
    this.tempo = element.querySelector("[data-tempo]");
    this.key = element.querySelector("[data-key]");
    element.querySelector("[data-unable]").hidden = Device.canShift;
    for (const field of [this.tempo, this.key]) {
      field.disabled = !Device.canShift;
      fader(field, () => this.changed(), field.closest("label"));
    }
  }

  get isRecorded() {
    return String(this) === AS_RECORDED;
  }

  // As "80 per cent", "up 2".
  get words() {
    const key = Number(this.key.value);
    return [`${this.tempo.value} per cent`, key ? `${key > 0 ? "up" : "down"} ${Math.abs(key)}` : "as recorded"];
  }

  // Fires "change".
  changed() {
    const key = Number(this.key.value);
    const shown = [`${this.tempo.value} %`, key > 0 ? `+${key}` : String(key).replace("-", "−")];
    [this.tempo, this.key].forEach((field, index) => {
      field.closest("label").querySelector("output").textContent = shown[index];
      field.setAttribute("aria-valuetext", this.words[index]);
      field.style.setProperty("--at", `${((field.value - field.min) / (field.max - field.min)) * 100}%`);
    });
    this.dispatchEvent(new Event("change"));
  }

  // − and + for the tempo, comma and full stop for the key; gives what is to be said, "" for other keys.
  press(key) {
    const field = { "-": this.tempo, "+": this.tempo, ",": this.key, ".": this.key }[key];
    if (!field || field.disabled) return "";
    const by = (key === "-" || key === "," ? -1 : 1) * (field === this.tempo ? STEP : 1);
    field.value = Number(field.value) + by;
    this.changed();
    return field === this.tempo ? `Tempo ${this.words[0]}` : `Key ${this.words[1]}`;
  }

  toString() {
    return `${this.tempo.value},${this.key.value}`;
  }

  read(text) {
    const [, tempo, key] = (Device.canShift && /^(\d{2,3}),(-?\d)$/.exec(text)) || [null, "100", "0"];
    [this.tempo.value, this.key.value] = [tempo, key];
    this.changed();
  }
}
