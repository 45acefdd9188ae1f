// One student on the wall.
const DIGIT = 28; // pixels of a drawing's side
const SVG = "http://www.w3.org/2000/svg";
const ACROSS = 100; // units of a curve's picture
const UP = 40;

// What is known of a student, as it is shown on a tile and, larger, in the dialog.
class Tile {
  // `acts`: {open(number), lower(number), link(number)}
  constructor(number, words, acts) {
    Object.assign(this, { number, words });
    this.root = made("article", "tile");
    this.name = made("button", "name");
    this.name.onclick = () => acts.open(number);
    this.hand = made("button", "hand");
    this.hand.onclick = () => acts.lower(number);
    this.hand.append(handIcon(), (this.turn = document.createElement("span")));
    this.page = made("span", "page");
    this.asked = made("span", "asked", words.asked);
    this.link = made("a", "link", "↗");
    Object.assign(this.link, { href: acts.link(number), target: "_blank", rel: "noopener" });
    this.learning = new Learning(words);
    const top = made("div", "top");
    top.append(this.name, this.asked, this.link, this.hand);
    this.root.append(top, this.page, ...this.learning.parts);
  }

  show(student) {
    const { words } = this;
    this.student = student;
    this.root.style.setProperty("--own", student.color);
    this.root.classList.toggle("away", student.away);
    this.root.classList.toggle("raised", student.hand !== null);
    put(this.name, student.name);
    put(this.page, student.away ? words.away : student.page);
    this.asked.hidden = !student.asked;
    this.asked.title = words.waits.replace("{name}", student.name);
    this.hand.hidden = student.hand === null;
    put(this.turn, ` ${student.hand}`);
    this.hand.title = words.hand;
    this.hand.setAttribute("aria-label", `${student.name}: ${words.hand}`);
    this.link.hidden = student.shown === null;
    this.link.title = words.open.replace("{name}", student.name);
    this.link.setAttribute("aria-label", this.link.title);
    this.learning.show(student);
  }
}

// The curve, the last drawing and the best accuracy.
class Learning {
  constructor(words) {
    this.words = words;
    this.curve = drawn("svg", { viewBox: `0 0 ${ACROSS} ${UP}`, preserveAspectRatio: "none", role: "img" });
    this.area = drawn("path", { class: "area" });
    this.line = drawn("path", { class: "line" });
    const top = drawn("path", { class: "grid", d: `M0 0.5H${ACROSS}M0 ${UP / 2}H${ACROSS}M0 ${UP - 0.5}H${ACROSS}` });
    this.curve.append(top, this.area, this.line);
    this.now = made("span", "now");
    this.drawing = made("canvas", "drawing");
    Object.assign(this.drawing, { width: DIGIT, height: DIGIT });
    this.drawing.setAttribute("role", "img");
    this.drawing.setAttribute("aria-label", words.drawing);
    this.best = made("strong", "best");
    this.interval = made("span", "interval");
    const plot = made("div", "plot");
    plot.append(this.curve, this.now);
    const pictures = made("div", "pictures");
    pictures.append(plot, this.drawing);
    const figures = made("div", "figures");
    figures.append(this.best, this.interval);
    this.parts = [pictures, figures];
  }

  show({ curve, steps, training, now, best, drawing }) {
    const { words } = this;
    const none = best ? words.noCurve : words.noRun;
    const points = curve.map(([step, share]) => [
      ((ACROSS * step) / Math.max(1, steps)).toFixed(1), (UP * (1 - share)).toFixed(1),
    ]);
    const line = points.length ? `M${points.map((point) => point.join(" ")).join("L")}` : "";
    this.line.setAttribute("d", line);
    this.area.setAttribute("d", line && `${line}V${UP}H${points[0][0]}Z`);
    this.curve.classList.toggle("training", training);
    this.curve.setAttribute("aria-label", now ? words.curve.replace("{now}", now) : none);
    put(this.now, now || none);
    this.now.classList.toggle("none", !now);
    put(this.best, best ? best.text : "");
    const interval = best && words.interval.replace("{interval}", best.interval).replace("{dataset}", best.on);
    put(this.interval, best ? `${best.interval} · ${best.on}` : "");
    this.interval.title = interval ?? "";
    this.best.title = words.best;
    this.paint(drawing);
  }

  paint(drawing) {
    if (drawing === this.painted) return;
    this.painted = drawing;
    this.drawing.hidden = !drawing;
    if (!drawing) return;
    const image = new ImageData(DIGIT, DIGIT);
    for (let i = 0; i < DIGIT * DIGIT; i += 1) {
      const value = parseInt(drawing.slice(2 * i, 2 * i + 2), 16);
      image.data.set([value, value, value, 255], 4 * i);
    }
    this.drawing.getContext("2d").putImageData(image, 0, 0);
  }
}

function made(kind, name, text = "") {
  const element = document.createElement(kind);
  element.className = name;
  element.textContent = text;
  return element;
}

function drawn(kind, attributes) {
  const element = document.createElementNS(SVG, kind);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

// A text that stays is not touched: what is chosen in it stays chosen.
function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
