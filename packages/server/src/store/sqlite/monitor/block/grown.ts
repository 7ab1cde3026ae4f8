type Numbers = Uint16Array | Int32Array | Uint32Array | Float64Array;

/** The same numbers, with room for as many again. */
export function grown<Array extends Numbers>(numbers: Array): Array {
  const larger = new (numbers.constructor as new (length: number) => Array)(2 * numbers.length);
  larger.set(numbers);
  return larger;
}
