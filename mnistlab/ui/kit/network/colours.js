// Values as colours: the scales of `mnistlab/figures/colors.py`, used as `figures/grids.py` says.
class Palette {
  constructor(colors) {
    this.tables = {};
    for (const name of ["diverging", "sequential", "gray"])
      this.tables[name] = Palette.table(colors[name]);
    this.scratch = document.createElement("canvas");
    this.context = this.scratch.getContext("2d", { willReadFrequently: true });
  }

  // 256 colours between `stops` ("#rrggbb"), as a canvas keeps them in memory.
  static table(stops) {
    const parts = stops.map((stop) =>
      [1, 3, 5].map((place) => parseInt(stop.slice(place, place + 2), 16)),
    );
    return Uint32Array.from({ length: 256 }, (_, i) => {
      const at = (i / 255) * (parts.length - 1);
      const from = Math.min(Math.floor(at), parts.length - 2);
      const [red, green, blue] = parts[from].map((value, c) =>
        Math.round(value + (parts[from + 1][c] - value) * (at - from)),
      );
      return (255 << 24) | (blue << 16) | (green << 8) | red;
    });
  }

  // How values between `low` and `high` are shown: signed ones diverge from white at zero, others
  // start at zero.
  shades(low, high, gray = false) {
    if (gray) return { table: this.tables.gray, low, high: high > low ? high : low + 1 };
    const limit = Math.max(-low, high) || 1;
    if (low < 0) return { table: this.tables.diverging, low: -limit, high: limit };
    return { table: this.tables.sequential, low: 0, high: limit };
  }

  // The scratch canvas, `width` x `height`, painted with `values` from number `start` on.
  painted(values, start, width, height, shades) {
    if (this.scratch.width < width) this.scratch.width = width;
    if (this.scratch.height < height) this.scratch.height = height;
    const image = new ImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    const { table, low, high } = shades;
    const scale = 255 / (high - low);
    const end = Math.min(pixels.length, values.length - start);
    for (let i = 0; i < end; i += 1) {
      const place = (values[start + i] - low) * scale + 0.5;
      pixels[i] = table[place > 0 ? (place < 255 ? place | 0 : 255) : 0];
    }
    this.context.clearRect(0, 0, width, height);
    this.context.putImageData(image, 0, 0);
    return this.scratch;
  }
}

// [lowest, highest] finite value.
function rangeOf(values) {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    if (value < low && value !== -Infinity) low = value;
    if (value > high && value !== Infinity) high = value;
  }
  return low > high ? [0, 0] : [low, high];
}
