// The teacher's wall. With `data.url`, asks the server each second what is new. A click on a student
// opens what is known of them; hands and wishes go to the server from here.
const MOVE = 450; // ms in which a tile goes to its new place

export default function ({ parentElement, data }) {
  const wall = (parentElement.wall ??= new Wall(parentElement));
  const turn = wall.show(data);
  return () => {
    if (wall.turn !== turn) return; // drawn anew, not taken away
    wall.poll.end();
    wall.root.remove();
    delete parentElement.wall;
  };
}

class Wall {
  constructor(parent) {
    this.turn = 0;
    this.tiles = new Map(); // number -> Tile
    this.root = made("section", "wall");
    this.head = made("header", "head");
    this.here = made("p", "here");
    this.whole = made("button", "whole");
    this.whole.onclick = () => this.fullScreen();
    this.trouble = made("p", "trouble");
    this.trouble.setAttribute("role", "alert");
    this.trouble.hidden = true;
    this.empty = made("p", "empty");
    this.grid = made("div", "tiles");
    this.dialog = made("dialog", "detail");
    this.dialog.onclick = (event) => {
      if (event.target === this.dialog) this.dialog.close(); // beside its contents
    };
    this.dialog.onclose = () => (this.opened = null);
    const row = made("div", "row");
    row.append(this.here, this.whole);
    this.root.append(this.head, row, this.trouble, this.empty, this.grid, this.dialog);
    parent.append(this.root);
    this.poll = new Poll(
      () => this.data.url,
      (status, live) => {
        this.trouble.hidden = Boolean(live);
        if (live) this.draw(live);
        return live && this.data.seconds;
      },
    );
  }

  show(data) {
    this.data = data;
    put(this.whole, data.words.fullScreen);
    put(this.trouble, data.words.offline);
    put(this.empty, data.words.empty);
    this.showHead(data.join);
    this.draw(data.live);
    if (data.url) this.poll.start(data.seconds);
    else this.poll.stop();
    return ++this.turn;
  }

  showHead(join) {
    const { words } = this.data;
    this.head.hidden = !join;
    const built = JSON.stringify([join, words]);
    if (!join || built === this.built) return;
    this.built = built;
    const picture = made("div", "qr");
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", words.picture);
    picture.innerHTML = join.picture; // made by the server
    const way = made("div", "way");
    const address = made("p", "address", `${words.visit} `);
    address.append(made("strong", "", join.address), ` ${words.type}`);
    way.append(address, made("p", "code", join.code));
    if (join.local) way.append(made("p", "local", words.local));
    this.head.replaceChildren(picture, way);
  }

  draw(live) {
    put(this.here, live.said);
    this.empty.hidden = live.tiles.length > 0;
    const order = live.tiles.map((student) => this.tile(student.number));
    live.tiles.forEach((student, at) => order[at].show(student));
    const numbers = live.tiles.map(({ number }) => number);
    if (numbers.join() !== this.order) this.arrange(numbers, order);
    if (this.opened) this.detail();
  }

  tile(number) {
    if (!this.tiles.has(number)) {
      const acts = {
        open: (chosen) => this.open(chosen),
        lower: (chosen) => this.tell({ number: chosen, hand: false }),
        link: (chosen) => `${this.data.shown}/${chosen}`,
      };
      this.tiles.set(number, new Tile(number, this.data.words, acts));
    }
    return this.tiles.get(number);
  }

  // Put the tiles in this order; those that were there are seen to move.
  arrange(numbers, order) {
    const before = new Map(order.map(({ root }) => [root, root.isConnected && root.getBoundingClientRect()]));
    this.order = numbers.join();
    for (const number of [...this.tiles.keys()]) if (!numbers.includes(number)) this.tiles.delete(number);
    this.grid.replaceChildren(...order.map(({ root }) => root));
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    for (const [root, from] of before) {
      const to = root.getBoundingClientRect();
      if (!from || (from.left === to.left && from.top === to.top)) continue;
      const transform = `translate(${from.left - to.left}px, ${from.top - to.top}px)`;
      root.animate([{ transform }, { transform: "none" }], { duration: MOVE, easing: "ease" });
    }
  }

  open(number) {
    this.opened = number;
    this.learning = new Learning(this.data.words);
    this.heading = made("h2", "name");
    this.where = made("p", "page");
    this.actions = made("div", "actions");
    this.dialog.replaceChildren(this.heading, this.where, ...this.learning.parts, this.actions);
    this.detail();
    this.dialog.showModal();
  }

  // What the dialog says of its student, as the tile knows it.
  detail() {
    const tile = this.tiles.get(this.opened);
    if (!tile) return this.dialog.close();
    const { words, act } = this.data;
    const { student } = tile;
    this.dialog.style.setProperty("--own", student.color);
    put(this.heading, student.name);
    put(this.where, tile.page.textContent);
    this.learning.show(student);
    const state = JSON.stringify([student.name, student.asked, student.shown, student.hand, act]);
    if (this.actions.dataset.state === state) return undefined;
    this.actions.dataset.state = state;
    this.actions.replaceChildren(...this.choices(student, words));
    return undefined;
  }

  choices({ number, name, asked, shown, hand }, words) {
    const close = choice(words.close, () => this.dialog.close());
    if (!this.data.act) return [close];
    const link = made("a", "primary", words.open.replace("{name}", name));
    Object.assign(link, { href: `${this.data.shown}/${number}`, target: "_blank", rel: "noopener" });
    return [
      ...(shown === null ? [] : [link]),
      choice(asked ? words.unask : words.ask, () => this.tell({ number, ask: !asked })),
      ...(hand === null ? [] : [choice(words.lower, () => this.tell({ number, hand: false }))]),
      close,
    ];
  }

  async tell(what) {
    if (!this.data.act) return;
    const told = await tellServer(this.data.act, what);
    this.trouble.hidden = told;
    if (told) this.poll.ask();
  }

  fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.root.requestFullscreen();
  }
}

function choice(label, act) {
  const button = made("button", "", label);
  button.onclick = act;
  return button;
}
