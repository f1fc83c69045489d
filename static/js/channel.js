// One lane of the mixer: what is set of it, and how that is written into the address ("12:80m").
export class Channel {
  constructor(element) {
    this.element = element;
    this.key = element.dataset.stem;
    this.name = element.dataset.name;
    this.mute = element.querySelector("[data-mute]");
    this.solo = element.querySelector("[data-solo]");
    this.volume = element.querySelector("[data-volume]");
    this.opener = element.querySelector("[data-more]");
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
    const { element, volume } = this;
    element.classList.toggle("silent", !gain);
    element.querySelector("output").textContent = `${volume.value} %`;
    volume.setAttribute("aria-valuetext", `${volume.value} per cent`);
    volume.style.setProperty("--at", `${(volume.value / volume.max) * 100}%`);
  }

  toString() {
    const letters = (this.isOn(this.mute) ? "m" : "") + (this.isOn(this.solo) ? "s" : "");
    return `${this.key}:${this.volume.value}${letters}`;
  }

  read(text) {
    const [, volume, letters] = /^(\d{1,3})([ms]*)$/.exec(text) ?? [null, "100", ""];
    this.volume.value = volume;
    this.press(this.mute, letters.includes("m"));
    this.press(this.solo, letters.includes("s"));
  }
}
