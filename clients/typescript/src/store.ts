/**
 * Keeps the cursor of one follower. `save` is called after the events before the cursor were handled; a cursor that is
 * lost means that events are handled again, never that one is missed.
 */
export interface CursorStore {
  /** The cursor that was saved last; nothing if there never was one. */
  load(): Promise<string | undefined> | string | undefined;
  /** Keeps `cursor` in place of the one before. */
  save(cursor: string): Promise<void> | void;
}

/** Keeps the cursor in memory. */
export class MemoryStore implements CursorStore {
  constructor(public cursor?: string) {}

  load(): string | undefined {
    return this.cursor;
  }

  save(cursor: string): void {
    this.cursor = cursor;
  }
}

/** Longest cursor token that the API allows. */
const TOKEN_BYTES = 64;

/** What a store holds, if it can be a cursor. */
export function cursorIn(text: string, place: string): string {
  const cursor = text.trimEnd();
  if (!cursor || cursor.length > TOKEN_BYTES) {
    throw new Error(`${place} does not hold a cursor`);
  }
  return cursor;
}
