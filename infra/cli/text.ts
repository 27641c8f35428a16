/** Without control characters, which could move the cursor. */
// eslint-disable-next-line no-control-regex -- they are what it is about
export const printable = (text: string) => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd');
/** One line of at most so many characters. */
export const fit = (text: string, width: number) => {
  const whole = printable(text);
  return whole.length <= width ? whole : `${whole.slice(0, width - 1)}…`;
};
