// A picture of 28x28 grey values, thickened, turned and shifted.
const SIDE = 28;
const UNCHANGED = { right: 0, down: 0, turn: 0, weight: 0 };

function transformed(picture, { right, down, turn, weight }) {
  let image = picture;
  for (let i = 0; i < Math.abs(weight); i += 1) image = thickened(image, weight > 0);
  if (turn % 360) image = turned(image, (turn * Math.PI) / 180);
  return right || down ? shifted(image, right, down) : image;
}

// The largest (or smallest) of each pixel and half of the way to its four neighbours.
function thickened(image, thicker) {
  const choose = thicker ? Math.max : Math.min;
  return image.map((value, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    const around = [
      x > 0 ? image[i - 1] : 0,
      x < SIDE - 1 ? image[i + 1] : 0,
      y > 0 ? image[i - SIDE] : 0,
      y < SIDE - 1 ? image[i + SIDE] : 0,
    ];
    return Math.round((value + choose(value, ...around)) / 2);
  });
}

function turned(image, angle) {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const middle = (SIDE - 1) / 2;
  const at = (x, y) => (x < 0 || y < 0 || x >= SIDE || y >= SIDE ? 0 : image[y * SIDE + x]);
  return image.map((_, i) => {
    const [right, down] = [(i % SIDE) - middle, Math.floor(i / SIDE) - middle];
    const [x, y] = [middle + cos * right + sin * down, middle - sin * right + cos * down];
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const [u, v] = [x - left, y - top];
    const upper = at(left, top) * (1 - u) + at(left + 1, top) * u;
    const lower = at(left, top + 1) * (1 - u) + at(left + 1, top + 1) * u;
    return Math.round(upper * (1 - v) + lower * v);
  });
}

function shifted(image, right, down) {
  return image.map((_, i) => {
    const [x, y] = [(i % SIDE) - right, Math.floor(i / SIDE) - down];
    return x < 0 || y < 0 || x >= SIDE || y >= SIDE ? 0 : image[y * SIDE + x];
  });
}
