// The slider over the kept steps of the training, and the choice of a picture.
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const slider = document.getElementById("step");
const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];

function showStep() {
  const index = Number(slider.value);
  document.body.style.setProperty("--index", index);
  document.getElementById("step-text").textContent = data.steps[index];
  slider.setAttribute("aria-valuetext", data.steps[index]);
  for (const line of all("svg .now")) {
    line.setAttribute("transform", `translate(${data.places[index]} 0)`);
  }
  all(".inside").forEach((picture, place) => {
    all(".fill", picture).forEach((bar, digit) => {
      bar.style.width = `${data.widths[place][index][digit]}%`;
    });
    all(".share", picture).forEach((text, digit) => {
      text.textContent = data.texts[place][index][digit];
    });
  });
}

function showPicture() {
  const chosen = document.querySelector("input[name=picture]:checked");
  for (const picture of all(".inside")) picture.hidden = picture.id !== chosen.value;
}

if (slider) {
  slider.addEventListener("input", showStep);
  for (const choice of all("input[name=picture]")) choice.addEventListener("change", showPicture);
  showStep();
  showPicture();
}
