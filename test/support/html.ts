// Reads what a person without a screen needs from a page: its words and its forms.
// It is for our own pages and the demo's, which are well formed; it is not an HTML parser.

export interface Field {
  readonly name: string;
  readonly value: string;
  /** `text`, `password`, `hidden`, `radio`, … as written; a text area is `text`. */
  readonly type: string;
  readonly checked: boolean;
}

export interface Button {
  readonly name: string | undefined;
  readonly value: string;
  readonly label: string;
  /** Where it sends the form instead, if it says so. */
  readonly action: string | undefined;
}

export interface Form {
  readonly action: string;
  readonly method: 'get' | 'post';
  readonly fields: readonly Field[];
  readonly buttons: readonly Button[];
}

/** The forms of a page, in order. */
export function readForms(html: string): Form[] {
  return [...html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gis)].map(([, head = '', body = '']) => {
    const attributes = readAttributes(head);
    return {
      action: attributes.get('action') ?? '',
      method: attributes.get('method')?.toLowerCase() === 'post' ? 'post' : 'get',
      fields: readFields(body),
      buttons: readButtons(body),
    };
  });
}

/** What one reads on the page: its text, one block a line. */
export function readText(html: string): string {
  const body = html
    .replace(/<head\b.*?<\/head>|<style\b.*?<\/style>|<script\b.*?<\/script>|<!--.*?-->/gis, '')
    .replace(/\s+/g, ' ')
    .replace(/<(?:\/(?:p|h\d|div|li|tr|dt|dd|form|button|label|header|main)|br)\b[^>]*>/gi, '\n')
    .replace(/<[^>]*>/g, ' ');
  const lines = decode(body).split('\n');
  return lines
    .map((line) => line.replace(/ +/g, ' ').trim())
    .filter((line) => line !== '')
    .join('\n');
}

function readFields(html: string): Field[] {
  const fields = html.matchAll(/<input\b([^>]*)>|<textarea\b([^>]*)>(.*?)<\/textarea>/gis);
  return [...fields].flatMap(([, input, area = '', text]) => {
    const attributes = readAttributes(input ?? area);
    const name = attributes.get('name');
    const type = attributes.get('type')?.toLowerCase() ?? 'text';
    if (!name || type === 'submit' || attributes.has('disabled')) return [];
    const value = text === undefined ? attributes.get('value') : decode(text);
    const unset = type === 'checkbox' || type === 'radio' ? 'on' : ''; // HTML, "default/on"
    return [{ name, value: value ?? unset, type, checked: attributes.has('checked') }];
  });
}

function readButtons(html: string): Button[] {
  const written = [...html.matchAll(/<button\b([^>]*)>(.*?)<\/button>/gis)];
  const inputs = [...html.matchAll(/<input\b([^>]*\btype="?submit\b[^>]*)>()/gis)];
  return [...written, ...inputs].flatMap(([, head = '', text = '']) => {
    const attributes = readAttributes(head);
    if ((attributes.get('type') ?? 'submit') !== 'submit') return [];
    const value = attributes.get('value') ?? '';
    const [name, action] = [attributes.get('name'), attributes.get('formaction')];
    return [{ name, value, label: readText(text) || value, action }];
  });
}

function readAttributes(head: string): Map<string, string> {
  const found = head.matchAll(/([^\s=/"'>]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?/g);
  return new Map(
    [...found].map(([, name = '', double, single, bare]) => [
      name.toLowerCase(),
      decode(double ?? single ?? bare ?? ''),
    ]),
  );
}

const entities: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

function decode(text: string): string {
  return text.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (hex) return String.fromCodePoint(Number.parseInt(String(hex), 16));
    if (decimal) return String.fromCodePoint(Number(decimal));
    return entities[String(name).toLowerCase()] ?? whole;
  });
}
