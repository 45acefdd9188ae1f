// From ink to the network's 28×28, bit for bit as `mnistlab/analysis/drawing.py` does it: crop to
// the ink, fit into 20×20, centre the mass. A test compares them.
const prepareInk = (() => {
  const [SIZE, BOX, FAINT] = [28, 20, 8];
  const BITS = 22; // of the fractions that Pillow's resizing calculates with

  // `ink`: bytes (height, width), 0 none to 255 full. Returns {image}, bytes (28, 28), or
  // {problem}: "empty" or "dot".
  function prepareInk(ink, width, height, { crop = true, fit = true, centre = true } = {}) {
    const drawing = { ink, width, height };
    const edges = edgesOf(drawing);
    if (!edges) return { problem: "empty" };
    if (isDot(cropped(drawing, edges))) return { problem: "dot" };
    let image = crop ? cropped(drawing, edges) : drawing;
    if (fit) image = scaled(image, BOX);
    if (Math.max(image.width, image.height) > SIZE) image = scaled(image, SIZE);
    const seen = edgesOf(image);
    if (!seen) return { problem: "empty" }; // too faint to be seen that small
    const [top, left] = centre ? byMass(image, seen) : byBox(image);
    return { image: placed(image, top, left) };
  }

  // Where there is more than faint ink: rows top to bottom, columns left to right, ends excluded;
  // null if nowhere.
  function edgesOf({ ink, width, height }) {
    let [top, bottom, left, right] = [height, 0, width, 0];
    for (let row = 0, i = 0; row < height; row += 1) {
      for (let column = 0; column < width; column += 1, i += 1) {
        if (ink[i] <= FAINT) continue;
        if (row < top) top = row;
        bottom = row + 1;
        if (column < left) left = column;
        if (column >= right) right = column + 1;
      }
    }
    return bottom === 0 ? null : { top, bottom, left, right };
  }

  function cropped(image, { top, bottom, left, right }) {
    const [width, height] = [right - left, bottom - top];
    const ink = new Uint8Array(width * height);
    for (let row = 0; row < height; row += 1) {
      const start = (top + row) * image.width + left;
      ink.set(image.ink.subarray(start, start + width), row * width);
    }
    return { ink, width, height };
  }

  // Whether there is nothing but a dot: it is tiny, or one blob close to the ellipse in its box.
  function isDot({ ink, width, height }) {
    const [longer, shorter] = [Math.max(width, height), Math.min(width, height)];
    if (longer < 3) return true;
    if (longer > 1.5 * shorter) return false;
    let [solid, ellipse, both] = [0, 0, 0];
    for (let row = 0, i = 0; row < height; row += 1) {
      const y = (row - (height - 1) / 2) / (height / 2);
      for (let column = 0; column < width; column += 1, i += 1) {
        const x = (column - (width - 1) / 2) / (width / 2);
        const [full, inside] = [ink[i] > 127, y * y + x * x <= 1];
        solid += full;
        ellipse += inside;
        both += full && inside;
      }
    }
    return solid / (width * height) >= 0.7 && both >= 0.97 * ellipse;
  }

  // The longer side becomes `longer` pixels, and the strongest ink 255 again.
  function scaled(image, longer) {
    const side = Math.max(image.width, image.height);
    if (side === longer) return image;
    const factor = longer / side;
    const width = Math.max(1, halfEven(image.width * factor));
    const height = Math.max(1, halfEven(image.height * factor));
    const small = resized(image, width, height);
    const largest = small.ink.reduce((most, value) => Math.max(most, value), 1);
    return { ...small, ink: small.ink.map((value) => halfEven(value * (255 / largest))) };
  }

  // Rounds as Python and NumPy do: halves to the even neighbour.
  function halfEven(x) {
    const below = Math.floor(x);
    if (x - below !== 0.5) return Math.round(x);
    return below % 2 === 0 ? below : below + 1;
  }

  // Pillow's Image.resize(..., BILINEAR), first across, then down, each rounded to bytes.
  function resized(image, width, height) {
    const rows = along(image.ink, image.width, width, image.height, 1, image.width, 1, width);
    const ink = along(rows, image.height, height, width, width, 1, width, 1);
    return { ink, width, height };
  }

  // `count` lines of `size` pixels, each resized to `wanted`; `step` and `line` are how far apart
  // pixels and lines are, `to` and `next` in the result.
  function along(source, size, wanted, count, step, line, to, next) {
    if (size === wanted) return source;
    const result = new Uint8Array(wanted * count);
    triangles(size, wanted).forEach(({ first, weights }, i) => {
      for (let j = 0; j < count; j += 1) {
        let sum = 1 << (BITS - 1);
        for (let k = 0; k < weights.length; k += 1) {
          sum += source[(first + k) * step + j * line] * weights[k];
        }
        result[i * to + j * next] = Math.min(255, sum >> BITS);
      }
    });
    return result;
  }

  // For each new pixel: which old ones it is made of, and their weights, in units of 2^-BITS.
  function triangles(size, wanted) {
    const scale = size / wanted;
    const support = Math.max(1, scale);
    return Array.from({ length: wanted }, (nothing, i) => {
      const middle = (i + 0.5) * scale;
      const first = Math.max(0, Math.trunc(middle - support + 0.5));
      const end = Math.min(size, Math.trunc(middle + support + 0.5));
      const heights = Array.from({ length: end - first }, (none, k) =>
        Math.max(0, 1 - Math.abs((k + first - middle + 0.5) * (1 / support)))
      );
      const total = heights.reduce((sum, height) => sum + height, 0);
      return { first, weights: heights.map((h) => Math.trunc(0.5 + (h / total) * (1 << BITS))) };
    });
  }

  // -- where it goes ------------------------------------------------------------------------------

  function byBox({ width, height }) {
    return [Math.floor((SIZE - height) / 2), Math.floor((SIZE - width) / 2)];
  }

  // The centre of mass into the middle, without losing ink.
  function byMass({ ink, width, height }, { top, bottom, left, right }) {
    let [total, down, across] = [0, 0, 0];
    for (let row = 0, i = 0; row < height; row += 1) {
      for (let column = 0; column < width; column += 1, i += 1) {
        total += ink[i];
        down += ink[i] * row;
        across += ink[i] * column;
      }
    }
    const offset = (mass, start, end) =>
      Math.min(Math.max(halfEven(SIZE / 2 - mass), -start), SIZE - end);
    return [offset(down / total, top, bottom), offset(across / total, left, right)];
  }

  function placed({ ink, width, height }, top, left) {
    const image = new Uint8Array(SIZE * SIZE);
    for (let row = Math.max(0, -top); row < Math.min(height, SIZE - top); row += 1) {
      for (let column = Math.max(0, -left); column < Math.min(width, SIZE - left); column += 1) {
        image[(top + row) * SIZE + left + column] = ink[row * width + column];
      }
    }
    return image;
  }

  return prepareInk;
})();
