/** Text that is already markup. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = Html | Html[] | string | number | undefined;

/** A template whose values are escaped, unless they are already markup; safe between tags and in quoted attributes. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(
    strings.map((text, index) => text + (index < parts.length ? toText(parts[index]) : '')).join(''),
  );
}

function toText(part: Part): string {
  if (part === undefined) return '';
  if (Array.isArray(part)) return part.map(({ text }) => text).join('');
  return part instanceof Html ? part.text : escape(String(part));
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  // eslint-disable-next-line no-control-regex -- a browser drops them, or worse
  const visible = text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
  return visible.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
