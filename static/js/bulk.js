// The bar below the list, which the style shows while something is chosen, counts what is.
const bar = document.getElementById("bulk");
const picked = () => [...document.querySelectorAll(".pick:checked")];

function draw() {
  bar.querySelector("[data-count]").textContent = `${picked().length} chosen`;
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
