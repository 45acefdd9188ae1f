// A figure as a file: drawn once more for paper, with its source below. PDF is the browser's own
// print, which has the fonts of every script.
export default function ({ parentElement, data }) {
  let place = parentElement.querySelector(".files");
  if (!place) {
    place = document.createElement("div");
    place.className = "files";
    place.setAttribute("role", "group");
    place.append(
      ...["PNG", "SVG", "PDF", "CSV"].map((kind) => {
        const button = document.createElement("button");
        button.textContent = kind;
        return button;
      }),
    );
    const status = document.createElement("span");
    status.setAttribute("role", "status");
    status.setAttribute("aria-live", "polite");
    place.append(status);
    parentElement.append(place);
  }
  place.setAttribute("aria-label", data.words.files);
  const [png, svg, pdf, csv, status] = place.children;
  const drawn = data.libraries.every(Boolean);
  for (const button of [png, svg, pdf]) button.hidden = !drawn;
  pdf.title = data.words.pdf;
  const does = (button, save) => (button.onclick = () => told(status, data, save));
  does(png, async () => download(await pngOf(await svgOf(data)), data.name, "png"));
  does(svg, async () => download(blob(await svgOf(data), "image/svg+xml"), data.name, "svg"));
  does(pdf, async () => print(await svgOf(data), data.name));
  // the mark at the beginning lets spreadsheets read it as UTF-8
  does(csv, async () => download(blob(`\ufeff${data.csv}`, "text/csv"), data.name, "csv"));
}

const SCALE = 3; // pixels of a PNG for each of the figure's: 300 per inch
const LINE = 15; // pixels from one line of the source to the next
const EDGE = 14; // pixels around what is added to the figure
const LETTERS = 7.2; // pixels of a letter of a link, at most
const NS = "http://www.w3.org/2000/svg";

async function told(status, data, save) {
  status.textContent = data.words.drawing;
  try {
    await save();
    status.textContent = data.words.done;
  } catch (error) {
    console.warn(error);
    status.textContent = data.words.failed;
  }
}

const blob = (text, type) => new Blob([text], { type: `${type};charset=utf-8` });

function download(file, name, suffix) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `${name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "")}.${suffix}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

// Each is loaded once, in order.
async function load(addresses) {
  for (const address of addresses) {
    loaded[address] ??= new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = done;
      script.onerror = () => {
        delete loaded[address];
        failed(new Error(address));
      };
      document.head.append(script);
    });
    await loaded[address];
  }
}
const loaded = (window.mnistlabLibraries ??= {});

async function svgOf(data) {
  await load(data.libraries);
  return framed(await { plotly: plotlySvg, vega: vegaSvg }[data.kind](data.figure), data);
}

function plotlySvg(figure) {
  const { width, height } = figure.layout;
  // a copy, which Plotly may change
  const { data, layout } = structuredClone(figure);
  const drawing = { data, layout, config: { plotGlPixelRatio: SCALE } };
  return window.Plotly.toImage(drawing, { format: "svg", width, height, imageDataOnly: true });
}

function vegaSvg(specification) {
  const compiled = window.vegaLite.compile(structuredClone(specification)).spec;
  return new window.vega.View(window.vega.parse(compiled), { renderer: "none" }).toSVG();
}

// The drawing on white, under its title if it has none of its own, above its source.
function framed(drawing, data) {
  const inner = new DOMParser().parseFromString(drawing, "image/svg+xml").documentElement;
  const size = (name) => parseFloat(inner.getAttribute(name));
  const width = Math.max(size("width"), 480);
  const titled = data.kind === "plotly" && data.figure.layout.title?.text;
  const top = titled ? 0 : 2 * EDGE + 16;
  const source = [data.source, ...broken(linkOf(data.complete), (width - 2 * EDGE) / LETTERS)];
  const height = top + size("height") + EDGE + source.length * LINE;
  const svg = element("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
  svg.append(element("title", {}, data.heading), element("rect", { width, height, fill: "#fff" }));
  if (!titled)
    svg.append(text(data.heading, EDGE, EDGE + 16, { "font-size": 17, "font-weight": 600 }));
  inner.setAttribute("y", top);
  svg.append(document.importNode(inner, true));
  source.forEach((line, place) =>
    svg.append(text(line, EDGE, top + size("height") + (place + 1) * LINE, { "font-size": 11 })),
  );
  return new XMLSerializer().serializeToString(svg);
}

function element(name, attributes, content = "") {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = content;
  return made;
}

function text(content, x, y, attributes) {
  const font = "system-ui, Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif";
  return element("text", { x, y, fill: "#1c2430", "font-family": font, ...attributes }, content);
}

const broken = (line, length) => line.match(new RegExp(`.{1,${Math.floor(length)}}`, "g"));

async function pngOf(svg) {
  const picture = new Image();
  picture.src = URL.createObjectURL(blob(svg, "image/svg+xml"));
  await picture.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [picture.width * SCALE, picture.height * SCALE];
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(picture.src);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

// A page of the figure's own size, with nothing else on it.
async function print(svg, name) {
  document.querySelector("iframe.figure-print")?.remove();
  const frame = document.createElement("iframe");
  frame.className = "figure-print";
  frame.title = name;
  frame.style.cssText = "position:fixed;width:0;height:0;border:0;visibility:hidden";
  const [, width, height] = svg.match(/width="([\d.]+)" height="([\d.]+)"/);
  const title = element("title", {}, name).outerHTML.replace(/ xmlns="[^"]*"/, "");
  frame.srcdoc = `<!doctype html><meta charset="utf-8">${title}<style>
    @page { size: ${width}px ${height}px; margin: 0 } body { margin: 0 } svg { display: block }
    </style>${svg}`;
  await new Promise((done) => {
    frame.onload = done;
    document.body.append(frame);
  });
  frame.contentWindow.focus();
  frame.contentWindow.print();
}
