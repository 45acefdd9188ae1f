// Products, and expressions that arrive as text.
const Arithmetic = (() => {
  // out[i, j] = bias[i] + the sum over k of a[i, k] * b[j, k]. Everything stands in arrays, `data`,
  // from `first` on; a and b have `count` rows of `size` numbers; in out, one i further is `down`,
  // one j further `across`. Two rows of each at a time, because what is read is then used twice.
  function multiply(a, b, size, bias, out) {
    const pairs = b.count - (b.count % 2);
    for (let j = 0; j < pairs; j += 2) twoColumns(a, b, j, size, bias, out);
    if (pairs < b.count) oneColumn(a, b, pairs, size, bias, out);
  }

  function twoColumns(a, b, j, size, bias, out) {
    const [rows, others, result] = [a.data, b.data, out.data];
    const left = b.first + j * size;
    const right = left + size;
    for (let i = 0; i < a.count; i += 2) {
      const top = a.first + i * size;
      const low = i + 1 < a.count ? top + size : top;
      let topLeft = 0;
      let topRight = 0;
      let lowLeft = 0;
      let lowRight = 0;
      for (let k = 0; k < size; k += 1) {
        const x = rows[top + k];
        const y = rows[low + k];
        topLeft += x * others[left + k];
        topRight += x * others[right + k];
        lowLeft += y * others[left + k];
        lowRight += y * others[right + k];
      }
      const place = out.first + i * out.down + j * out.across;
      const start = bias ? bias.data[bias.first + i] : 0;
      result[place] = topLeft + start;
      result[place + out.across] = topRight + start;
      if (low === top) return;
      const next = bias ? bias.data[bias.first + i + 1] : 0;
      result[place + out.down] = lowLeft + next;
      result[place + out.down + out.across] = lowRight + next;
    }
  }

  // Four rows at a time, so that no sum waits for the one before.
  function oneColumn(a, b, j, size, bias, out) {
    const [rows, others] = [a.data, b.data];
    const column = b.first + j * size;
    for (let i = 0; i < a.count; i += 4) {
      const row0 = a.first + i * size;
      const row1 = i + 1 < a.count ? row0 + size : row0;
      const row2 = i + 2 < a.count ? row1 + size : row0;
      const row3 = i + 3 < a.count ? row2 + size : row0;
      let sum0 = 0;
      let sum1 = 0;
      let sum2 = 0;
      let sum3 = 0;
      for (let k = 0; k < size; k += 1) {
        const x = others[column + k];
        sum0 += rows[row0 + k] * x;
        sum1 += rows[row1 + k] * x;
        sum2 += rows[row2 + k] * x;
        sum3 += rows[row3 + k] * x;
      }
      const sums = [sum0, sum1, sum2, sum3];
      for (let n = 0; n < 4 && i + n < a.count; n += 1) {
        const start = bias ? bias.data[bias.first + i + n] : 0;
        out.data[out.first + (i + n) * out.down + j * out.across] = sums[n] + start;
      }
    }
  }

  // The error function, to 2e-8: erfc(z) = t exp(-z² + a polynomial of t), t = 1 / (1 + z / 2), as
  // in Numerical Recipes, with coefficients fitted to scipy.special.erfcx for z up to 6.
  const ERFC = [
    -1.265098843, 0.9922988457, 0.4359815653, -0.1822050745, 0.594249833, -1.128911236,
    0.5049520901, 0.2956269825, -0.3296189883, 0.08272484328,
  ];
  function erf(x) {
    const z = Math.abs(x);
    const t = 1 / (1 + z / 2);
    let exponent = 0;
    for (let i = ERFC.length - 1; i >= 0; i -= 1) exponent = exponent * t + ERFC[i];
    const above = 1 - t * Math.exp(exponent - z * z);
    return x < 0 ? -above : above;
  }

  // A function of `names`. Expressions come from the tables in `mnistlab/choices/network.py`, never
  // from a reader. Each is compiled once, so that the networks of many steps share a fast one.
  const known = new Map();
  function compiled(body, ...names) {
    const source = `return (${names.join(", ")}) => { ${body} };`;
    if (!known.has(source)) known.set(source, new Function("erf", source)(erf));
    return known.get(source);
  }

  const product = (sizes) => sizes.reduce((total, size) => total * size, 1);

  return { multiply, compiled, product };
})();
