/** Template expressions of Azure Resource Manager: `[concat('a', parameters('b').c[0])]`. */

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

type Node =
  | { readonly kind: "value"; readonly value: string | number }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Node[] }
  | { readonly kind: "member"; readonly of: Node; readonly key: Node };

/** Functions get unevaluated arguments, because `if`, `and`, `or` and `coalesce` do not evaluate all of them. */
export type ArmFunction = (args: readonly (() => Json)[]) => Json;

const TOKEN = /\s*(?:('(?:[^']|'')*')|(-?\d+)|([A-Za-z_][\w.]*?(?=\())|([A-Za-z_]\w*)|([()[\],.]))/y;

/** Evaluates a value of a template: strings in brackets are expressions; objects and arrays are traversed. */
export function evaluate(value: Json, functions: Readonly<Record<string, ArmFunction>>): Json {
  if (typeof value === "string") {
    if (value.startsWith("[[")) return value.slice(1);
    return value.startsWith("[") && value.endsWith("]") ? run(parse(value.slice(1, -1)), functions) : value;
  }
  if (Array.isArray(value)) return value.map((item) => evaluate(item, functions));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [String(evaluate(name, functions)), evaluate(item, functions)]),
  );
}

function parse(text: string): Node {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim() !== "") {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) throw new Error(`Cannot read the expression at "${text.slice(at, at + 30)}"`);
    tokens.push(match[0].trim());
  }
  let next = 0;
  const take = (expected?: string): string => {
    const token = tokens[next++];
    if (token === undefined || (expected !== undefined && token !== expected)) {
      throw new Error(`Expected ${expected ?? "more"} in ${text}, got ${token ?? "the end"}`);
    }
    return token;
  };
  const readPrimary = (): Node => {
    const token = take();
    if (token.startsWith("'")) return { kind: "value", value: token.slice(1, -1).replaceAll("''", "'") };
    if (/^-?\d/.test(token)) return { kind: "value", value: Number(token) };
    take("(");
    const args: Node[] = [];
    while (tokens[next] !== ")") {
      if (args.length > 0) take(",");
      args.push(readNode());
    }
    take(")");
    return { kind: "call", name: token, args };
  };
  const readNode = (): Node => {
    let node = readPrimary();
    for (;;) {
      if (tokens[next] === ".") {
        take(".");
        node = { kind: "member", of: node, key: { kind: "value", value: take() } };
      } else if (tokens[next] === "[") {
        take("[");
        node = { kind: "member", of: node, key: readNode() };
        take("]");
      } else return node;
    }
  };
  const node = readNode();
  if (next < tokens.length) throw new Error(`Unexpected ${tokens[next]} in ${text}`);
  return node;
}

function run(node: Node, functions: Readonly<Record<string, ArmFunction>>): Json {
  switch (node.kind) {
    case "value":
      return node.value;
    case "member": {
      const of = run(node.of, functions);
      const key = run(node.key, functions) as string | number;
      const value = of === null || typeof of !== "object" ? undefined : (of as Record<string, Json>)[key];
      if (value === undefined) throw new Error(`The language expression property '${key}' doesn't exist`);
      return value;
    }
    case "call": {
      const call = functions[node.name];
      if (call === undefined) throw new Error(`The template function '${node.name}' is not known`);
      return call(node.args.map((arg) => () => run(arg, functions)));
    }
  }
}
