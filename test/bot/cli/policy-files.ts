// The templates as files of a policy, and `sallyportd policy` run on files in this process: it holds nothing that a
// process of its own would show.
import { join } from 'node:path';
import { policyCommand } from '../../../bot/cli/policy.ts';

export const templates = join(import.meta.dirname, '../../../templates');
export const policy = join(templates, 'sallyport.yml');
export const cases = join(templates, 'policy-tests.yml');
export const people = `acme/org=${join(templates, 'org.yaml')}`;
export const services = `acme/payments-services=${join(templates, 'catalog-info.yaml')}`;
export const rules = ['--policy', policy, '--catalog', people, '--catalog', services];

export async function run(...words: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await policyCommand.run(words, {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}
