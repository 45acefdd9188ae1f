// An answer that no widget of Streamlit takes: a drawing, a cell of a matrix, a point of a curve. The
// page is told it as `value`, each time it is as it is to stay.
const INPUTS = { drawing: DrawingBoard, cell: Matrix, point: CurvePoint };

export default function ({ parentElement, data, setStateValue }) {
  const input = (parentElement.pointing ??= new INPUTS[data.kind](data));
  // what is put in its place again loses the focus
  if (input.root.parentNode !== parentElement) parentElement.append(input.root);
  input.say = (value) => setStateValue("value", value);
  const turn = (input.turn = (input.turn ?? 0) + 1);
  return () => {
    if (input.turn !== turn) return; // drawn anew, not taken away
    input.root.remove();
    delete parentElement.pointing;
  };
}
