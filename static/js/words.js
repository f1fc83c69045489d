// <studio-words for="an id">: the words of the song that a player, or a mixer, of this id plays. The line that
// is sung is lit, and the word; a click or Enter on a word goes there. One word is a stop of the Tab key, the
// arrows move on.
// Seconds for which a line stays lit after its last word.
const AFTER = 2;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };
const LINES = { ArrowUp: -1, ArrowDown: 1 };

class StudioWords extends HTMLElement {
  connectedCallback() {
    if (this.lines) return;
    const id = this.getAttribute("for");
    this.sound = document.querySelector(`#${id} studio-player, studio-mixer#${id}`);
    this.list = this.querySelector("ol");
    if (!this.sound) return;
    this.lines = [...this.list.querySelectorAll("li")]
      .map((item) => ({ item, words: [...item.querySelectorAll("[data-start]")] }))
      .filter(({ words }) => words.length);
    this.words = this.lines.flatMap(({ words }) => words);
    this.words.forEach((word, place) => {
      word.setAttribute("role", "button");
      word.tabIndex = place ? -1 : 0;
    });
    this.classList.add("ready");
    this.list.addEventListener("click", ({ target }) => this.words.includes(target) && this.go(target));
    this.list.addEventListener("keydown", (event) => this.key(event));
    for (const name of ["moved", "play", "pause"]) this.sound.addEventListener(name, () => this.follow());
  }

  go(word) {
    this.stop(word);
    this.sound.go(Number(word.dataset.start));
    if (this.sound.paused) this.sound.toggle();
  }

  stop(word) {
    for (const other of this.words) other.tabIndex = other === word ? 0 : -1;
  }

  key(event) {
    const { key, target } = event;
    const place = this.words.indexOf(target);
    if (place < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const line = this.lines.findIndex(({ words }) => words.includes(target));
    const next = STEPS[key] ? this.words[place + STEPS[key]] : this.lines[line + LINES[key]]?.words[0];
    if (key === "Enter" || key === " ") this.go(target);
    else if (next) {
      this.stop(next);
      next.focus();
    } else if (!STEPS[key] && !LINES[key]) return;
    event.preventDefault();
  }

  // Between two ticks of the player the display goes on by itself.
  follow() {
    cancelAnimationFrame(this.frame);
    this.light(this.sound.currentTime);
    if (!this.sound.paused) this.frame = requestAnimationFrame(() => this.follow());
  }

  light(now) {
    const line = this.lines.findLast(({ words }) => words[0].dataset.start <= now);
    const isOver = !line || now > Number(line.words.at(-1).dataset.end) + AFTER;
    const sung = isOver ? null : line.item;
    if (sung !== this.sung) {
      this.sung?.classList.remove("sung");
      sung?.classList.add("sung");
      this.sung = sung;
      if (sung) this.show(sung);
    }
    for (const word of line?.words ?? []) {
      word.classList.toggle("sung", !isOver && word.dataset.start <= now && now < word.dataset.end);
    }
  }

  // Only the list itself scrolls, and not under whoever goes through it by keys.
  show(item) {
    if (this.list.querySelector(":focus-visible")) return;
    const top = item.offsetTop - (this.list.clientHeight - item.offsetHeight) / 2;
    this.list.scrollTo({ top, behavior: calm.matches ? "auto" : "smooth" });
  }
}

customElements.define("studio-words", StudioWords);
