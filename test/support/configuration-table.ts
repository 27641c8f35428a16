import { configuration } from '../../infra/config/config.ts';
import { defaultOf, notesOf, takesOf } from '../../infra/config/key.ts';
import { table } from './figures.ts';
import { cdkContext } from './stack-template.ts';

/** The keys of the configuration as a table of Markdown, from their declarations. */
export function configurationTable(keys: typeof configuration.shape = configuration.shape): string {
  const rows = Object.entries(keys).map(([name, schema]) => {
    const byDefault = defaultOf(schema);
    const isRequired = !schema.safeParse(undefined).success;
    const stated = isRequired ? `\`${String(cdkContext[name])}\` in \`cdk.json\`` : code(byDefault);
    return [`\`${name}\``, takesOf(schema), stated, notesOf(schema).does].map(escaped);
  });
  return table(['key', 'takes', 'default', 'what it does'], rows);
}

const code = (text: string | undefined) => (text === undefined ? '' : `\`${text}\``);
const escaped = (cell: string) => cell.replaceAll('|', '\\|');
