// The forms without which a page works too: counters, sliders, tags as chips.
import { limitOf, onChoice, watchLength } from "./limits.js";

watchLength();

function make(name, properties) {
  return Object.assign(document.createElement(name), properties);
}

for (const field of document.querySelectorAll("[data-count][maxlength]")) {
  const counter = document.getElementById(`${field.id}_count`);
  const draw = () => {
    const [length, limit] = [[...field.value].length, limitOf(field)];
    counter.textContent = `${length} / ${limit}`;
    counter.classList.toggle("near", length >= limit - 10);
    counter.classList.toggle("over", length > limit);
  };
  field.addEventListener("input", draw);
  onChoice(draw);
  // The way back brings what was typed after this has run.
  window.addEventListener("pageshow", draw);
  draw();
}

// An untouched weight stays empty, and an empty one is not sent. The slider follows the text, which
// alone is sent: what is no number to it, the studio judges.
for (const number of document.querySelectorAll("[data-slider]")) {
  const label = document.querySelector(`label[for="${number.id}"]`).firstChild.textContent.trim();
  const { min, max, step } = number.dataset;
  const range = make("input", { type: "range", min, max, step });
  const reset = make("button", { type: "button", className: "quiet small", textContent: "Reset" });
  range.setAttribute("aria-label", `${label}, slider`);
  reset.setAttribute("aria-label", `Reset ${label}`);
  const draw = () => {
    const typed = number.value.trim();
    const value = Number(typed.replace(",", "."));
    const alone = typed === "" || Number.isNaN(value);
    range.value = alone ? (Number(min) + Number(max)) / 2 : value;
    range.style.setProperty("--at", `${((range.value - min) / (max - min)) * 100}%`);
    range.classList.toggle("alone", alone);
    range.setAttribute("aria-valuetext", alone ? "left alone" : range.value);
    reset.disabled = number.value === "";
  };
  range.addEventListener("input", () => {
    number.value = range.value;
    draw();
  });
  number.addEventListener("input", draw);
  // The way back brings what was typed after this has run.
  window.addEventListener("pageshow", draw);
  reset.addEventListener("click", () => {
    number.value = "";
    draw();
    number.focus();
  });
  number.placeholder = "–";
  number.before(range);
  number.after(reset);
  draw();
}

// The field itself stays and holds the words; the chips above it are a way to see and drop them.
for (const field of document.querySelectorAll("input[type=text][data-tags]")) {
  const chips = make("div", { className: "chips" });
  const words = () => field.value.split(",").map((word) => word.trim()).filter(Boolean);
  const draw = () => {
    chips.replaceChildren(
      ...words().map((word, place) => {
        const chip = make("button", { type: "button", className: "chip", textContent: word });
        chip.setAttribute("aria-label", `Remove ${word}`);
        chip.addEventListener("click", () => {
          field.value = words().filter((_, other) => other !== place).join(", ");
          field.dispatchEvent(new Event("input", { bubbles: true }));
          field.focus();
        });
        return chip;
      }),
    );
  };
  field.addEventListener("input", draw);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    field.value = words().map((word) => `${word}, `).join("");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  field.after(chips);
  draw();
}

// A second press while the first is on its way is stopped here; the server knows the form by its key.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.classList.contains("sending")) event.preventDefault();
    form.classList.add("sending");
  });
}
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form.sending")) form.classList.remove("sending");
});

// The form's key belongs to this entry of the history: who comes back and sends again without a
// change is led to the same task; who changes something makes another.
const formKey = document.querySelector("[name=form_key]");
if (formKey) {
  const remember = (sent) => history.replaceState({ ...history.state, formKey: formKey.value, sent }, "");
  if (history.state?.formKey) formKey.value = history.state.formKey;
  else remember(false);
  formKey.form.addEventListener("submit", () => remember(true));
  formKey.form.addEventListener("input", ({ isTrusted, target }) => {
    // What is only put back where it stood on the way back is no change, nor is what is searched for.
    if (!isTrusted || target.form !== formKey.form || !history.state?.sent || !crypto.randomUUID) return;
    formKey.value = crypto.randomUUID();
    remember(false);
  });
}

// What is wrong is read first. Browsers that do not know `autofocus` here are helped.
document.querySelector("[data-problems]")?.focus();
