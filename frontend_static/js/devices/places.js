/** Where boards and trolleys may be: addresses on a bus, slots of a board. Pure. */
import { ours } from "../problem.js";
import { busesOf } from "./frames.js";

const LOCKS = 16;
/**
 * The addresses a board of each protocol may have.
 * @type {Record<Rest.ProtocolEnum, [number, number]>}
 */
export const ADDRESSES = { kerong: [0, 15], modbus: [1, 247], simulator: [0, 15] };

/**
 * What is wrong with a board before the server is asked: {field: [sentence]}, or null.
 * @param {import("./store.js").Board} body
 * @param {Rest.ControllerAnswer[]} others
 */
export function flawsOf(body, others) {
  const [least, most] = ADDRESSES[body.protocol];
  /** @type {Record<string, string[]>} */
  const errors = {};
  if (!body.port.trim()) errors.port = [ours("board.no_port")];
  if (!Number.isInteger(body.address) || body.address < least || body.address > most)
    errors.address = [ours("board.bad_address", { least, most })];
  else if (others.some((one) => one.port === body.port.trim() && one.address === body.address))
    errors.address = [ours("board.taken", { n: body.address, port: body.port.trim() })];
  const twins = others.filter((one) => one.port === body.port.trim());
  if (twins.some((one) => one.baudrate !== body.baudrate))
    errors.baudrate = [ours("board.other_rate", { rate: twins[0].baudrate })];
  return Object.keys(errors).length ? errors : null;
}

/**
 * The lowest address that is free on a port.
 * @param {{ port: string, address: number }[]} controllers
 * @param {string} port
 * @param {Rest.ProtocolEnum} protocol
 */
export function freeAddress(controllers, port, protocol) {
  const taken = new Set(controllers.filter((one) => one.port === port).map((one) => one.address));
  let address = ADDRESSES[protocol][0];
  while (taken.has(address)) address += 1;
  return address;
}

/**
 * The boards of a device with their locks: [{board, locks: [{slot, trolley_id, hook, present}...]}...].
 * A board of which nothing has been heard has as many as the largest.
 * @param {import("./store.js").Device} device
 * @param {Rest.SlotAnswer[]} known
 */
export function racks(device, known) {
  const bySlot = new Map(known.map((one) => [one.slot, one]));
  const heard = new Set(known.map((one) => one.slot >> 4));
  const ports = new Map(busesOf(device).map((one) => [one.port, one.bus]));
  for (const board of device.controllers)
    if (board.address < LOCKS) heard.add(((ports.get(board.port) ?? 0) << 4) | board.address);
  return [...heard]
    .sort((a, b) => a - b)
    .map((board) => {
      const numbers = known.filter((one) => one.slot >> 4 === board && one.at).map((one) => one.slot & 15);
      const most = numbers.length
        ? Math.max(...numbers, ...known.filter((one) => one.slot >> 4 === board).map((one) => one.slot & 15)) + 1
        : LOCKS;
      const locks = Array.from(
        { length: most },
        (_, lock) =>
          bySlot.get((board << 4) | lock) ?? {
            slot: (board << 4) | lock,
            trolley_id: null,
            hook: "unknown",
            present: null,
          },
      );
      return { board, locks };
    });
}
