// One lane of the mixer: what is set of it, and how that is written into the address ("12:80mp-30").
import { fader } from "./fader.js";
import { Level } from "./level.js";

const WRITTEN = /^(\d{1,3}(?:\.\d{1,4})?)([ms]*)(?:p(-?\d{1,3}))?$/;

export class Channel {
  constructor(element) {
    this.element = element;
    this.key = element.dataset.stem;
    this.name = element.dataset.name;
    this.mute = element.querySelector("[data-mute]");
    this.solo = element.querySelector("[data-solo]");
    this.level = new Level(element.querySelector("[data-volume]"), element.querySelector("output"));
    this.pan = element.querySelector("[data-pan]");
    this.opener = element.querySelector("[data-more]");
  }

  // `changed` is called when anything of it is set by hand; a double click brings a fader back.
  listen(changed) {
    for (const button of [this.mute, this.solo]) {
      button.addEventListener("click", () => {
        this.press(button);
        changed();
      });
    }
    this.level.listen(changed);
    fader(this.pan, changed);
    this.opener.addEventListener("click", () => this.open());
  }

  // On a phone a lane is so low that its fader stands in a line of its own, shown when it is asked for.
  open() {
    const isOpen = this.element.classList.toggle("open");
    this.opener.setAttribute("aria-expanded", isOpen);
  }

  isOn(button) {
    return button.getAttribute("aria-pressed") === "true";
  }

  press(button, on = !this.isOn(button)) {
    button.setAttribute("aria-pressed", on);
  }

  // `gain`: what is heard of it, in per cent.
  draw(gain) {
    const { element, level, pan } = this;
    const side = Number(pan.value);
    element.classList.toggle("silent", !gain);
    level.draw();
    element.querySelector(".channel-name").dataset.level = level.gain === 100 ? "" : level.text;
    pan.setAttribute("aria-valuetext", side ? `${Math.abs(side)} per cent ${side < 0 ? "left" : "right"}` : "centre");
  }

  toString() {
    const letters = (this.isOn(this.mute) ? "m" : "") + (this.isOn(this.solo) ? "s" : "");
    const side = this.pan.value === "0" ? "" : `p${this.pan.value}`;
    return `${this.key}:${this.level.gain}${letters}${side}`;
  }

  read(text) {
    const [, gain, letters, side = "0"] = WRITTEN.exec(text) ?? [null, "100", ""];
    [this.level.gain, this.pan.value] = [gain, side];
    this.press(this.mute, letters.includes("m"));
    this.press(this.solo, letters.includes("s"));
  }
}
