/** Replaces control characters, which can move the cursor. */
// eslint-disable-next-line no-control-regex -- it is about them
export const printable = (text: string) => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd');

/** One line of at most so many characters. */
export function fit(text: string, width: number): string {
  const whole = printable(text);
  return whole.length <= width ? whole : `${whole.slice(0, Math.max(0, width - 1))}…`;
}
