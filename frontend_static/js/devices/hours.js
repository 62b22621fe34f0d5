/** How quickly a Pi's boards have answered in the last hours. */
import { html, useEffect, useState } from "../ui.js";
import { number, t, timeOfDay } from "../i18n.js";
import { auth, queryOf } from "../api.js";
import { Bars } from "../parts/bars.js";

/** @typedef {import("./store.js").Device} Device */

const HOURS = 3;
const EVERY_MS = 60_000;

/**
 * Where the Pi's telemetry has the round trip of a board.
 * @param {Device} device
 * @param {Rest.ControllerAnswer} board
 */
export function kindOf(device, { port, address }) {
  const buses = device.status?.health?.buses ?? [];
  const bus = Math.max(
    0,
    buses.findIndex((/** @type {{ port: string }} */ one) => one.port === port),
  );
  return `buses.${bus}.boards.${address}.round_trip_s`;
}

/**
 * The points of the last hours, five minutes each; null until they are read, and where they cannot be.
 * @param {string} id
 * @param {string} type
 */
function usePoints(id, type) {
  const [points, setPoints] = useState(/** @type {Rest.PointAnswer[] | null} */ (null));
  useEffect(() => {
    const read = async () => {
      const from = new Date(Date.now() - HOURS * 3_600_000).toISOString();
      try {
        const answer = await auth.call("GET", `/api/telemetry/devices/${id}?${queryOf({ from, bucket: "5m", type })}`);
        setPoints(answer.points);
      } catch (problem) {
        console.debug("telemetry:", problem.code); // the banner tells of the connection
      }
    };
    setPoints(null);
    read();
    const timer = setInterval(read, EVERY_MS);
    return () => clearInterval(timer);
  }, [id, type]);
  return points;
}

/** @param {{ device: Device }} props */
export function Hours({ device }) {
  const boards = device.controllers;
  const [chosen, choose] = useState(0);
  const board = boards.find((one) => one.id === chosen) ?? boards[0];
  const points = usePoints(device.id, board ? kindOf(device, board) : "");
  if (!board) return null;
  const values = (points ?? []).map((one) => Math.round((one.average ?? 0) * 10_000) / 10);
  return html`<section class="card stack" aria-label=${t("hours.title", { n: HOURS })}>
    ${
      boards.length > 1 &&
      html`<div class="chips" role="group" aria-label=${t("inspect.board")}>
        ${boards.map(
          (one) => html`<button
            key=${one.id}
            type="button"
            class="chip"
            aria-pressed=${one === board}
            onClick=${() => choose(one.id)}
          >
            ${t("frame.board", { board: one.address })}
          </button>`,
        )}
      </div>`
    }
    ${
      values.length > 0
        ? html`<${Bars}
            title=${t("hours.title", { n: HOURS })}
            values=${values}
            names=${(points ?? []).map((one) => timeOfDay(one.at))}
          />
          <p class="small soft num">${t("hours.last", { ms: number(values.at(-1) ?? 0), most: number(Math.max(...values)) })}</p>`
        : html`<h2>${t("hours.title", { n: HOURS })}</h2>
          <p class="small soft">${t("hours.none")}</p>`
    }
  </section>`;
}
