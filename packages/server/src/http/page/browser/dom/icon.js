/** Signs of one stroke width on a grid of 24. */
const PATHS = {
  plus: "M12 5v14M5 12h14",
  pencil: "M4 20h4L19.5 8.5l-4-4L4 16zM13 7l4 4",
  off: "M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 0 0 0-17M6 6l12 12",
  on: "M20 12a8 8 0 1 1-3-6.2M20 4v4.5h-4.5",
  trash: "M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13M10 11v5M14 11v5",
  joined: "M9 11a3.7 3.7 0 1 0 0-7.4a3.7 3.7 0 0 0 0 7.4M2.5 20.5c0-4 2.7-6 6.5-6s6.5 2 6.5 6M19 8v6M16 11h6",
  left: "M9 11a3.7 3.7 0 1 0 0-7.4a3.7 3.7 0 0 0 0 7.4M2.5 20.5c0-4 2.7-6 6.5-6s6.5 2 6.5 6M16 11h6",
  group:
    "M8.5 11a3.5 3.5 0 1 0 0-7a3.5 3.5 0 0 0 0 7M2 20c0-3.6 2.6-5.5 6.5-5.5S15 16.4 15 20M16 4.4a3.5 3.5 0 0 1 0 6.4M17.5 14.9c2.8.6 4.5 2.3 4.5 5.1",
  manager: "M9 4h6v5H9zM3 15.5h6v5H3zM15 15.5h6v5h-6zM12 9v3.5M6 15.5v-3h12v3",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13M15.5 15.5L21 21",
  eye: "M2 12s3.6-6.5 10-6.5S22 12 22 12s-3.6 6.5-10 6.5S2 12 2 12M12 9.2a2.8 2.8 0 1 0 0 5.6a2.8 2.8 0 0 0 0-5.6",
  plug: "M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4",
  book: "M12 6c-2-1.5-5-2-8-2v14c3 0 6 .5 8 2c2-1.5 5-2 8-2V4c-3 0-6 .5-8 2v14",
  stack: "M12 3l9 5-9 5-9-5zM3 12.5l9 5 9-5M3 17l9 5 9-5",
  key: "M8 11a4.5 4.5 0 1 0 0 9a4.5 4.5 0 0 0 0-9M11.2 12.3L20 3.5M16 7.5l3 3",
  equal: "M5 9.5h14M5 14.5h14",
  dot: "M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8",
  warning: "M12 3.5L2.2 20.5h19.6zM12 10v4.5M12 17.3v.2",
  error: "M8.3 3h7.4L21 8.3v7.4L15.7 21H8.3L3 15.7V8.3zM9 9l6 6M15 9l-6 6",
  check: "M4 12.5l5.5 5.5L20 6.5",
  copy: "M8.5 8.5h11v11h-11zM15.5 8.5v-4h-11v11h4",
  pause: "M8.5 5v14M15.5 5v14",
  play: "M7.5 4.5v15l12-7.5z",
  close: "M5.5 5.5l13 13M18.5 5.5l-13 13",
  up: "M5 15l7-7 7 7",
  down: "M5 9l7 7 7-7",
  sun: "M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8M12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22M5 5l1.7 1.7M17.3 17.3L19 19M5 19l1.7-1.7M17.3 6.7L19 5",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5",
  again: "M4 12a8 8 0 1 0 2.5-5.8M4 4v4.5h4.5",
};

/** @typedef {keyof typeof PATHS} IconName */

const SVG = "http://www.w3.org/2000/svg";

/**
 * A sign beside words that say the same.
 * @param {IconName} name
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
