import { useEffect } from "react";

/** Sets the title of the browser's tab. @param count something new that waits, shown in front */
export function useTitle(title: string, count = 0): void {
  useEffect(() => {
    document.title = `${count > 0 ? `(${count}) ` : ""}${title} · SCIMTool`;
  }, [title, count]);
}
