// Lyrics and styles that Vidgo writes, asked for from inside a form. Each is a task as any other. What
// was asked stands in this entry of the history, so that a reload asks nothing twice and finds it again.
import { SIGNED_OUT, ask } from "./answers.js";
import { token } from "./token.js";

const EVERY = 2000;
const AWAY = "The studio cannot be reached. Press again: nothing is paid twice.";
const live = document.getElementById("live");
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

function make(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

class StudioHelper extends HTMLElement {
  connectedCallback() {
    if (!this.button) this.build();
    const { asked } = this;
    if (asked) this.run(asked);
  }

  build() {
    this.button = this.querySelector("[data-ask]");
    this.state = this.querySelector("[data-state]");
    this.list = this.querySelector("[data-found]");
    this.field = document.getElementById(this.dataset.field);
    this.source = this.querySelector("[data-source-text]") ?? this.field;
    this.button.addEventListener("click", () => this.start());
  }

  get asked() {
    return history.state?.helpers?.[this.dataset.name];
  }

  set asked(asked) {
    const helpers = { ...history.state?.helpers, [this.dataset.name]: asked };
    history.replaceState({ ...history.state, helpers }, "");
  }

  tell(text, isWrong = false) {
    this.state.textContent = text;
    this.state.classList.toggle("error-text", isWrong);
  }

  start() {
    const text = this.source.value.trim();
    if (this.button.getAttribute("aria-disabled") === "true") return;
    if (!text) {
      this.tell(this.dataset.empty, true);
      this.source.focus();
      return;
    }
    // The same wish that is still open keeps its key: it is one task, however often it is sent.
    const { asked } = this;
    if (asked?.text !== text || asked.done) this.asked = { text, key: this.freshKey() };
    this.run(this.asked);
  }

  freshKey() {
    return crypto.randomUUID?.() ?? this.dataset.key;
  }

  async run(asked) {
    this.button.setAttribute("aria-disabled", "true");
    this.tell("Being written … You can go on with the form.");
    try {
      const address = asked.address ?? (await this.send(asked));
      if (address) {
        this.asked = { ...asked, address };
        await this.follow(address);
      }
    } catch (error) {
      const isGone = error.status === 404 || error.status === 410;
      // Whoever was signed out goes on with the same wish.
      if (isGone) this.asked = undefined;
      this.tell(isGone ? "This is not here any more." : error.status ? SIGNED_OUT : AWAY, true);
    }
    this.button.removeAttribute("aria-disabled");
  }

  // Gives the task's address, "" where the studio has refused the wish and said why.
  async send({ text, key, sure }) {
    const wish = { [this.dataset.input]: text, form_key: key, ...(sure && { sure: "1" }) };
    const body = new URLSearchParams({ ...wish, csrfmiddlewaretoken: token() });
    const answer = await ask(this.dataset.url, { method: "POST", body });
    if (!answer.ok) throw new Error(answer.status);
    if (answer.redirected) return new URL(answer.url).pathname;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const reason = page.querySelector("main .error-text p") ?? page.querySelector("main [data-problems] li");
    this.tell(reason?.textContent.trim() ?? "This was not taken. Nothing was sent.", true);
    if (page.querySelector("main [name=sure]")) this.question({ text, key });
    return "";
  }

  // What must be said yes to is asked here, beside its reason.
  question(asked) {
    const yes = make("button", { type: "button", className: "small", textContent: "Yes, send it" });
    yes.addEventListener("click", () => {
      this.button.focus();
      this.asked = asked;
      this.run({ ...asked, sure: true });
    });
    this.state.append(" ", yes);
  }

  async follow(address) {
    for (;;) {
      const answer = await ask(`${address}words.json`);
      const { words, is_final: isFinal, error } = await answer.json();
      // The entry of the history is another page's by now; on the way back it is asked again.
      if (!this.isConnected) return;
      if (words.length && isFinal) return this.show(words);
      if (isFinal) return this.fail(error);
      await wait(EVERY);
      if (!this.isConnected) return;
    }
  }

  fail(error) {
    this.asked = { ...this.asked, done: true };
    this.tell(error || "Vidgo could not write this.", true);
  }

  show(words) {
    const isNews = !this.asked.done;
    this.asked = { ...this.asked, done: true };
    this.list.replaceChildren(...words.map((one, place) => this.variation(one, place, words.length)));
    this.tell(words.length > 1 ? `${words.length} to choose from:` : "");
    if (isNews) live.textContent = `${this.dataset.title}: ready`;
  }

  variation({ title, text }, place, count) {
    const name = title || (count > 1 ? `Variation ${place + 1}` : "");
    const use = make("button", { type: "button", className: "small", textContent: "Use this" });
    const words = make("p", { className: "helper-text", textContent: text, dir: "auto", tabIndex: 0 });
    words.setAttribute("role", "region");
    words.setAttribute("aria-label", name || this.dataset.title);
    if (name) use.setAttribute("aria-label", `Use this: ${name}`);
    use.addEventListener("click", () => this.use(text, title));
    const heading = name ? [make("h3", { textContent: name, dir: "auto" })] : [];
    return make("li", {}, ...heading, words, use);
  }

  // What stood there is one press away, and so is what was taken.
  use(text, title) {
    const titled = this.field.form.elements.title;
    const taken = new Map([[this.field, text]]);
    if (title && titled && !titled.value) taken.set(titled, title.slice(0, titled.maxLength));
    this.swap(taken);
    this.undo?.remove();
    this.undo = make("button", { type: "button", className: "quiet small", textContent: "Undo" });
    const before = this.before;
    this.undo.addEventListener("click", () => {
      this.swap(before);
      this.before.forEach((value, field) => before.set(field, value));
      this.undo.textContent = this.undo.textContent === "Undo" ? "Redo" : "Undo";
      live.textContent = this.undo.textContent === "Undo" ? "Put in again" : "Put back";
    });
    this.list.before(this.undo);
    live.textContent = "Put into the field";
  }

  swap(values) {
    this.before = new Map([...values.keys()].map((field) => [field, field.value]));
    values.forEach((value, field) => {
      field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
}

customElements.define("studio-helper", StudioHelper);
