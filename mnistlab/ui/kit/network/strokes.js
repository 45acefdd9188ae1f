// What is drawn: strokes of a white pen on black, or a picture of 28x28; with its past, for Undo.
// It outlives the component: what was drawn is still there on the next page.
const BOARD = 280; // pixels: ten for each of MNIST's 28
const NOTHING = { strokes: [], picture: null, change: UNCHANGED };

class Drawing {
  constructor() {
    this.states = [NOTHING];
    this.canvas = element("canvas", { width: BOARD, height: BOARD });
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    this.own = false; // whether somebody drew here, or only looks at the page's picture
    this.told = new Set(); // the pictures that the page was told, as base64
    this.paint();
  }

  get now() {
    return this.states.at(-1);
  }

  get empty() {
    return !this.now.picture && !this.now.strokes.length;
  }

  push(state) {
    this.states.push({ ...NOTHING, ...state });
    if (this.states.length > 200) this.states.shift();
    this.own = true;
    this.paint();
  }

  // Strokes begin on an empty board, also where a picture was.
  begin(x, y, width) {
    this.push({ strokes: [...this.now.strokes, { width, points: [x, y] }] });
  }

  extend(x, y) {
    const { width, points } = this.now.strokes.at(-1);
    const [left, top] = points.slice(-2);
    points.push(x, y);
    this.line(width, [left, top, x, y]);
  }

  undo() {
    if (this.states.length > 1) this.states.pop();
    this.own = true;
    this.paint();
  }

  clear() {
    if (!this.empty) this.push(NOTHING);
  }

  // A picture of the page's takes the drawing's place; the past goes with it.
  give(picture) {
    this.states = [picture ? { ...NOTHING, picture } : NOTHING];
    this.own = false;
    this.paint();
  }

  change(more, image) {
    const { picture, change } = this.now;
    const sum = Object.fromEntries(
      Object.entries(change).map(([name, value]) => [name, value + (more[name] ?? 0)]),
    );
    this.push({ picture: picture ?? image, change: sum });
  }

  // {image: Uint8Array(784)}, or {problem}
  prepared(steps) {
    const { picture, change, strokes } = this.now;
    if (picture) return { image: transformed(picture, change) };
    if (!strokes.length) return { problem: "empty" };
    const { data } = this.context.getImageData(0, 0, BOARD, BOARD);
    return prepareInk(inkOf(data), BOARD, BOARD, steps);
  }

  paint() {
    this.context.fillStyle = "#000";
    this.context.fillRect(0, 0, BOARD, BOARD);
    const { picture, change, strokes } = this.now;
    if (picture) paintPicture(this.context, transformed(picture, change), BOARD);
    else for (const { width, points } of strokes) this.line(width, points);
  }

  line(width, points) {
    const { context } = this;
    Object.assign(context, { strokeStyle: "#fff", lineWidth: width, lineCap: "round", lineJoin: "round" });
    context.beginPath();
    context.moveTo(points[0], points[1]);
    for (let i = 0; i < points.length; i += 2) context.lineTo(points[i], points[i + 1]);
    context.stroke();
  }
}

// The ink of a white pen on a black canvas: one number of each four.
function inkOf(rgba) {
  const ink = new Uint8Array(rgba.length / 4);
  for (let i = 0; i < ink.length; i += 1) ink[i] = rgba[4 * i];
  return ink;
}

function paintPicture(context, image, side) {
  const small = element("canvas", { width: SIDE, height: SIDE });
  const pixels = new ImageData(SIDE, SIDE);
  image.forEach((value, i) => pixels.data.set([value, value, value, 255], 4 * i));
  small.getContext("2d").putImageData(pixels, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, side, side);
}
