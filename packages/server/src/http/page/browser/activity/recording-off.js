import { element } from "../dom/element.js";

/** Whether the server was started not to record. */
export function isRecordingOff() {
  return document.body.dataset["recording"] === "off";
}

/** Says so where one would wait for what does not come. */
export function recordingOff() {
  return element(
    "p",
    { class: "card recording-off" },
    "Recording is off: what happens now is not shown here. Start the server without ",
    element("code", null, "RECORDING=off"),
    " to have it recorded. The history of each resource is kept all the same.",
  );
}
