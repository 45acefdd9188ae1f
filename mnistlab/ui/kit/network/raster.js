// The tiles of one column as pixels of its canvas. Which number each pixel shows is looked up once;
// then a frame is one pass over the pixels.
const DIM = 56; // opacity of a dead map, of 255

class Raster {
  // `tiles`: how they lie (`tiling`), and whether each is a map of `shape` (C, H, W) or one number
  constructor(canvas, width, height, tiles) {
    this.context = fit(canvas, width, height);
    this.image = new ImageData(canvas.width, canvas.height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.shows = new Int32Array(this.pixels.length).fill(-1); // the number that a pixel shows
    const ratio = canvas.width / width;
    this.area = tiles.maps ? tiles.shape[1] * tiles.shape[2] : 1;
    this.count = tiles.count;
    for (let tile = 0; tile < tiles.count; tile += 1) this.lay(tiles, tile, ratio);
  }

  lay({ maps, shape, ...tiles }, tile, ratio) {
    const [rows, columns] = maps ? shape.slice(1) : [1, 1];
    const box = boxOf(tiles, tile);
    const [left, top] = [Math.round(box.x * ratio), Math.round(box.y * ratio)];
    const right = Math.max(left + 1, Math.round((box.x + box.width) * ratio));
    const bottom = Math.max(top + 1, Math.round((box.y + box.height) * ratio));
    for (let y = top; y < Math.min(bottom, this.image.height); y += 1) {
      const row = Math.floor(((y - top + 0.5) / (bottom - top)) * rows);
      const first = tile * rows * columns + row * columns;
      for (let x = left; x < Math.min(right, this.image.width); x += 1) {
        const column = Math.floor(((x - left + 0.5) / (right - left)) * columns);
        this.shows[y * this.image.width + x] = first + column;
      }
    }
  }

  // `dead(tile)`: whether it is to be dimmed
  draw(values, { table, low, high }, dead) {
    const { pixels, shows, area } = this;
    const scale = 255 / (high - low);
    const fade = Uint8Array.from({ length: this.count }, (_, tile) => Number(dead(tile)));
    const faded = fade.includes(1);
    for (let i = 0; i < pixels.length; i += 1) {
      const shown = shows[i];
      if (shown < 0) continue;
      const place = (values[shown] - low) * scale + 0.5;
      const color = table[place > 0 ? (place < 255 ? place | 0 : 255) : 0];
      const dim = faded && fade[(shown / area) | 0];
      pixels[i] = dim ? (color & 0xffffff) | (DIM << 24) : color;
    }
    this.context.putImageData(this.image, 0, 0);
  }
}
