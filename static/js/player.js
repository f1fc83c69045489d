// <studio-player> puts our own controls on the audio element inside it; one sound at a time.
// Inside [data-together] the players are variations of one song: the next goes on where the last was.
const controls = document.getElementById("player-controls").content;

function clock(seconds) {
  const whole = Math.floor(seconds || 0);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

// The next one goes on at the second of the last, no louder and no softer; all are fetched once one
// plays, so that the switch is at once.
function joinIn(audio) {
  const group = audio.closest("[data-together]");
  if (!group) return;
  const sounds = [...group.querySelectorAll("audio")];
  const loudnesses = sounds.map((sound) => parseFloat(sound.parentElement.dataset.loudness));
  const softest = Math.min(...loudnesses.filter(Number.isFinite));
  sounds.forEach((sound, index) => {
    sound.preload = "auto";
    // Louder ones come down: a sound that is raised could be cut off at its peaks.
    if (Number.isFinite(loudnesses[index])) sound.volume = 10 ** ((softest - loudnesses[index]) / 20);
  });
  const other = sounds.find((sound) => sound !== audio && !sound.paused);
  if (other && other.currentTime < (audio.duration || Infinity)) audio.currentTime = other.currentTime;
}

class StudioPlayer extends HTMLElement {
  connectedCallback() {
    if (this.classList.contains("ready")) return;
    this.classList.add("ready");
    this.audio = this.querySelector("audio");
    this.audio.controls = false;
    this.append(controls.cloneNode(true));
    this.button = this.querySelector("button");
    this.seek = this.querySelector("input");
    this.now = this.querySelector("[data-now]");
    this.drawWaveform();
    this.button.addEventListener("click", () => this.toggle());
    this.seek.addEventListener("input", () => {
      this.audio.currentTime = Number(this.seek.value);
      this.draw();
    });
    for (const event of ["play", "pause", "ended", "timeupdate", "durationchange"]) {
      this.audio.addEventListener(event, () => this.draw());
    }
    this.audio.addEventListener("error", () => this.classList.add("broken"));
    this.draw();
  }

  // The waveform lies under the slider, which stays what is clicked, dragged and reached by keys.
  drawWaveform() {
    if (!this.dataset.peaks) return;
    const [track, waveform] = [document.createElement("span"), document.createElement("studio-waveform")];
    track.className = "player-track";
    waveform.setAttribute("src", this.dataset.peaks);
    this.seek.replaceWith(track);
    track.append(waveform, this.seek);
  }

  toggle() {
    if (!this.audio.paused) return this.audio.pause();
    joinIn(this.audio);
    return this.audio.play().catch(() => this.classList.add("broken"));
  }

  draw() {
    const { audio, seek } = this;
    const known = Number.isFinite(audio.duration) ? audio.duration : Number(this.dataset.duration);
    const total = known || 0;
    seek.max = total || 1;
    seek.value = audio.currentTime;
    seek.disabled = !total;
    this.style.setProperty("--at", `${total ? (audio.currentTime / total) * 100 : 0}%`);
    seek.setAttribute("aria-valuetext", `${clock(audio.currentTime)} of ${clock(total)}`);
    this.now.textContent = clock(audio.currentTime);
    this.querySelector("[data-total]").textContent = total ? clock(total) : "–:––";
    this.classList.toggle("playing", !audio.paused);
    this.classList.toggle("begun", audio.currentTime > 0 || !audio.paused);
    this.button.setAttribute("aria-label", `${audio.paused ? "Play" : "Pause"} ${this.dataset.title}`);
    seek.setAttribute("aria-label", `Position in ${this.dataset.title}`);
  }
}

customElements.define("studio-player", StudioPlayer);

document.addEventListener(
  "play",
  ({ target }) => {
    for (const media of document.querySelectorAll("audio, video")) if (media !== target) media.pause();
  },
  true,
);
