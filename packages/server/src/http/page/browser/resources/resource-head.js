/** @import { Child } from "../dom/element.js" */
import { element, fill } from "../dom/element.js";
import { icon } from "../dom/icon.js";
import { copyButton } from "../shell/copy.js";
import { sayProblem } from "../shell/notice.js";
import { hashOf } from "../shell/route.js";
import { avatar } from "./avatar.js";

/**
 * What a resource's page begins with.
 * @typedef {object} Head
 * @property {string} name
 * @property {Child} [badge]
 * @property {readonly Child[]} [ended] when and by whom, where it was deleted
 * @property {readonly Child[]} [actions]
 */

/**
 * @param {string} id
 * @param {boolean} isGroup
 */
export function resourceHead(id, isGroup) {
  const root = element("div", { class: "page-head person" });
  return {
    root,
    /** @param {Head} head */
    show: ({ name, badge, ended = [], actions = [] }) => {
      document.title = `${name} · SCIMTool`;
      fill(
        root,
        avatar(name, isGroup),
        element(
          "div",
          { class: "person-name" },
          element("h1", null, name, " ", badge),
          element("p", { class: "soft small" }, element("code", null, id), ended.length > 0 && [" · ", ...ended]),
        ),
        element(
          "div",
          { class: "actions" },
          element(
            "a",
            { class: "button", href: hashOf([], new URLSearchParams({ resource: id })) },
            icon("search"),
            "Exchanges",
          ),
          copyButton("Copy id", () => id, sayProblem),
          actions,
        ),
      );
    },
  };
}
