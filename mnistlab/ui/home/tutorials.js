// A picture as part of the page, so that its text and axes have the theme's colour.
export default function ({ parentElement, data }) {
  let figure = parentElement.querySelector("figure");
  if (!figure) parentElement.append((figure = document.createElement("figure")));
  if (figure.innerHTML !== data.svg) figure.innerHTML = data.svg;
}
