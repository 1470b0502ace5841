// How the page learns of changes: the engine writes what follows from an answer into objects that are handed to it;
// each write asks for one look over the page, soon, however many follow one another.

import type { OpaqueReactiveObjectFactory } from "@getodk/xforms-engine";

/** Calls something once, soon, however often it is asked to. */
export function soon(run: () => void): () => void {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    queueMicrotask(() => {
      asked = false;
      run();
    });
  };
}

/** Makes the objects the engine writes into; `changed` is called with every write. */
export function watching(changed: () => void): OpaqueReactiveObjectFactory {
  return <State extends object>(state: State): State =>
    new Proxy(state, {
      set(target, key, value) {
        changed();
        return Reflect.set(target, key, value);
      },
    });
}
