/** The camera picture with a frame; calls `onCode(text)` for each code that comes into sight. */
import { html, useEffect, useRef, useState } from "../ui.js";
import { t, reason } from "../i18n.js";
import { Icon } from "./icons.js";
import { createCooldown, makeDetector, openCamera, watch } from "../scan.js";

/** The same code counts again once it was out of sight this long. */
const COOLDOWN_MS = 1600;

/**
 * @param {{ current: HTMLVideoElement | null }} video
 * @param {string[]} formats
 * @param {(text: string) => void} onCode
 * @param {number} tick
 */
function useCamera(video, formats, onCode, tick) {
  const latest = useRef(onCode);
  latest.current = onCode;
  const [state, setState] = useState(
    /** @type {{ phase: string, problem: string | null, track: MediaStreamTrack | null }} */ ({
      phase: "starting",
      problem: null,
      track: null,
    }),
  );
  useEffect(() => {
    /** @type {MediaStream | null} */
    let stream = null;
    let stop = () => {};
    let gone = false;
    // A page that goes lets its elements go at once and its effects a little later: the reference may be empty then.
    const picture = video.current;
    const accept = createCooldown(COOLDOWN_MS);
    const close = () => {
      stop();
      stream?.getTracks().forEach((track) => track.stop());
    };
    (async () => {
      try {
        stream = await openCamera();
        if (gone) return close();
        if (!picture) return close();
        picture.srcObject = stream;
        await picture.play();
        const detector = await makeDetector(formats);
        if (gone) return close();
        stop = watch(
          picture,
          detector,
          (/** @type {string} */ code) => accept(code, performance.now()) && latest.current(code),
        );
        setState({ phase: "looking", problem: null, track: stream.getVideoTracks()[0] });
      } catch (error) {
        close();
        if (!gone) setState({ phase: "failed", problem: error.code ? error : { code: "camera_missing" }, track: null });
      }
    })();
    return () => {
      gone = true;
      close();
    };
  }, [tick]);
  return state;
}

/** @param {{ track: MediaStreamTrack | null }} props */
function Torch({ track }) {
  const [on, setOn] = useState(false);
  const can = /** @type {{ torch?: boolean } | undefined} */ (track?.getCapabilities?.());
  if (!track || !can?.torch) return null;
  const flip = () =>
    track.applyConstraints({ advanced: [/** @type {any} */ ({ torch: !on })] }).then(
      () => setOn(!on),
      () => setOn(false),
    );
  return html`<button
    type="button"
    class="btn btn-quiet btn-icon torch"
    aria-pressed=${on}
    aria-label=${t("scan.torch")}
    onClick=${flip}
  >
    <${Icon} name="torch" />
  </button>`;
}

/** @param {{ formats: string[], onCode: (text: string) => void, hint: string, square?: boolean }} props */
export function Viewfinder({ formats, onCode, hint, square = false }) {
  const video = useRef(/** @type {HTMLVideoElement | null} */ (null));
  const [tick, again] = useState(0);
  const { phase, problem, track } = useCamera(video, formats, onCode, tick);
  return html`<div class="viewfinder ${square ? "square" : ""}" data-phase=${phase}>
    <video ref=${video} playsinline muted aria-label=${t("scan.camera")}></video>
    ${phase !== "failed" && html`<div class="frame" aria-hidden="true"><i></i><i></i><i></i><i></i></div>`}
    ${phase === "starting" && html`<p class="viewfinder-say"><span class="spinner" />${t("scan.starting")}</p>`}
    ${phase === "looking" && html`<p class="viewfinder-say">${hint}</p>`}
    ${
      phase === "failed" &&
      html`<div class="viewfinder-failed" role="alert">
        <${Icon} name="alert" />
        <p>${reason(problem)}</p>
        <button type="button" class="btn btn-quiet" onClick=${() => again(tick + 1)}>${t("retry")}</button>
      </div>`
    }
    <${Torch} track=${track} />
  </div>`;
}
