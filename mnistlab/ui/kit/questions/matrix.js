// A matrix whose cells are chosen with the pointer, or with the arrow keys and Enter. Its value:
// [row, column].
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

class Matrix {
  constructor({ words, rows, columns, value }) {
    Object.assign(this, { words, rows, columns, chosen: value });
    this.cells = rows.map((row, i) => columns.map((column, j) => this.cell(row, column, i, j)));
    const head = element("tr", { role: "row" }, [
      element("td"), ...columns.map((name) => element("th", { scope: "col", textContent: name })),
    ]);
    const body = this.cells.map((cells, i) =>
      element("tr", { role: "row" }, [
        element("th", { scope: "row", textContent: rows[i] }),
        ...cells.map((cell) => element("td", { role: "gridcell" }, [cell])),
      ]),
    );
    const table = element("table", { role: "grid", "aria-label": words.matrix }, [head, ...body]);
    this.root = element("div", { className: "matrix" }, [table]);
    this.mark(value ?? [0, 0]);
  }

  cell(row, column, i, j) {
    const label = filled(this.words.cell, { row, column });
    return element("button", {
      type: "button",
      title: label,
      "aria-label": label,
      onclick: () => this.choose(i, j),
      onkeydown: (event) => this.key(event, i, j),
    });
  }

  choose(row, column) {
    this.chosen = [row, column];
    this.mark(this.chosen);
    this.say(this.chosen);
  }

  key(event, row, column) {
    const step = STEPS[event.key];
    if (!step) return;
    const next = this.cells[row + step[0]]?.[column + step[1]];
    if (next) {
      this.mark([row + step[0], column + step[1]]);
      next.focus();
    }
    event.preventDefault();
    event.stopPropagation();
  }

  // One cell is reached by the Tab key; the chosen one is pressed.
  mark([row, column]) {
    this.cells.forEach((cells, i) =>
      cells.forEach((cell, j) => {
        const chosen = this.chosen?.[0] === i && this.chosen?.[1] === j;
        cell.tabIndex = i === row && j === column ? 0 : -1;
        cell.setAttribute("aria-pressed", String(chosen));
      }),
    );
  }
}
