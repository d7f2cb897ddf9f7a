// What calls reject with.

/**
 * A failure: `code` to branch on, `message` a sentence, `hint` what to do next (may be empty).
 *
 * Codes: invalid, missing, conflict, denied, limit, unavailable, timed_out, canceled, vm_died, internal.
 */
export class PyroError extends Error {
  readonly code: string;
  readonly hint: string;

  constructor(code: string, message: string, hint = "") {
    super(message);
    this.name = "PyroError";
    this.code = code;
    this.hint = hint;
  }

  override toString(): string {
    const hint = this.hint ? ` (${this.hint})` : "";
    return `${this.name} [${this.code}]: ${this.message}${hint}`;
  }
}

/** The failure that a server told in JSON, if it is one. */
export function told(value: unknown): PyroError | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { code, message, hint } = value as Record<string, unknown>;
  if (typeof code !== "string" || typeof message !== "string") return undefined;
  return new PyroError(code, message, typeof hint === "string" ? hint : "");
}

/** A failure of the system as a sentence. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code;
  return error.message || code || error.name;
}
