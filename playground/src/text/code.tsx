import type { ComponentChildren, VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Colour } from "./colours";

/** Colours come with the first piece of code in a language that is known. */
let colours: Promise<{ colour: Colour }> | undefined;

export function Code({ text, language }: { text: string; language?: string | undefined }): VNode {
  const name =
    (language ?? "")
      .trim()
      .split(/[\s,{]/)[0]
      ?.toLowerCase() ?? "";
  const [coloured, setColoured] = useState<ComponentChildren>();
  useEffect(() => {
    let wanted = true;
    setColoured(undefined);
    if (name) {
      colours ??= import("./colours");
      colours.then(
        ({ colour }) => wanted && setColoured(colour(text, name)),
        () => {
          colours = undefined;
        },
      );
    }
    return () => {
      wanted = false;
    };
  }, [text, name]);
  return (
    <pre tabIndex={0} role="region" aria-label={name ? `Code: ${name}` : "Code"}>
      <code>{coloured ?? text}</code>
    </pre>
  );
}
