"use strict";

// Runs after the first load and after every Turbo visit.
document.addEventListener("turbo:load", () => {
  document.querySelectorAll("[data-gallery]").forEach(startGallery);
  document.querySelectorAll("[data-reading-time]").forEach(showReadingTime);
});

// startGallery lets the visitor filter and sort the products of a section.
function startGallery(section) {
  const list = section.querySelector("ul");
  const filter = section.querySelector("[data-gallery-filter]");
  const count = section.querySelector("[data-gallery-count]");

  const update = () => {
    const wanted = filter.value.trim().toLowerCase();
    const items = [...list.children];
    items.forEach((item) => {
      item.hidden = !item.textContent.toLowerCase().includes(wanted);
    });
    count.textContent = `${items.filter((item) => !item.hidden).length} of ${items.length}`;
  };

  filter.addEventListener("input", update);
  section.querySelector("[data-gallery-sort]").addEventListener("click", () => {
    [...list.children]
      .sort((a, b) => a.dataset.cents - b.dataset.cents)
      .forEach((item) => list.append(item));
  });
  update();
}

function showReadingTime(note) {
  const words = note.closest("article").textContent.split(/\s+/).length;
  note.textContent = `${Math.max(1, Math.round(words / 200))} min`;
}
