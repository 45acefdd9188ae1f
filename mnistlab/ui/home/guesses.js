// The first test images, and what the network shown on this page takes them for, at the step shown.
const FRAME = 8; // ms of computing before the page gets its turn
const SIDE = 28; // pixels

export default function ({ parentElement, data }) {
  const view = (parentElement.guesses ??= new Guesses(parentElement));
  view.show(data);
  return () => {
    view.end();
    delete parentElement.guesses;
  };
}

class Guesses {
  constructor(parent) {
    this.root = element("section", "guesses");
    this.list = element("ol", "images");
    this.score = element("output", "score");
    this.root.append(this.list, this.score);
    parent.append(this.root);
    this.listener = (event) => this.follow(event.detail);
    window.addEventListener("mnistlab.network", this.listener);
  }

  show(data) {
    const before = this.data;
    this.data = data;
    this.root.style.setProperty("--right", data.colors.right);
    this.root.style.setProperty("--wrong", data.colors.wrong);
    if (before?.pixels !== data.pixels) {
      this.pictures();
      this.done = null;
      this.predictions = data.predictions ?? data.labels.map(() => null);
    }
    this.draw();
    this.follow(window.mnistlabNetwork);
  }

  // `shown`: the network that the page shows now
  async follow(shown) {
    if (!shown || shown.source !== this.data.source) return;
    this.wanted = shown;
    if (this.computing) return;
    this.computing = true;
    try {
      while (this.wanted !== this.done && this.root.isConnected) await this.classify(this.wanted);
    } finally {
      this.computing = false;
    }
  }

  async classify(shown) {
    this.done = shown;
    const network = new Network(shown.operators, shown.tensors);
    const predictions = [];
    let began = performance.now();
    for (const image of this.images) {
      if (performance.now() - began > FRAME) {
        await new Promise(requestAnimationFrame);
        began = performance.now();
      }
      predictions.push(likeliest(network.run(image).at(-1).data));
    }
    if (shown.source !== this.data.source) return; // another run was chosen meanwhile
    this.predictions = predictions;
    this.draw();
  }

  pictures() {
    const bytes = Uint8Array.from(atob(this.data.pixels), (each) => each.charCodeAt(0));
    this.images = this.data.labels.map((_, place) =>
      bytes.slice(place * SIDE * SIDE, (place + 1) * SIDE * SIDE),
    );
    this.tiles = this.images.map((image) => {
      const tile = element("div", "image");
      tile.setAttribute("role", "img");
      tile.append(painted(image), element("b", "guess"), element("span", "mark"));
      return tile;
    });
    this.list.replaceChildren(
      ...this.tiles.map((tile) => {
        const item = element("li", "");
        item.append(tile);
        return item;
      }),
    );
  }

  draw() {
    const { labels, classes, words } = this.data;
    let correct = 0;
    this.predictions.forEach((guess, place) => {
      const tile = this.tiles[place];
      const right = guess === labels[place];
      const known = guess !== null;
      correct += right;
      tile.dataset.is = known ? (right ? "right" : "wrong") : "open";
      tile.querySelector(".guess").textContent = known ? classes[guess] : "?";
      tile.classList.toggle("named", known && classes[guess].length > 2);
      tile.querySelector(".mark").textContent = known ? (right ? "✓" : "✗") : "";
      const sentence = known ? (right ? words.right : words.wrong) : words.open;
      tile.setAttribute(
        "aria-label",
        filled(sentence, { label: classes[labels[place]], guess: classes[guess] ?? "" }),
      );
    });
    const known = this.predictions.some((guess) => guess !== null);
    this.score.textContent = known ? filled(words.score, { correct, count: labels.length }) : "";
  }

  end() {
    window.removeEventListener("mnistlab.network", this.listener);
    this.root.remove();
  }
}

function painted(image) {
  const canvas = element("canvas", "digit");
  canvas.width = canvas.height = SIDE;
  const pixels = new ImageData(SIDE, SIDE);
  image.forEach((grey, place) => pixels.data.set([grey, grey, grey, 255], 4 * place));
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  return canvas;
}

// The class with the highest probability; null where they are not numbers.
function likeliest(probabilities) {
  const best = probabilities.indexOf(Math.max(...probabilities));
  return best < 0 ? null : best;
}

function filled(sentence, values) {
  return sentence.replace(/{(\w+)}/g, (_, name) => values[name]);
}

function element(kind, name) {
  const made = document.createElement(kind);
  made.className = name;
  return made;
}
