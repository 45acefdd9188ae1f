// All stages of a network from left to right, a column for each: its maps or units as tiles on one
// canvas, its name and shape below. C maps or units, H rows, W columns.
const GAP = 2; // pixels between tiles
const BETWEEN = 14; // and between columns, where the strongest path goes
const LEAST = 46; // pixels of a column of maps
const MARK = "#ff8a1f"; // the strongest path

class Columns {
  // `heard.over(stage, index, box)`: the pointer is over a tile (null: over none); `heard.open`.
  constructor(words, palette, heard) {
    Object.assign(this, { words, palette, heard, columns: [] });
    this.track = element("div", { className: "track" });
    this.overlay = element("canvas", { className: "overlay" });
    this.root = element("div", { className: "columns", role: "group", "aria-label": words.stages }, [this.track]);
  }

  // `stages`: what the network computed for some picture. Returns whether they are new.
  build(stages) {
    const shapes = JSON.stringify(stages.map(({ name, shape }) => [name, shape]));
    if (shapes === this.shapes) return false;
    this.shapes = shapes;
    this.columns = stages.map((stage, place) => this.column(stage, stages[place - 1]));
    this.track.replaceChildren(...this.columns.map(({ root }) => root), this.overlay);
    this.width = null;
    return true;
  }

  column({ name, kind, shape }, before) {
    const size = shape.join("×");
    const canvas = element("canvas", {
      tabIndex: 0, role: "img", "aria-label": filled(this.words.stage, { stage: name, shape: size }),
    });
    const root = element("div", { className: "column" }, [
      canvas,
      element("b", { textContent: name }),
      element("span", { textContent: size }),
    ]);
    const column = { root, canvas, name, kind, shape, at: 0 };
    column.maps = shape.length === 3;
    // a single map, flattened, still looks like one
    column.picture = !column.maps && kind === "flatten" && before?.shape[0] === 1 && before.shape[2];
    column.count = column.maps ? shape[0] : shape.reduce((product, length) => product * length, 1);
    canvas.onpointermove = (event) => this.over(column, this.tileAt(column, event));
    canvas.onpointerleave = () => this.heard.over(null);
    canvas.onclick = (event) => this.clicked(column, this.tileAt(column, event), event);
    canvas.onkeydown = (event) => this.key(column, event);
    canvas.onblur = () => this.heard.over(null);
    return column;
  }

  // Fit them into `width` x `height` pixels; where they do not fit, they can be scrolled.
  layout(width, height) {
    if (this.width === width && this.height === height) return;
    Object.assign(this, { width, height });
    const weight = ({ maps, picture, count }) => (maps || picture ? 1 : count <= 10 ? 0.5 : 0.8);
    const total = this.columns.reduce((sum, column) => sum + weight(column), 0);
    const room = width - BETWEEN * (this.columns.length - 1) - 2;
    const unit = Math.max(LEAST, Math.min(height * 0.6, room / total));
    for (const column of this.columns) {
      const wide = Math.floor(unit * weight(column));
      column.root.style.width = `${wide}px`;
      Object.assign(column, tiling(column, wide, height));
      column.raster = new Raster(column.canvas, wide, height, column);
    }
    for (const column of this.columns) column.x = column.root.offsetLeft;
    this.across = this.track.scrollWidth;
    fit(this.overlay, this.across, height);
  }

  draw(stages, path) {
    for (const [place, column] of this.columns.entries()) {
      column.values = stages[place].data;
      const [low, high] = rangeOf(column.values);
      Object.assign(column, { low, high });
      column.shades = this.palette.shades(low, high, column.kind === "input");
      const dead = column.maps && column.kind !== "input" ? (map) => isDead(column, map) : () => false;
      column.raster.draw(column.values, column.shades, dead);
    }
    this.drawPath(path);
  }

  // Frames around the tiles of `path` (an index for each stage, or null), and lines between them.
  drawPath(path) {
    const context = this.overlay.getContext("2d");
    context.clearRect(0, 0, this.across, this.height);
    const boxes = path.map((index, place) => (index === null ? null : this.boxOnTrack(place, index)));
    const lines = new Path2D();
    for (const [place, box] of boxes.entries()) {
      const before = boxes[place - 1];
      if (box) lines.rect(box.x - 1, box.y - 1, box.width + 2, box.height + 2);
      if (!box || !before) continue;
      const [from, to] = [before.x + before.width + 1, box.x - 1];
      const [start, end] = [before, box].map(({ y, height }) => y + height / 2);
      lines.moveTo(from, start);
      lines.bezierCurveTo((from + to) / 2, start, (from + to) / 2, end, to, end);
    }
    for (const [color, width] of [["rgba(0, 0, 0, 0.55)", 4], [MARK, 2]]) {
      Object.assign(context, { strokeStyle: color, lineWidth: width });
      context.stroke(lines);
    }
  }

  boxOnTrack(place, index) {
    const column = this.columns[place];
    const box = boxOf(column, index);
    return { ...box, x: box.x + column.x };
  }

  tileAt(column, event) {
    const box = column.canvas.getBoundingClientRect();
    const { left, top, tile, across, gap } = column;
    const x = Math.floor((event.clientX - box.left - left) / (tile[0] + gap));
    const y = Math.floor((event.clientY - box.top - top) / (tile[1] + gap));
    const index = y * across + x;
    return x >= 0 && x < across && y >= 0 && index < column.count ? index : null;
  }

  over(column, index) {
    if (index === null || !column.values) return this.heard.over(null);
    column.at = index;
    const box = column.canvas.getBoundingClientRect();
    const tile = boxOf(column, index);
    this.heard.over(column, index, { ...tile, x: tile.x + box.left, y: tile.y + box.top });
  }

  // With a finger the first tap shows a tile large, the second one opens it.
  clicked(column, index, event) {
    const first = event.pointerType === "touch" && !(this.tapped?.[0] === column && this.tapped[1] === index);
    this.tapped = [column, index];
    if (first) this.over(column, index);
    else if (index !== null) this.heard.open(column, index);
  }

  key(column, event) {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -column.across, ArrowDown: column.across }[event.key];
    if (event.key === "Enter") this.heard.open(column, column.at);
    else if (event.key === "Escape") this.heard.over(null);
    else if (step === undefined) return;
    else this.over(column, Math.max(0, Math.min(column.count - 1, column.at + step)));
    event.preventDefault();
  }
}

// How the tiles of a column lie in `width` x `height` pixels: as large as they can be.
function tiling({ maps, shape, count, picture }, width, height) {
  const aspect = maps ? shape[1] / shape[2] : 1;
  let best = { tile: [0, 0] };
  for (let across = picture || 1; across <= (picture || count); across += 1) {
    if (count === 10 && !maps && across > 1) break; // one row for each class
    const down = Math.ceil(count / across);
    const gap = maps || count <= 40 ? GAP : 0;
    const fitted = Math.min(
      (width - gap * (across - 1)) / across,
      (height - gap * (down - 1)) / down / aspect,
    );
    const side = fitted >= 2 ? Math.floor(fitted) : fitted;
    if (side > best.tile[0]) best = { across, down, gap, tile: [side, side * aspect] };
    else if (across > 1 && side < best.tile[0] / 2) break;
  }
  const { across, down, gap, tile } = best;
  const [wide, high] = [across * (tile[0] + gap) - gap, down * (tile[1] + gap) - gap];
  return { ...best, left: Math.floor((width - wide) / 2), top: Math.max(0, Math.floor((height - high) / 2)) };
}

function boxOf({ across, left, top, tile, gap }, index) {
  return {
    x: left + (index % across) * (tile[0] + gap),
    y: top + Math.floor(index / across) * (tile[1] + gap),
    width: tile[0],
    height: tile[1],
  };
}

function isDead({ values, shape, maps }, index) {
  const area = maps ? shape[1] * shape[2] : 1;
  for (let i = index * area, end = i + area; i < end; i += 1) if (values[i] !== 0) return false;
  return true;
}
