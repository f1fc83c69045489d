// The bar below the list, there while something is chosen; it counts what is.
const bar = document.getElementById("bulk");
const picked = () => [...document.querySelectorAll(".pick:checked")];

function draw() {
  const { length } = picked();
  bar.hidden = !length;
  document.getElementById("tasks").classList.toggle("picking", length > 0);
  bar.querySelector("[data-count]").textContent = `${length} chosen`;
}

if (bar) {
  document.addEventListener("change", draw);
  document.addEventListener("htmx:afterSwap", draw);
  // The way back brings what was chosen with it.
  window.addEventListener("pageshow", draw);
  bar.querySelector("[data-none]").addEventListener("click", () => {
    for (const box of picked()) box.checked = false;
    draw();
  });
  draw();
}
