/** What a way of following shows: its state, its cursor, and the newest events, latest on top. */

const SHOWN = 200;

/** `live`: news arrives as it happens. `waiting`: it will again. `ended`: a person is to decide. */
export type State = "live" | "waiting" | "ended";

export interface Row {
  cursor: string;
  topic: string;
  key: string;
  time: Date;
  /** The data as text; of a tombstone there is none. */
  data: string;
  deleted: boolean;
}

export class Column {
  #count = 0;
  #section: HTMLElement;

  constructor(id: string) {
    this.#section = document.getElementById(id)!;
    this.#section.querySelectorAll("dl, ol").forEach((old) => old.remove());
    this.#section.append(document.querySelector("template")!.content.cloneNode(true));
  }

  state(state: State, text: string): void {
    const shown = this.#part(".state");
    shown.dataset["is"] = state;
    shown.textContent = text;
  }

  cursor(cursor: string): void {
    this.#part(".cursor").textContent = cursor;
  }

  add(row: Row): void {
    this.#count += 1;
    this.#part(".count").textContent = String(this.#count);
    const list = this.#part("ol");
    list.prepend(item(row));
    list.children[SHOWN]?.remove();
  }

  #part(selector: string): HTMLElement {
    return this.#section.querySelector(selector)!;
  }
}

function item({ cursor, topic, key, time, data, deleted }: Row): HTMLElement {
  const shown = document.createElement("li");
  shown.dataset["cursor"] = cursor;
  shown.classList.toggle("deleted", deleted);
  const clock = time.toLocaleTimeString([], { hour12: false });
  shown.append(part("span", "key", key ? `${topic} · ${key}` : topic), part("time", "", clock), part("span", "data", data));
  return shown;
}

function part(tag: string, name: string, text: string): HTMLElement {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}
