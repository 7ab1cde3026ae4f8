/** @import { Child } from "../dom/element.js" */
import { element, fill } from "../dom/element.js";
import { icon } from "../dom/icon.js";
import { shortElement, shortText } from "../dom/short-text.js";
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
  // It stays, and the focus in it, when more is known.
  const heading = element("h1", null, isGroup ? "Group" : "User");
  const about = element("p", { class: "soft small" }, element("code", null, id));
  const actions = element("div", { class: "actions" });
  let sign = avatar("", isGroup);
  return {
    root: element(
      "div",
      { class: "page-head person" },
      sign,
      element("div", { class: "person-name" }, heading, about),
      actions,
    ),
    /** @param {Head} head */
    show: ({ name, badge, ended = [], actions: others = [] }) => {
      document.title = `${shortText(name)} · SCIMTool`;
      const own = avatar(name, isGroup);
      sign.replaceWith(own);
      sign = own;
      fill(heading, shortElement(name), " ", badge);
      fill(about, element("code", null, id), ended.length > 0 && [" · ", ...ended]);
      fill(
        actions,
        element(
          "a",
          { class: "button", href: hashOf([], new URLSearchParams({ resource: id })) },
          icon("search"),
          "Exchanges",
        ),
        copyButton("Copy id", () => id, sayProblem),
        others,
      );
    },
  };
}
