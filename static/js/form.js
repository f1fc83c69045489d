// The forms without which a page works too: counters, sliders, tags as chips, one source at a time.
function make(name, properties) {
  return Object.assign(document.createElement(name), properties);
}

for (const field of document.querySelectorAll("[data-count][maxlength]")) {
  const counter = document.getElementById(`${field.id}_count`);
  const draw = () => {
    const left = field.maxLength - field.value.length;
    counter.textContent = `${field.value.length} / ${field.maxLength}`;
    counter.classList.toggle("near", left <= 10);
  };
  field.addEventListener("input", draw);
  draw();
}

// An untouched weight stays empty, and an empty one is not sent.
for (const number of document.querySelectorAll("[data-slider]")) {
  const label = document.querySelector(`label[for="${number.id}"]`).textContent.trim();
  const range = make("input", { type: "range", min: number.min, max: number.max, step: number.step });
  const reset = make("button", { type: "button", className: "quiet small", textContent: "Reset" });
  range.setAttribute("aria-label", `${label}, slider`);
  reset.setAttribute("aria-label", `Reset ${label}`);
  const draw = () => {
    const alone = number.value === "";
    range.value = alone ? (Number(range.min) + Number(range.max)) / 2 : number.value;
    range.style.setProperty("--at", `${((range.value - range.min) / (range.max - range.min)) * 100}%`);
    range.classList.toggle("alone", alone);
    range.setAttribute("aria-valuetext", alone ? "left alone" : range.value);
    reset.disabled = alone;
  };
  range.addEventListener("input", () => {
    number.value = range.value;
    draw();
  });
  number.addEventListener("input", draw);
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

// A song, a recording sent before or a new file: choosing one drops the others.
const sources = document.querySelector("[data-sources]");
sources?.addEventListener("change", ({ target }) => {
  for (const other of sources.querySelectorAll("[data-source]")) {
    if (other.name === target.name) continue;
    if (other.type === "file") other.value = "";
    else other.checked = false;
  }
});

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
  formKey.form.addEventListener("input", () => {
    if (!history.state?.sent || !crypto.randomUUID) return;
    formKey.value = crypto.randomUUID();
    remember(false);
  });
}
