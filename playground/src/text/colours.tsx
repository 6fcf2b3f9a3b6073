import bash from "highlight.js/lib/languages/bash";
import cpp from "highlight.js/lib/languages/cpp";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import r from "highlight.js/lib/languages/r";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import yaml from "highlight.js/lib/languages/yaml";
import { createLowlight } from "lowlight";
import type { ComponentChildren } from "preact";

const lowlight = createLowlight({ bash, cpp, java, javascript, json, python, r, rust, sql, typescript, yaml });

type Tree = ReturnType<typeof lowlight.highlight>;

export type Colour = (text: string, language: string) => ComponentChildren;

/** The code as elements with classes; nothing for a language that is not known. */
export const colour: Colour = (text, language) =>
  lowlight.registered(language) ? elements(lowlight.highlight(language, text).children) : undefined;

function elements(nodes: Tree["children"]): ComponentChildren {
  return nodes.map((node) => {
    if (node.type === "text") return node.value;
    if (node.type !== "element") return null;
    return <span class={([] as unknown[]).concat(node.properties.className).join(" ")}>{elements(node.children)}</span>;
  });
}
