// Reads weights as the store keeps them: a safetensors file
// (https://github.com/huggingface/safetensors#format).
function readSafetensors(buffer) {
  const refuse = (why) => {
    throw new Error(`These bytes are not a safetensors file: ${why}.`);
  };
  if (buffer.byteLength < 8) refuse("they end before the header does");
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  if (length > buffer.byteLength - 8) refuse("they end before the header does");
  let header;
  try {
    header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (header === null || typeof header !== "object") refuse("their header is no JSON");

  const tensors = new Map();
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const { dtype, shape, data_offsets: [start, end] = [] } = entry;
    const type = readSafetensors.TYPES[dtype];
    if (!type) refuse(`${name} is of the type ${dtype}`);
    if (!Array.isArray(shape)) refuse(`${name} has no shape`);
    const bytes = shape.reduce((product, size) => product * size, type.BYTES_PER_ELEMENT);
    if (end - start !== bytes || start < 0) refuse(`${name} has another size than its shape`);
    if (8 + length + end > buffer.byteLength) refuse(`they end before ${name} does`);
    tensors.set(name, { shape, data: numbers(type, 8 + length + start, bytes) });
  }
  return tensors;

  // A view where that can be, a copy where it has to be.
  function numbers(type, start, bytes) {
    const aligned = start % type.BYTES_PER_ELEMENT === 0;
    const [source, offset] = aligned ? [buffer, start] : [buffer.slice(start, start + bytes), 0];
    const data = new type(source, offset, bytes / type.BYTES_PER_ELEMENT);
    return type === Float32Array ? data : Float32Array.from(data, Number);
  }
}
readSafetensors.TYPES = {
  F64: Float64Array,
  F32: Float32Array,
  I64: BigInt64Array,
  I32: Int32Array,
  U8: Uint8Array,
};
