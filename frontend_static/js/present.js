/**
 * `thing`, which is there wherever this is asked; a defect of the page if it is not.
 * @template T
 * @param {T} thing
 * @returns {NonNullable<T>}
 */
export function present(thing) {
  if (thing === null || thing === undefined) throw new TypeError(`expected something that is there, got ${thing}`);
  return thing;
}
