const TOGETHER = 350; // milliseconds: clicks in quick succession are sent together

export default function ({ parentElement, data, setTriggerValue }) {
  let root = parentElement.querySelector(".root");
  if (!root) {
    root = document.createElement("div");
    root.className = "root";
    parentElement.appendChild(root);
  }
  const focused = [...root.children].indexOf(parentElement.getRootNode().activeElement);
  if (data.image) drawInput(root, data, setTriggerValue);
  else drawTiles(root, data, setTriggerValue);
  root.children[focused]?.focus({ preventScroll: true });
}

function drawTiles(root, data, setTriggerValue) {
  if (!root.timer) root.silent = new Set(data.silent);
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", data.label);
  const [width, height] = data.size;
  const show = (button, number) => {
    const silent = root.silent.has(number);
    button.setAttribute("aria-pressed", String(silent));
    const { name } = data.tiles[number];
    button.title = silent ? data.off.replace("{name}", name) : name;
  };
  root.replaceChildren(
    ...data.tiles.map((tile, number) => {
      const button = document.createElement("button");
      const picture = document.createElement("img");
      picture.src = tile.picture;
      picture.alt = "";
      picture.style.width = `${width}px`;
      picture.style.height = `${height}px`;
      button.append(picture);
      button.setAttribute("aria-label", tile.name);
      if (width > 30) {
        const label = document.createElement("span");
        label.textContent = number;
        button.append(label);
      }
      show(button, number);
      button.onkeydown = (event) => walk(root, number, event);
      button.onclick = () => {
        if (!root.silent.delete(number)) root.silent.add(number);
        show(button, number);
        clearTimeout(root.timer);
        root.timer = setTimeout(() => {
          root.timer = null;
          setTriggerValue("silent", [...root.silent]);
        }, TOGETHER);
      };
      return button;
    }),
  );
}

/** Arrow keys: to the next tile, or to the nearest one above or below. */
function walk(root, number, event) {
  const here = root.children[number].getBoundingClientRect();
  const above = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  const beside = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!above && !beside) return;
  event.preventDefault();
  if (beside) return root.children[number + beside]?.focus();
  const rows = [...root.children].map((tile) => [tile, tile.getBoundingClientRect()]);
  const others = rows.filter(([, { top }]) => (top - here.top) * above > 1);
  const away = ([, { left, top }]) => Math.abs(top - here.top) * 1000 + Math.abs(left - here.left);
  others.sort((one, other) => away(one) - away(other))[0]?.[0].focus();
}

function drawInput(root, data, setTriggerValue) {
  const cells = data.cells;
  const picture = document.createElement("div");
  picture.className = "input";
  picture.tabIndex = 0;
  picture.setAttribute("role", "application");
  picture.setAttribute("aria-label", data.label);
  picture.style.maxWidth = `${data.side}px`;
  picture.style.backgroundImage = `url(${data.image})`;
  const cover = document.createElement("div");
  cover.className = "box";
  picture.append(cover);
  root.replaceChildren(picture);
  let box = data.box;
  const show = () => {
    cover.hidden = !box;
    if (!box) return;
    const share = (number) => `${(100 * number) / cells}%`;
    const [top, left, bottom, right] = box;
    Object.assign(cover.style, {
      top: share(top),
      left: share(left),
      height: share(bottom - top),
      width: share(right - left),
    });
  };
  show();
  const place = (event) => {
    const frame = picture.getBoundingClientRect();
    const along = (at, start, size) =>
      Math.min(cells - 1, Math.max(0, Math.floor(((at - start) / size) * cells)));
    return [
      along(event.clientY, frame.top, frame.height),
      along(event.clientX, frame.left, frame.width),
    ];
  };
  let from = null;
  picture.onpointerdown = (event) => {
    picture.setPointerCapture(event.pointerId);
    from = place(event);
    box = null;
    show();
  };
  picture.onpointermove = (event) => {
    if (!from) return;
    const to = place(event);
    if (!box && to[0] === from[0] && to[1] === from[1]) return;
    const low = from.map((at, axis) => Math.min(at, to[axis]));
    const high = from.map((at, axis) => Math.max(at, to[axis]) + 1);
    box = [...low, ...high];
    show();
  };
  picture.onpointerup = picture.onpointercancel = () => {
    if (!from) return;
    from = null;
    setTriggerValue("box", box ?? []);
  };
  picture.onkeydown = (event) => {
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const move = moves[event.key];
    if (event.key === "Escape" || event.key === "Delete") box = null;
    else if (move) box = moved(box, move, event.shiftKey, cells);
    else return;
    event.preventDefault();
    show();
    clearTimeout(root.timer);
    root.timer = setTimeout(() => setTriggerValue("box", box ?? []), TOGETHER);
  };
}

/** `box` one pixel further; with `grow`, only its lower right corner. Without a box, the middle. */
function moved(box, [down, across], grow, cells) {
  if (!box) return [10, 10, 18, 18];
  const [top, left, bottom, right] = box;
  const next = grow
    ? [top, left, bottom + down, right + across]
    : [top + down, left + across, bottom + down, right + across];
  const fits =
    next[0] >= 0 &&
    next[1] >= 0 &&
    next[2] <= cells &&
    next[3] <= cells &&
    next[0] < next[2] &&
    next[1] < next[3];
  return fits ? next : box;
}
