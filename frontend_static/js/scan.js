/** Reading codes with the camera: the browser's own detector if it can, else zxing as WebAssembly. */
import { Problem } from "./problem.js";

export const TROLLEY_FORMATS = ["qr_code"];
export const PRODUCT_FORMATS = ["ean_13", "ean_8", "upc_a", "upc_e", "code_128", "itf", "qr_code", "data_matrix"];
const LOOK_MS = 110;

/**
 * Lets a code through once, then not again until it has been out of sight for `ms`.
 * `accept(code, now)` is called for every sighting.
 * @param {number} ms
 */
export function createCooldown(ms) {
  const seen = new Map();
  return function accept(/** @type {string} */ code, /** @type {number} */ now) {
    const last = seen.get(code);
    seen.set(code, now);
    return last === undefined || now - last > ms;
  };
}

/** @type {Promise<any> | null} */
let chosen = null;

/** @param {string[]} formats */
async function nativeCan(formats) {
  if (!("BarcodeDetector" in globalThis)) return false;
  try {
    const supported = await /** @type {any} */ (globalThis).BarcodeDetector.getSupportedFormats();
    return formats.filter((one) => one !== "data_matrix" && one !== "itf").every((one) => supported.includes(one));
  } catch {
    return false;
  }
}

/**
 * A detector with `detect(video)`; the WebAssembly comes from our own host and only when needed.
 * @param {string[]} formats
 */
export async function makeDetector(formats) {
  if (await nativeCan(formats)) return new /** @type {any} */ (globalThis).BarcodeDetector({ formats });
  chosen ??= import("../vendor/barcode-detector.js").then((module) => {
    const own = new URL("../vendor/", import.meta.url);
    module.prepareZXingModule({ overrides: { locateFile: (/** @type {string} */ file) => new URL(file, own).href } });
    return module.BarcodeDetector;
  });
  const Ponyfill = await chosen;
  return new Ponyfill({ formats });
}

/** The back camera as a stream. Raises Problem: camera_insecure, camera_denied, camera_missing, camera_busy. */
export async function openCamera() {
  if (!navigator.mediaDevices?.getUserMedia) throw new Problem({ code: "camera_insecure" });
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } },
    });
  } catch (error) {
    /** @type {Record<string, string>} */
    const codes = {
      NotAllowedError: "camera_denied",
      NotFoundError: "camera_missing",
      NotReadableError: "camera_busy",
    };
    throw new Problem({ code: codes[error.name] ?? "camera_missing" });
  }
}

/**
 * Look at `video` until stopped; `onCode(text)` for every sighting. Returns stop().
 * @param {HTMLVideoElement} video
 * @param {{ detect(video: HTMLVideoElement): Promise<{ rawValue: string }[]> }} detector
 * @param {(text: string) => void} onCode
 */
export function watch(video, detector, onCode) {
  let running = true;
  async function look() {
    if (!running) return;
    if (video.readyState >= 2 && !document.hidden) {
      try {
        const found = await detector.detect(video);
        for (const one of found) if (running && one.rawValue) onCode(one.rawValue);
      } catch (error) {
        console.debug("detect:", error); // a frame that could not be read; the next one may
      }
    }
    if (running) setTimeout(look, LOOK_MS);
  }
  look();
  return () => (running = false);
}

/** @type {AudioContext | null} */
let audio = null;

/** A short beep and a buzz: `good` a high one, else a low one. Silent where the browser forbids it. */
export function signalFound(good = true) {
  navigator.vibrate?.(good ? 45 : [70, 60, 70]);
  const Context = globalThis.AudioContext ?? /** @type {any} */ (globalThis).webkitAudioContext;
  if (!Context) return;
  audio ??= new Context();
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  tone.type = "square";
  tone.frequency.value = good ? 1850 : 320;
  volume.gain.setValueAtTime(0.06, audio.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + (good ? 0.12 : 0.28));
  tone.connect(volume).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + 0.3);
}
