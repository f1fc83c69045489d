// What a text may have in the chosen way and version, from the form's one table; else the field's own.
// The form is looked up each time: a visit brings another page's.
const formNow = () => document.querySelector("form[data-limits]");
const limitsOf = (form) => JSON.parse(form.dataset.limits);
const chosen = (form, name) => form.querySelector(`[name="${name}"]:checked`)?.value ?? "";

const versionOf = (form) => chosen(form, "mv") || chosen(form, "model");

export function limitOf({ name, maxLength }) {
  const form = formNow();
  if (!form) return maxLength;
  const way = limitsOf(form)[chosen(form, form.dataset.way)] ?? {};
  return way[versionOf(form)]?.[name] ?? maxLength;
}

// Calls back when another way or version is chosen.
export function onChoice(draw) {
  formNow()?.addEventListener("change", ({ target }) => target.matches("[type=radio]") && draw());
}

// A sound that is too long for the chosen version is told before it is sent.
export function watchLength() {
  const form = formNow();
  const note = document.querySelector("[data-too-long]");
  if (!note) return;
  const tell = () => {
    const chosenOnes = [...form.querySelectorAll("[data-source]:checked")];
    const seconds = Math.max(...chosenOnes.map(({ dataset }) => dataset.duration), 0);
    const longest = limitsOf(form).sounds[versionOf(form)];
    note.hidden = !(seconds > longest);
    const minutes = longest === 60 ? "1 minute" : `${longest / 60} minutes`;
    const version = versionOf(form).replace("_", ".");
    note.textContent = `${version} takes at most ${minutes}, and this sound is longer. Choose another version.`;
  };
  form.addEventListener("change", tell);
  // The way back brings what was chosen after this has run.
  window.addEventListener("pageshow", tell);
  tell();
}
